namespace Iggy.Grains.Tests.Setup;

/// <summary>The system's time, moved by a test. It runs on, because the silo itself lives by it.</summary>
internal sealed class ShiftedClock : TimeProvider
{
    public TimeSpan Shift { get; set; }

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Shift;
}
