using Iggy.Protocol;
using Iggy.Protocol.Texts;

namespace Iggy.Cli.Values;

/// <summary>Sizes such as <c>10GB</c> (decimal) or <c>512 MiB</c> (binary); a number alone is bytes.</summary>
internal static class ByteSizes
{
    /// <summary>Reads the size limit of a topic.</summary>
    /// <returns>Bytes, <see cref="ProtocolLimits.ServerDefault"/> for null or <c>server_default</c>, <see cref="ProtocolLimits.Unlimited"/> for <c>unlimited</c>.</returns>
    /// <exception cref="CommandException">The text is something else.</exception>
    public static ulong Parse(string? text)
    {
        if (text is null || text.Equals(Durations.ServerDefault, StringComparison.OrdinalIgnoreCase))
            return ProtocolLimits.ServerDefault;
        if (text.Equals("unlimited", StringComparison.OrdinalIgnoreCase))
            return ProtocolLimits.Unlimited;
        return HumanSize.TryParseBytes(text, out var bytes)
            ? bytes
            : throw new CommandException(ExitCode.Usage, $"'{text}' is no size; expected {HumanSize.Allowed}, '{Durations.ServerDefault}' or 'unlimited'.");
    }
}
