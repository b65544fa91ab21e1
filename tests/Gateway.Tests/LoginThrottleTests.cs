using Iggy.Gateway.Security;
using Iggy.Grains.Interfaces;
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
            Assert.True(FailAsync(throttle, "10.0.0.1:1", "alice").IsCompletedSuccessfully, $"failure {i}");
        foreach (var delay in new[] { 100, 200, 400, 800, 1600, 3200, 3200, 5000, 5000 }) // one is forgotten during the waits
            Assert.Equal(delay, WaitMilliseconds(throttle, "10.0.0.1:2", "alice"));
    }

    [Fact]
    public void Fail_ManyAddresses_SlowsTheNameAndShutsNobodyOut()
    {
        var throttle = NewThrottle();
        for (var i = 0; i < 40; i++)
            _ = FailAsync(throttle, $"10.0.1.{i}:1", "alice");
        Assert.Equal(5000, WaitMilliseconds(throttle, "10.0.0.1:2", "alice"));
        Assert.True(EnterAsync(throttle, "10.0.0.1:3", "alice").IsCompletedSuccessfully);
        Assert.True(FailAsync(throttle, "10.0.0.2:1", "bob").IsCompletedSuccessfully);
    }

    // Goal: whoever guesses shuts nobody out but those who try the same name from the same address at the same moment. Method: a thousand failures, then
    // attempts that are not answered yet.
    [Fact]
    public async Task Enter_AfterTooManyFailures_TakesTurnsForThatNameFromThatAddressOnly()
    {
        var throttle = NewThrottle();
        for (var i = 0; i < 1000; i++)
            _ = FailAsync(throttle, "10.0.0.1:1", "alice");
        var inside = new List<LoginAttempt>();
        for (var i = 0; i < 4; i++)
            inside.Add(await EnterAsync(throttle, "10.0.0.1:2", "alice"));
        var waiting = Enumerable.Range(0, 12).Select(_ => EnterAsync(throttle, "10.0.0.1:2", "alice")).ToArray();
        Assert.DoesNotContain(waiting, static one => one.IsCompleted);
        var refused = await Assert.ThrowsAsync<RefusedException>(() => EnterAsync(throttle, "10.0.0.1:2", "alice"));
        Assert.Equal(Refusal.TooManyLogins, refused.Reason);

        Assert.True(EnterAsync(throttle, "10.0.0.1:2", "bob").IsCompletedSuccessfully);
        Assert.True(EnterAsync(throttle, "10.0.0.2:2", "alice").IsCompletedSuccessfully);
        foreach (var attempt in inside)
            attempt.Dispose();
        await Task.WhenAll(waiting[..4]); // the oldest first
        Assert.DoesNotContain(waiting[4..], static one => one.IsCompleted);
        foreach (var attempt in waiting[..4])
            (await attempt).Dispose();
        await Task.WhenAll(waiting[4..8]);

        _clock.Advance(TimeSpan.FromMinutes(3)); // as new
        Assert.True(EnterAsync(throttle, "10.0.0.1:2", "alice").IsCompletedSuccessfully);
        Assert.True(FailAsync(throttle, "10.0.0.1:2", null).IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Enter_WhoeverWaitsAndLeaves_GivesItsPlaceUp()
    {
        var throttle = NewThrottle();
        for (var i = 0; i < 30; i++)
            _ = FailAsync(throttle, "10.0.0.1:1", "alice");
        for (var i = 0; i < 4; i++)
            _ = await EnterAsync(throttle, "10.0.0.1:2", "alice");
        using var gone = new CancellationTokenSource();
        var waiting = Enumerable.Range(0, 12).Select(_ => throttle.EnterAsync("10.0.0.1:2", "alice", gone.Token).AsTask()).ToArray();
        await Assert.ThrowsAsync<RefusedException>(() => EnterAsync(throttle, "10.0.0.1:2", "alice"));
        await gone.CancelAsync();
        foreach (var one in waiting)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one);
        Assert.False(EnterAsync(throttle, "10.0.0.1:2", "alice").IsCompleted);
    }

    [Fact]
    public async Task Enter_WhereSomebodyHasLoggedIn_IsKnownForADay_AndUntilTooManyFailed()
    {
        var throttle = NewThrottle();
        Assert.False((await EnterAsync(throttle, "10.0.0.1:1", "alice")).IsFromKnownPlace);
        throttle.Succeed("10.0.0.1:1");
        Assert.True((await EnterAsync(throttle, "10.0.0.1:2", "bob")).IsFromKnownPlace);
        Assert.False((await EnterAsync(throttle, "10.0.0.2:2", "bob")).IsFromKnownPlace);
        for (var i = 0; i < 11; i++)
            _ = FailAsync(throttle, "10.0.0.1:1", $"name {i}");
        Assert.False((await EnterAsync(throttle, "10.0.0.1:2", "bob")).IsFromKnownPlace);
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.True((await EnterAsync(throttle, "10.0.0.1:2", "bob")).IsFromKnownPlace);
        _clock.Advance(TimeSpan.FromDays(1));
        Assert.False((await EnterAsync(throttle, "10.0.0.1:2", "bob")).IsFromKnownPlace);
    }

    [Fact]
    public void Fail_FromOneNetworkOfIPv6_CountsTogether()
    {
        var throttle = NewThrottle();
        for (var i = 0; i < 10; i++)
            _ = FailAsync(throttle, $"[2001:db8::{i + 1}]:1", null);
        Assert.Equal(100, WaitMilliseconds(throttle, "[2001:db8::ffff]:1", null));
        Assert.True(FailAsync(throttle, "[2001:db8:0:1::1]:1", null).IsCompletedSuccessfully);
    }

    [Fact]
    public void Fail_WithoutALimit_NeverWaits()
    {
        var throttle = NewThrottle(free: 0);
        for (var i = 0; i < 1000; i++)
            Assert.True(FailAsync(throttle, "10.0.0.1:1", "alice").IsCompletedSuccessfully);
        Assert.True(EnterAsync(throttle, "10.0.0.1:1", "alice").IsCompletedSuccessfully);
    }

    private LoginThrottle NewThrottle(int free = 10) =>
        new(Microsoft.Extensions.Options.Options.Create(new LoginOptions { FailuresPerMinute = free }), _clock, NullLogger<LoginThrottle>.Instance);

    private static Task<LoginAttempt> EnterAsync(LoginThrottle throttle, string peer, string name) => throttle.EnterAsync(peer, name, CancellationToken.None).AsTask();

    private static Task FailAsync(LoginThrottle throttle, string peer, string? name) => throttle.FailAsync(peer, name, CancellationToken.None);

    private int WaitMilliseconds(LoginThrottle throttle, string peer, string? name)
    {
        var waiting = FailAsync(throttle, peer, name);
        var waited = 0;
        for (; !waiting.IsCompleted; waited += 100)
            _clock.Advance(TimeSpan.FromMilliseconds(100));
        return waited;
    }
}
