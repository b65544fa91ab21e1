using Iggy.Gateway.Sessions;

namespace Iggy.Gateway.Tests;

/// <summary>The order of requests of one session that come side by side.</summary>
public sealed class RequestTurnsTests
{
    // Goal: ordinary requests do not wait for each other; one that changes the session waits for those before it, and those after it wait for it.
    [Fact]
    public async Task Enter_AnExclusiveRequest_SeparatesWhatComesBeforeAndAfter()
    {
        var turns = new RequestTurns();
        Assert.True(turns.EnterAsync(isAlone: false).AsTask().IsCompleted);
        Assert.True(turns.EnterAsync(isAlone: false).AsTask().IsCompleted);
        var alone = turns.EnterAsync(isAlone: true).AsTask();
        var after = turns.EnterAsync(isAlone: false).AsTask();
        turns.Leave();
        Assert.False(alone.IsCompleted);
        turns.Leave();
        await alone;
        Assert.False(after.IsCompleted); // although nothing but the exclusive one runs
        turns.Leave();
        await after;
        turns.Leave();
        Assert.True(turns.EnterAsync(isAlone: true).AsTask().IsCompleted);
    }
}
