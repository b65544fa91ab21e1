namespace Iggy.Storage;

/// <summary>Time as the wire and the files have it.</summary>
internal static class Clock
{
    extension(TimeProvider clock)
    {
        /// <summary>Microseconds since 1970.</summary>
        public ulong UnixMicros() => (ulong)Math.Max(0, (clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
    }
}
