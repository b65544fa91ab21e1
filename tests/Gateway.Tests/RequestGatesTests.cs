using Iggy.Gateway.Limits;
using Iggy.Gateway.Sessions;
using Iggy.Protocol;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Tests;

/// <summary>How the memory of large requests is shared out.</summary>
public sealed class RequestGatesTests
{
    private const int Limit = 1000;

    private readonly RequestGates _gates = new(Options.Create(new FrameLimits { MaxInFlightBytes = Limit }));

    // Goal: whoever takes all that he can leaves others their part.
    [Fact]
    public async Task Enter_OneUserTakesAllHeCan_OthersGetInAtOnce()
    {
        var (greedy, honest) = (1u, 2u);
        var held = new List<Task<HeldRoom>>();
        for (var i = 0; i < 9; i++)
            held.Add(_gates.EnterAsync(User(greedy), 200).AsTask()); // each on a connection of its own
        Assert.Equal(400, _gates.InsideBytes);
        var other = await _gates.EnterAsync(User(honest), 250).AsTask().WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.Equal(650, _gates.InsideBytes);
        other.Leave();
        foreach (var room in held)
            (await room).Leave(); // each lets the next one in
        Assert.Equal((0, 0), (_gates.InsideBytes, _gates.UsersCount));
    }

    // Goal: a connection that carries many requests side by side leaves its user's others their part.
    [Fact]
    public async Task Enter_OneConnectionTakesAllItCan_OthersOfItsUserGetIn()
    {
        var (greedy, honest) = (User(1), User(1));
        var held = new List<Task<HeldRoom>>();
        for (var i = 0; i < 4; i++)
            held.Add(_gates.EnterAsync(greedy, 200).AsTask());
        Assert.Equal(200, _gates.InsideBytes);
        (await _gates.EnterAsync(honest, 200).AsTask().WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken)).Leave();
        foreach (var room in held)
            (await room).Leave();
        Assert.Equal((0, 0), (_gates.InsideBytes, _gates.UsersCount));
    }

    [Fact]
    public async Task Enter_LargerThanEveryPart_GetsInAlone()
    {
        var room = await _gates.EnterAsync(User(1), 5000);
        var next = _gates.EnterAsync(User(2), 1).AsTask();
        Assert.False(next.IsCompleted);
        room.Leave();
        (await next).Leave();
        Assert.Equal(0, _gates.InsideBytes);
    }

    [Fact]
    public async Task Enter_Stranger_LeavesWhatItEntered_AlsoWhenItLogsInMeanwhile()
    {
        var session = new Session(1, TransportKind.Tcp, "");
        var room = await _gates.EnterAsync(session, 700);
        session.LogIn(1);
        Assert.Equal(700, _gates.InsideBytes);
        room.Leave();
        Assert.Equal(0, _gates.InsideBytes);
    }

    // Goal: the room of a frame is given back when it is done, by whatever end, and a smaller frame behind it goes on in the same room.
    [Fact]
    public async Task Room_EnteredAgainAndLeft_HoldsOneRequestAtMost()
    {
        var session = User(1);
        var room = new LargeRequestRoom(_gates, session);
        await room.EnterAsync(200);
        Assert.True(session.Activity.IsInsideLargeRequest);
        room.MarkReceived();
        Assert.False(session.Activity.IsInsideLargeRequest);
        await room.EnterAsync(100);
        Assert.Equal(200, _gates.InsideBytes);
        await room.EnterAsync(240);
        Assert.Equal(240, _gates.InsideBytes);
        room.Leave();
        room.Leave();
        Assert.Equal(0, _gates.InsideBytes);
    }

    private static Session User(uint id)
    {
        var session = new Session(1, TransportKind.Tcp, "");
        session.LogIn(id);
        return session;
    }
}
