namespace Iggy.Testing.Tests;

/// <summary>A clock that is set forward, and what waits by it.</summary>
public sealed class TestClockTests
{
    private static readonly TimeSpan _limit = TimeSpan.FromMinutes(1);
    private readonly TestClock _clock = new();

    [Fact]
    public async Task Delay_ClockSetForward_EndsAtOnce()
    {
        var waiting = Task.Delay(TimeSpan.FromHours(1), _clock, TestContext.Current.CancellationToken);
        _clock.Advance(TimeSpan.FromMinutes(59));
        Assert.False(waiting.IsCompleted);
        _clock.Advance(TimeSpan.FromMinutes(1));
        await waiting.WaitAsync(_limit, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task PeriodicTimer_ManyPeriodsPass_FiresOnceAndGoesOn()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromHours(1), _clock);
        for (var round = 0; round < 3; round++)
        {
            var tick = timer.WaitForNextTickAsync(TestContext.Current.CancellationToken).AsTask();
            Assert.False(tick.IsCompleted);
            _clock.Advance(TimeSpan.FromHours(5));
            Assert.True(await tick.WaitAsync(_limit, TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public void Timer_DisposedOrOff_DoesNotFire()
    {
        var fired = 0;
        var disposed = _clock.CreateTimer(_ => fired++, null, TimeSpan.FromHours(1), Timeout.InfiniteTimeSpan);
        using var off = _clock.CreateTimer(_ => fired++, null, TimeSpan.FromHours(1), Timeout.InfiniteTimeSpan);
        disposed.Dispose();
        off.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _clock.Advance(TimeSpan.FromHours(2));
        Assert.Equal(0, fired);
    }

    [Fact]
    public void Times_GoForwardTogether_AndNeverBack()
    {
        var (now, stamp) = (_clock.GetUtcNow(), _clock.GetTimestamp());
        _clock.Advance(TimeSpan.FromDays(3));
        Assert.InRange((_clock.GetUtcNow() - now).TotalDays, 3, 3.1);
        Assert.InRange(_clock.GetElapsedTime(stamp).TotalDays, 3, 3.1);
        Assert.Throws<ArgumentOutOfRangeException>(() => _clock.Advance(TimeSpan.FromTicks(-1)));
    }
}
