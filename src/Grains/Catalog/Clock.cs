namespace Iggy.Grains.Catalog;

/// <summary>Times as the protocol has them.</summary>
internal static class Clock
{
    extension(TimeProvider clock)
    {
        /// <summary>Microseconds since the Unix epoch.</summary>
        public ulong NowMicros() => (ulong)((clock.GetUtcNow().UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) / TimeSpan.TicksPerMicrosecond);
    }
}
