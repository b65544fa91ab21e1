namespace Iggy.Grains.Tests.Setup;

/// <summary>The system's time, moved by a test. It runs on, because the silo itself lives by it.</summary>
internal sealed class ShiftedClock : TimeProvider
{
    /// <summary>How far it is ahead of the system's, as after a while; negative: somebody set it back.</summary>
    public TimeSpan Shift { get; set; }

    /// <summary>How much more time has passed than for the system.</summary>
    public TimeSpan Passed { get; set; }

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Shift + Passed;

    public override long GetTimestamp() => System.GetTimestamp() + (long)(Passed.TotalSeconds * System.TimestampFrequency);
}
