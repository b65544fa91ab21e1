namespace Iggy.Client;

/// <summary>What a client does about a broken connection: it connects and logs in again before the next request. Requests that may be repeated
/// without harm (reads, polls that commit nothing, storing an offset) are repeated by themselves; any other request that was under way fails with
/// <see cref="IggyConnectionException"/>.</summary>
public sealed record ReconnectPolicy
{
    /// <summary>On, with the values below.</summary>
    public static ReconnectPolicy Default { get; } = new();

    /// <summary>Never: the first broken connection is the end of the client.</summary>
    public static ReconnectPolicy Off { get; } = new() { MaxAttempts = 0 };

    /// <summary>Tries for the very first connection, when nobody knows yet whether the address is right. 1 or more, default 1.</summary>
    public int FirstAttempts { get; init; } = 1;

    /// <summary>Connections tried before the waiting requests fail; the next request starts over. 0 for never. Default 8, about 20 seconds.</summary>
    public int MaxAttempts { get; init; } = 8;

    /// <summary>Wait after the first failed try; it doubles with each one. Default 100 ms.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Longest wait between two tries. Default 5 s.</summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The wait after a failed try: between half and all of the doubled delay, so that many clients do not come back at once.</summary>
    /// <param name="failedAttempts">1 or more.</param>
    /// <param name="random">0 to 1.</param>
    internal TimeSpan DelayAfter(int failedAttempts, double random)
    {
        var doubled = FirstDelay * Math.Pow(2, Math.Min(failedAttempts - 1, 30)); // 2^30 of any delay is past every maximum
        return (doubled < MaxDelay ? doubled : MaxDelay) * (0.5 + (random / 2));
    }
}
