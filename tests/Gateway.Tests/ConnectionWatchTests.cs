using System.Net;
using Iggy.Gateway.Limits;
using Iggy.Gateway.Sessions;
using Iggy.Protocol;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Iggy.Gateway.Tests;

/// <summary>Who is sent away, and when. The clock moves by hand.</summary>
public sealed class ConnectionWatchTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly List<uint> _sentAway = [];
    private readonly ConnectionWatch _watch;
    private uint _ids;

    public ConnectionWatchTests() => _watch = new ConnectionWatch(
        Options.Create(new FrameLimits { LoginTimeout = TimeSpan.FromSeconds(60), IdleTimeout = TimeSpan.FromMinutes(10), StallTimeout = TimeSpan.FromSeconds(30) }),
        _clock, NullLogger<ConnectionWatch>.Instance);

    public void Dispose() => _watch.Dispose();

    [Fact]
    public void Stranger_ThatIsBusy_IsSentAwayAfterTheLimitAndOnce()
    {
        var session = NewSession();
        for (var second = 0; second < 59; second++)
            Pass(TimeSpan.FromSeconds(1), session);
        Assert.Empty(_sentAway);
        for (var second = 0; second < 5; second++)
            Pass(TimeSpan.FromSeconds(1), session);
        Assert.Equal([session.ClientId], _sentAway);
    }

    [Fact]
    public void Client_ThatLeftWhileItsLoginWaits_IsNoticed()
    {
        using var gone = new CancellationTokenSource();
        var hasLeft = false;
        var session = new Session(++_ids, TransportKind.Tcp, "10.0.0.1:1", end: gone.Cancel) { Gone = gone.Token, HasLeft = () => hasLeft };
        _watch.Add(session, static () => { });
        session.IsLoggingIn = true;
        Pass(TimeSpan.FromSeconds(1));
        Assert.False(session.Gone.IsCancellationRequested);
        hasLeft = true;
        session.IsLoggingIn = false;
        Pass(TimeSpan.FromSeconds(1));
        Assert.False(session.Gone.IsCancellationRequested, "Only what waits has to hear it; a request shows it by itself.");
        session.IsLoggingIn = true;
        Pass(TimeSpan.FromSeconds(1));
        Assert.True(session.Gone.IsCancellationRequested);
    }

    [Fact]
    public void User_IsNoStranger_UntilItLogsOut()
    {
        var session = NewSession();
        session.LogIn(0);
        for (var minute = 0; minute < 30; minute++)
            Pass(TimeSpan.FromMinutes(1), session);
        Assert.Empty(_sentAway);
        session.LogOut();
        Pass(TimeSpan.FromSeconds(59), session); // the time starts anew
        Assert.Empty(_sentAway);
        Pass(TimeSpan.FromSeconds(3), session);
        Assert.Equal([session.ClientId], _sentAway);
    }

    [Fact]
    public void SilentUser_IsSentAwayAfterTheIdleTime()
    {
        var (silent, busy) = (NewSession(), NewSession());
        silent.LogIn(0);
        busy.LogIn(0);
        Pass(TimeSpan.FromMinutes(9), busy);
        Assert.Empty(_sentAway);
        Pass(TimeSpan.FromMinutes(2), busy);
        Assert.Equal([silent.ClientId], _sentAway);
    }

    [Fact]
    public void UserWhoseCommandRuns_IsNotSilent_UntilItIsAnswered()
    {
        var session = NewSession();
        session.LogIn(0);
        session.Activity.EndReceiving(1);
        Pass(TimeSpan.FromHours(1));
        session.Activity.StartReceiving();
        Pass(TimeSpan.FromMinutes(9));
        Assert.Empty(_sentAway);
        Pass(TimeSpan.FromMinutes(2));
        Assert.Equal([session.ClientId], _sentAway);
    }

    [Fact]
    public void StalledUser_IsSentAway_OneThatGoesOnIsNot()
    {
        var (stalled, slow) = (NewSession(), NewSession());
        foreach (var session in (Session[])[stalled, slow])
        {
            session.LogIn(0);
            session.Activity.StartLargeRequest();
        }
        for (var i = 0; i < 3; i++)
            Pass(TimeSpan.FromSeconds(20), slow);
        Assert.Equal([stalled.ClientId], _sentAway);
        slow.Activity.EndLargeRequest();
        Pass(TimeSpan.FromMinutes(5));
        Assert.Single(_sentAway);
    }

    // Goal: a byte now and then is no progress, for its memory keeps others waiting; the slowest line that is worth serving is served, however long it takes, and the next
    // request has a grace of its own.
    [Fact]
    public void UserThatDrips_IsSentAwayAfterTheGrace_ASlowLineIsNot()
    {
        var (dripping, slow) = (NewSession(), NewSession());
        foreach (var session in (Session[])[dripping, slow])
        {
            session.LogIn(0);
            session.Activity.StartLargeRequest();
        }
        for (var second = 0; second < 29; second++)
            Drip();
        Assert.Empty(_sentAway);
        for (var second = 0; second < 4; second++)
            Drip();
        Assert.Equal([dripping.ClientId], _sentAway);
        for (var second = 0; second < 600; second++)
            Drip();
        slow.Activity.EndLargeRequest();
        slow.Activity.StartLargeRequest();
        for (var second = 0; second < 29; second++)
            Pass(TimeSpan.FromSeconds(1));
        Assert.Single(_sentAway);

        void Drip()
        {
            dripping.Activity.EndReceiving(1);
            dripping.Activity.StartReceiving();
            slow.Activity.EndReceiving(FrameLimits.SlowestBytesPerSecond + 1000);
            slow.Activity.StartReceiving();
            Pass(TimeSpan.FromSeconds(1));
        }
    }

    [Fact]
    public void Removed_IsLeftAlone()
    {
        var session = NewSession();
        _watch.Remove(session);
        Pass(TimeSpan.FromHours(1));
        Assert.Empty(_sentAway);
    }

    [Fact]
    public void AllLimitsOff_NobodyIsSentAway()
    {
        using var watch = new ConnectionWatch(
            Options.Create(new FrameLimits { LoginTimeout = TimeSpan.Zero, IdleTimeout = TimeSpan.Zero, StallTimeout = TimeSpan.Zero }), _clock, NullLogger<ConnectionWatch>.Instance);
        watch.Add(new Session(77, TransportKind.Tcp, ""), () => _sentAway.Add(77));
        Pass(TimeSpan.FromDays(10));
        Assert.Empty(_sentAway);
    }

    [Fact]
    public void Addresses_AreCountedEach_AndTheFirstRefusalIsTold()
    {
        var counts = new AddressCounts();
        var (one, other) = (IPAddress.Parse("10.0.0.1"), IPAddress.Parse("10.0.0.2"));
        Assert.True(counts.TryAdd(one, 2, out _));
        Assert.True(counts.TryAdd(one.MapToIPv6(), 2, out _));
        Assert.False(counts.TryAdd(one, 2, out var isFirst));
        Assert.True(isFirst);
        Assert.False(counts.TryAdd(one, 2, out isFirst));
        Assert.False(isFirst);
        Assert.True(counts.TryAdd(other, 2, out _));
        counts.Remove(one);
        Assert.True(counts.TryAdd(one, 2, out _));
        for (var i = 0; i < 1000; i++)
            Assert.True(counts.TryAdd(other, 0, out _));
    }

    // Goal: a host with a network of IPv6 addresses to itself has no more connections than one with a single address.
    [Fact]
    public void Addresses_OfOneNetworkOfIPv6_CountAsOne()
    {
        var counts = new AddressCounts();
        Assert.True(counts.TryAdd(IPAddress.Parse("2001:db8:1:2::1"), 2, out _));
        Assert.True(counts.TryAdd(IPAddress.Parse("2001:db8:1:2:ffff::7"), 2, out _));
        Assert.False(counts.TryAdd(IPAddress.Parse("2001:db8:1:2:aaaa:bbbb:cccc:dddd"), 2, out _));
        Assert.True(counts.TryAdd(IPAddress.Parse("2001:db8:1:3::1"), 2, out _));
        counts.Remove(IPAddress.Parse("2001:db8:1:2::9"));
        Assert.True(counts.TryAdd(IPAddress.Parse("2001:db8:1:2::1"), 2, out _));
    }

    [Fact]
    public void UserThatTakesNoReply_IsSentAwayAfterTheTimeForItsSize()
    {
        var (deaf, slow) = (NewSession(), NewSession());
        foreach (var session in (Session[])[deaf, slow])
        {
            session.LogIn(0);
            session.Activity.EndReceiving(1);
        }
        Pass(TimeSpan.FromSeconds(1));
        deaf.Activity.StartSending(1024);
        slow.Activity.StartSending(20 * 64 * 1024);
        Pass(TimeSpan.FromSeconds(28));
        Assert.Empty(_sentAway);
        Pass(TimeSpan.FromSeconds(4));
        Assert.Equal([deaf.ClientId], _sentAway);
        Pass(TimeSpan.FromSeconds(16));
        Assert.Single(_sentAway);
        slow.Activity.EndSending();
        Pass(TimeSpan.FromSeconds(60)); // its next command runs
        Assert.Single(_sentAway);
        slow.Activity.StartSending(20 * 64 * 1024);
        Pass(TimeSpan.FromSeconds(52));
        Assert.Equal([deaf.ClientId, slow.ClientId], _sentAway);
    }

    private static void Receive(Session session)
    {
        session.Activity.EndReceiving(10_000_000);
        session.Activity.StartReceiving();
    }

    private Session NewSession()
    {
        var session = new Session(++_ids, TransportKind.Tcp, "10.0.0.1:1");
        session.Activity.StartReceiving();
        _watch.Add(session, () => _sentAway.Add(session.ClientId));
        return session;
    }

    private void Pass(TimeSpan time, params Session[] busy)
    {
        foreach (var session in busy)
            Receive(session);
        _clock.Advance(time);
        foreach (var session in busy)
            Receive(session);
    }
}
