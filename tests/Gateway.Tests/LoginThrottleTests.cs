using Iggy.Gateway.Security;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Iggy.Gateway.Tests;

public sealed class LoginThrottleTests
{
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public void Fail_OverTheFreeOnes_WaitsTwiceAsLongEachTimeUpToTheLongest()
    {
        var throttle = NewThrottle();
        for (var i = 0; i < 10; i++)
            Assert.True(throttle.FailAsync("10.0.0.1:1", "alice").IsCompletedSuccessfully, $"failure {i}");
        foreach (var delay in new[] { 100, 200, 400, 800, 1600, 3200, 3200, 5000, 5000 }) // one is forgotten during the waits
            Assert.Equal(delay, WaitMilliseconds(throttle, "10.0.0.1:2", "alice"));
    }

    [Fact]
    public void Fail_ManyAddresses_SlowsTheNameAndShutsNobodyOut()
    {
        var throttle = NewThrottle();
        for (var i = 0; i < 40; i++)
            _ = throttle.FailAsync($"10.0.1.{i}:1", "alice");
        Assert.Equal(5000, WaitMilliseconds(throttle, "10.0.0.1:2", "alice"));
        Assert.True(throttle.AdmitAsync("10.0.0.1:3") is { IsCompletedSuccessfully: true });
        Assert.True(throttle.FailAsync("10.0.0.2:1", "bob").IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Admit_AfterTooManyFailures_RefusesThatAddressForSecondsOnly()
    {
        var throttle = NewThrottle();
        for (var i = 0; i < 1000; i++)
            _ = throttle.FailAsync("10.0.0.1:1", null);

        var refused = throttle.AdmitAsync("10.0.0.1:2");
        Assert.False(refused.IsCompleted);
        Assert.True(await throttle.AdmitAsync("10.0.0.2:1"));
        _clock.Advance(TimeSpan.FromSeconds(5));
        Assert.False(await refused);

        _clock.Advance(TimeSpan.FromSeconds(2)); // one of ten a minute is forgotten
        Assert.True(await throttle.AdmitAsync("10.0.0.1:2"));
        _clock.Advance(TimeSpan.FromMinutes(3));
        Assert.True(throttle.FailAsync("10.0.0.1:2", null).IsCompletedSuccessfully); // as new
    }

    [Fact]
    public void Fail_FromOneNetworkOfIPv6_CountsTogether()
    {
        var throttle = NewThrottle();
        for (var i = 0; i < 10; i++)
            _ = throttle.FailAsync($"[2001:db8::{i + 1}]:1", null);
        Assert.Equal(100, WaitMilliseconds(throttle, "[2001:db8::ffff]:1", null));
        Assert.True(throttle.FailAsync("[2001:db8:0:1::1]:1", null).IsCompletedSuccessfully);
    }

    [Fact]
    public void Fail_WithoutALimit_NeverWaits()
    {
        var throttle = NewThrottle(free: 0);
        for (var i = 0; i < 1000; i++)
            Assert.True(throttle.FailAsync("10.0.0.1:1", "alice").IsCompletedSuccessfully);
        Assert.True(throttle.AdmitAsync("10.0.0.1:1") is { IsCompletedSuccessfully: true });
    }

    private LoginThrottle NewThrottle(int free = 10) =>
        new(Microsoft.Extensions.Options.Options.Create(new LoginOptions { FailuresPerMinute = free }), _clock, NullLogger<LoginThrottle>.Instance);

    private int WaitMilliseconds(LoginThrottle throttle, string peer, string? name)
    {
        var waiting = throttle.FailAsync(peer, name);
        var waited = 0;
        for (; !waiting.IsCompleted; waited += 100)
            _clock.Advance(TimeSpan.FromMilliseconds(100));
        return waited;
    }
}
