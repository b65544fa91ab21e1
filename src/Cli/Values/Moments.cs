using System.Globalization;
using Iggy.Primitives;
using Iggy.Protocol;

namespace Iggy.Cli.Values;

/// <summary>Times as microseconds since the Unix epoch.</summary>
internal static class Moments
{
    /// <summary>Reads a time: ISO 8601, UTC unless it says otherwise, or microseconds since 1970 as the tool's JSON has them.</summary>
    /// <param name="text">The time.</param>
    /// <param name="option">Who asks, for the message.</param>
    /// <exception cref="CommandException">It is something else, or before 1970.</exception>
    public static ulong Parse(string text, string option)
    {
        if (ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var micros))
            return micros;
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) && time >= DateTimeOffset.UnixEpoch
            ? time.UnixMicros()
            : throw new CommandException(ExitCode.Usage, $"'{text}' can't be the time of {option}; expected such as 2026-01-31T12:00:00Z, or microseconds since 1970.");
    }

    /// <summary>Where a read begins by <c>--timestamp</c> or <c>--since</c>; null where neither is given.</summary>
    /// <exception cref="CommandException">One of them can't be read.</exception>
    public static PollingStrategy? Start(string? timestamp, string? since, TimeProvider clock)
    {
        if (timestamp is not null)
            return PollingStrategy.FromTimestamp(Parse(timestamp, "--timestamp"));
        return since is null ? null : PollingStrategy.FromTimestamp(Ago(clock, Durations.ParseSpan(since, "--since")));
    }

    /// <summary>The time so long before now; not before 1970.</summary>
    public static ulong Ago(TimeProvider clock, TimeSpan span) => (clock.GetUtcNow() - span).UnixMicros();
}
