namespace Iggy.Primitives.Tests;

/// <summary>Microseconds since 1970.</summary>
public sealed class UnixTimeTests
{
    [Fact]
    public void UnixMicros_OfTimes_CutsWhatIsFinerAndHasNoNegative()
    {
        Assert.Equal(0UL, DateTimeOffset.UnixEpoch.UnixMicros());
        Assert.Equal(0UL, DateTimeOffset.UnixEpoch.AddDays(-1).UnixMicros());
        Assert.Equal(1_000_001UL, DateTimeOffset.UnixEpoch.AddSeconds(1).AddTicks(19).UnixMicros());
        Assert.Equal(3_600_000_000UL, new DateTimeOffset(1970, 1, 1, 0, 0, 0, TimeSpan.FromHours(-1)).UnixMicros());
        Assert.Equal(5UL, new Fixed(DateTimeOffset.UnixEpoch.AddMicroseconds(5)).UnixMicros());
    }

    private sealed class Fixed(DateTimeOffset time) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => time;
    }
}
