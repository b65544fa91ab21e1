using System.Net;
using Iggy.Gateway.Sessions;
using Iggy.Grains.Interfaces.ConsumerGroups;
using Iggy.Protocol;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Iggy.Gateway.Tests;

public sealed class HeartbeatTests
{
    private static readonly TimeSpan s_step = TimeSpan.FromSeconds(1), s_patience = TimeSpan.FromSeconds(6); // 1.2 times the interval

    // Goal: the silent member goes at the first full interval after its time and not before; the one that is heard, the one that waits for us and the one
    // that is in no group stay.
    [Fact]
    public async Task SilentMember_IsCutAtTheIntervalAfterItsTime_AndNobodyElse()
    {
        var clock = new FakeTimeProvider();
        var grains = ScriptedGrains.Of();
        var memberships = new GroupMemberships(grains, clock, NullLogger<GroupMemberships>.Instance);
        var registry = new SessionRegistry(memberships);
        var cut = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var gone = Open(1, cut.SetResult);
        var (heard, asked, idle) = (Open(2, WrongOne), Open(3, WrongOne), Open(4, WrongOne));
        foreach (var member in new[] { gone, heard, asked })
            Assert.True(member.Groups.TryAdd(new GroupMembership(0, 0, Guid.NewGuid(), new ConsumerGroupEntry(0, Guid.NewGuid(), "g"), new ScriptedGroup())));
        asked.Life.Asked();
        using var service = new HeartbeatService(registry, Options.Create(new HeartbeatOptions { Enabled = true, Interval = TimeSpan.FromSeconds(5) }),
            [new SilenceLimit(TransportKind.Http, TimeSpan.FromMinutes(1))], clock, NullLogger<HeartbeatService>.Instance);
        await service.StartAsync(TestContext.Current.CancellationToken);

        var started = clock.GetUtcNow();
        while (!cut.Task.IsCompleted)
        {
            heard.Life.Show();
            clock.Advance(s_step);
            await Task.Yield();
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
        }

        await cut.Task;
        Assert.True(clock.GetUtcNow() - started >= TimeSpan.FromSeconds(10), "At the first full interval it had been silent for one only.");
        Assert.True(gone.Groups.IsEnded);
        Assert.Equal([heard, asked, idle], registry.List().OrderBy(session => session.Address));
        await service.StopAsync(TestContext.Current.CancellationToken);

        Session Open(int port, Action cut) => registry.Open(TransportKind.Tcp, new IPEndPoint(IPAddress.Loopback, port), cut);
        void WrongOne() => cut.TrySetException(new InvalidOperationException("Somebody else was cut."));
    }

    // Goal: without heartbeats a session over HTTP has its own time, and a connection none.
    [Fact]
    public async Task SilentHttpSession_GoesAfterItsOwnTime_AlsoWithoutHeartbeats()
    {
        var clock = new FakeTimeProvider();
        var registry = new SessionRegistry(new GroupMemberships(ScriptedGrains.Of(), clock, NullLogger<GroupMemberships>.Instance));
        var cut = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var connected = registry.Open(TransportKind.Tcp, new IPEndPoint(IPAddress.Loopback, 1));
        var http = registry.Open(TransportKind.Http, new IPEndPoint(IPAddress.Loopback, 2), cut.SetResult);
        using var service = new HeartbeatService(registry, Options.Create(new HeartbeatOptions()), [new SilenceLimit(TransportKind.Http, TimeSpan.FromSeconds(6))],
            clock, NullLogger<HeartbeatService>.Instance);
        await service.StartAsync(TestContext.Current.CancellationToken);

        var started = clock.GetUtcNow();
        while (!cut.Task.IsCompleted)
        {
            clock.Advance(s_step);
            await Task.Yield();
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
        }

        Assert.True(clock.GetUtcNow() - started > s_patience);
        Assert.True(http.Groups.IsEnded);
        Assert.Equal([connected], registry.List());
        await service.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task SwitchedOff_NobodyIsCut()
    {
        using var service = new HeartbeatService(new SessionRegistry(null!), Options.Create(new HeartbeatOptions()), [new SilenceLimit(TransportKind.Http, null)], new FakeTimeProvider(), NullLogger<HeartbeatService>.Instance);
        await service.StartAsync(TestContext.Current.CancellationToken);
        await service.ExecuteTask!; // it ends by itself
    }
}
