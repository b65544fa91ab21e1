namespace Iggy.Client.Telemetry;

/// <summary>Under which names of OpenTelemetry's messaging conventions spans tell what they are: the present ones, and beside them the earlier
/// experimental ones where <c>OTEL_SEMCONV_STABILITY_OPT_IN</c> has <c>messaging/dup</c>, for those who move from one to the other.</summary>
internal static class MessagingConventions
{
    private const string Variable = "OTEL_SEMCONV_STABILITY_OPT_IN";

    /// <summary>Whether the earlier names are wanted too.</summary>
    public static bool WithEarlierNames { get; } = WantsEarlierNames(Environment.GetEnvironmentVariable(Variable));

    /// <summary>What a value of the variable says.</summary>
    public static bool WantsEarlierNames(string? value) => value?.Split(',', StringSplitOptions.TrimEntries).Contains("messaging/dup", StringComparer.Ordinal) is true;

    /// <summary>The kind of an operation.</summary>
    public static string TypeOf(string operation) => operation switch
    {
        "poll" => "receive",
        "commit" => "settle",
        _ => operation,
    };

    /// <summary>The earlier name of an operation.</summary>
    public static string EarlierNameOf(string operation) => operation is "send" ? "publish" : TypeOf(operation);
}
