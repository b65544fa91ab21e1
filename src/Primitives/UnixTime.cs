namespace Iggy.Primitives;

/// <summary>Time as the protocol and the files have it: microseconds since 1970, UTC.</summary>
public static class UnixTime
{
    /// <summary>Now; 0 for a clock that stands before 1970.</summary>
    public static ulong UnixMicros(this TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(clock);
        return clock.GetUtcNow().UnixMicros();
    }

    /// <summary>A time; 0 for one before 1970.</summary>
    public static ulong UnixMicros(this DateTimeOffset time) => (ulong)Math.Max(0, (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
}
