using System.Net;
using Iggy.Gateway.Limits;
using Iggy.Gateway.Sessions;
using Iggy.Grains.Interfaces.Hosting;
using Iggy.Protocol;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Iggy.Gateway.Tests;

/// <summary>Who gets in at a listener, whatever the transport. A connection is its name here.</summary>
public sealed class ListenerDoorTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly List<string> _refused = [];
    private readonly CancellationTokenSource _stopping = new();

    public void Dispose() => _stopping.Dispose();

    // Goal: at the limit of the process nobody is accepted, and who waits gets in when a descriptor comes back, from whomever.
    [Fact]
    public async Task Accept_WithoutDescriptors_WaitsUntilOneComesBack()
    {
        var descriptors = new DescriptorBudget(2);
        var door = Doors.Open(new FrameLimits(), descriptors, 10, _clock);
        var (_, place) = (await AcceptAsync(door, "a"))!.Value;
        Assert.True(descriptors.TryTake(1)); // an open log
        var accepts = 0;
        var waiting = door.AcceptAsync<string>(() => new($"b{++accepts}"), Peer, _refused.Add, _stopping.Token).AsTask();
        _clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal((false, 0), (waiting.IsCompleted, accepts));

        place.Dispose();
        place.Dispose(); // gives back once
        while (!waiting.IsCompleted)
            _clock.Advance(TimeSpan.FromMilliseconds(50));
        Assert.Equal("b1", (await waiting)!.Value.Connection);
        Assert.Equal((2, 1, 0), (descriptors.InUse, door.OpenCount, _refused.Count));
    }

    [Fact]
    public async Task Accept_WithoutDescriptors_EndsWithTheListener()
    {
        var descriptors = new DescriptorBudget(1);
        var door = Doors.Open(new FrameLimits(), descriptors, 10, _clock);
        await AcceptAsync(door, "a");
        var waiting = AcceptAsync(door, "b");
        await _stopping.CancelAsync();
        Assert.Null(await waiting);
    }

    // Goal: no exception of an accept ends the listener, and none costs a descriptor.
    [Fact]
    public async Task Accept_ThrowsWhatever_GoesOn()
    {
        var descriptors = new DescriptorBudget(3);
        var door = Doors.Open(new FrameLimits(), descriptors, 10, _clock);
        var faults = new Queue<Exception>([new InsufficientMemoryException(), new InvalidOperationException(), new TimeoutException()]);
        var accepting = door.AcceptAsync<string>(() => faults.TryDequeue(out var fault) ? throw fault : new("a"), Peer, _refused.Add, _stopping.Token).AsTask();
        while (!accepting.IsCompleted)
            _clock.Advance(TimeSpan.FromMilliseconds(50));
        Assert.Equal("a", (await accepting)!.Value.Connection);
        Assert.Equal(1, descriptors.InUse);
    }

    // Goal: a peer that is gone before it was looked at is closed and costs nothing.
    [Fact]
    public async Task Accept_PeerIsGoneAlready_IsRefusedAndTheNextComes()
    {
        var descriptors = new DescriptorBudget(3);
        var door = Doors.Open(new FrameLimits(), descriptors, 10, _clock);
        var names = new Queue<string>(["gone", "b"]);
        var accepting = door.AcceptAsync<string>(() => new(names.Dequeue()), static name => name == "gone" ? throw new IOException() : Peer(name), _refused.Add, _stopping.Token).AsTask();
        while (!accepting.IsCompleted)
            _clock.Advance(TimeSpan.FromMilliseconds(50));
        Assert.Equal("b", (await accepting)!.Value.Connection);
        Assert.Equal(["gone"], _refused);
        Assert.Equal((1, 1), (descriptors.InUse, door.OpenCount));
    }

    [Fact]
    public async Task Accept_MoreThanTheListenerAllows_IsRefusedUntilOneLeaves()
    {
        var descriptors = new DescriptorBudget(100);
        var door = Doors.Open(new FrameLimits(), descriptors, 1, _clock);
        var (_, place) = (await AcceptAsync(door, "a"))!.Value;
        Assert.Null(await AcceptAsync(door, "b"));
        Assert.Equal(["b"], _refused);
        place.Dispose();
        Assert.NotNull(await AcceptAsync(door, "c"));
        Assert.Equal(1, descriptors.InUse);
    }

    // Goal: one address cannot take all places with connections that only connect; whoever logs in makes room, on all listeners.
    [Fact]
    public async Task Accept_StrangersOfOneAddress_AreBounded_AndALoginMakesRoom()
    {
        var guard = Doors.Guard(new FrameLimits { MaxStrangersPerAddress = 2 }, new DescriptorBudget(100), _clock);
        var (tcp, web, quic) = (Doors.Open(guard, 10), Doors.Open(guard, 10), Doors.Open(guard, 10, takesDescriptors: false));
        var (_, first) = (await AcceptAsync(tcp, "a"))!.Value;
        Assert.NotNull(await AcceptAsync(web, "b"));
        Assert.Null(await AcceptAsync(quic, "c"));

        var session = new Session(1, TransportKind.Tcp, "") { Place = first };
        session.LogIn(0);
        session.LogIn(7); // as another user
        var (_, third) = (await AcceptAsync(quic, "d"))!.Value;
        Assert.Null(await AcceptAsync(tcp, "e"));
        session.LogOut(); // a stranger again: it may stay
        third.Dispose();
        Assert.Null(await AcceptAsync(tcp, "f"));
        first.Dispose();
        session.LogIn(0); // too late: its place is given back
        Assert.NotNull(await AcceptAsync(tcp, "g"));
        Assert.Null(await AcceptAsync(tcp, "h"));
        Assert.Equal(["c", "e", "f", "h"], _refused);
    }

    // Goal: strangers that are refused take nothing of what the address may have of logged-in connections.
    [Fact]
    public async Task Accept_RefusedStrangers_CountForNothing()
    {
        var door = Doors.Open(Doors.Guard(new FrameLimits { MaxStrangersPerAddress = 1, MaxConnectionsPerAddress = 2 }, new DescriptorBudget(100), _clock), 10);
        var (_, first) = (await AcceptAsync(door, "a"))!.Value;
        for (var i = 0; i < 3; i++)
            Assert.Null(await AcceptAsync(door, "refused"));
        first.IsStranger = false;
        Assert.NotNull(await AcceptAsync(door, "b"));
        Assert.Null(await AcceptAsync(door, "c")); // two are open
    }

    // Goal: who runs the server hears at its start that the system allows less than the listeners, once.
    [Fact]
    public void Announce_MoreThanThereAreDescriptors_IsToldOnce()
    {
        var log = new Lines();
        var guard = Doors.Guard(new FrameLimits(), new DescriptorBudget(25), _clock, log);
        for (var i = 0; i < 4; i++)
            Doors.Open(guard, 10);
        Doors.Open(guard, 1000, takesDescriptors: false); // these share one socket
        Assert.Contains("allow 30 connections, but there is room for 25", Assert.Single(log.All), StringComparison.Ordinal);
    }

    private static EndPoint Peer(string name) => new IPEndPoint(IPAddress.Loopback, name[0]);

    // One accept: null where it was refused.
    private async Task<(string Connection, ConnectionPlace Place)?> AcceptAsync(ListenerDoor door, string name)
    {
        var names = new Queue<string>([name]);
        return await door.AcceptAsync<string>(() => new(names.TryDequeue(out var next) ? next : null), Peer, _refused.Add, _stopping.Token);
    }

    /// <summary>What was logged.</summary>
    private sealed class Lines : ILogger<ConnectionGuard>
    {
        public List<string> All { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => All.Add(formatter(state, exception));
    }
}
