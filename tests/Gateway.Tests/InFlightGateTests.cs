using CsCheck;
using Iggy.Gateway.Limits;

namespace Iggy.Gateway.Tests;

public sealed class InFlightGateTests
{
    [Fact]
    public void Enter_Room_IsAtOnceAndAllocatesNothing()
    {
        var gate = new InFlightGate(1000);
        Assert.Equal(0, Allocations.Least(() =>
        {
            for (var i = 0; i < 1000; i++)
            {
                Assert.True(gate.EnterAsync(400).IsCompletedSuccessfully);
                gate.Leave(400);
            }
        }));
        Assert.Equal(0, gate.InsideBytes);
    }

    [Fact]
    public void TryEnter_NoRoomOrSomebodyWaits_StaysOutside()
    {
        var gate = new InFlightGate(1000);
        Assert.True(gate.TryEnter(600));
        Assert.False(gate.TryEnter(600));
        var waiting = gate.EnterAsync(700);
        Assert.False(gate.TryEnter(100)); // it would fit, and keep the one that waits out
        gate.Leave(600);
        Assert.True(waiting.IsCompleted);
        Assert.True(gate.TryEnter(300));
        Assert.Equal(1000, gate.InsideBytes);
    }

    [Fact]
    public void Enter_NoRoom_WaitsInOrder_AlsoWhereALaterOneWouldFit()
    {
        var gate = new InFlightGate(1000);
        var first = gate.EnterAsync(800);
        var large = gate.EnterAsync(500);
        var small = gate.EnterAsync(100);
        Assert.True(first.IsCompleted);
        Assert.False(large.IsCompleted);
        Assert.False(small.IsCompleted); // or small ones could keep the large one out for ever
        gate.Leave(800);
        Assert.True(large.IsCompleted);
        Assert.True(small.IsCompleted);
        Assert.Equal(600, gate.InsideBytes);
    }

    [Fact]
    public void Enter_AboveTheLimit_GoesInAlone()
    {
        var gate = new InFlightGate(1000);
        var one = gate.EnterAsync(1);
        var giant = gate.EnterAsync(5000);
        Assert.False(giant.IsCompleted);
        gate.Leave(1);
        Assert.True(giant.IsCompleted);
        var next = gate.EnterAsync(1);
        Assert.False(next.IsCompleted);
        gate.Leave(5000);
        Assert.True(next.IsCompleted);
        Assert.True(one.IsCompleted);
    }

    // Goal: never above the limit, never stuck while there is room, first come first in. Method: random walk of enters and leaves
    // against a plain list.
    [Fact]
    public void EnterAndLeave_AnyOrder_KeepTheLimitAndGetEverybodyIn() =>
        Gen.Select(Gen.Int[1, 1500], Gen.Int[0, 100]).Array[1, 60].Sample(steps =>
        {
            const int limit = 1000;
            var gate = new InFlightGate(limit);
            var tasks = new List<(int Bytes, Task Entered)>();
            foreach (var (bytes, choice) in steps)
            {
                var inside = tasks.FindAll(one => one.Entered.IsCompleted);
                if (choice < 50 && inside.Count > 0)
                {
                    var leaving = inside[choice % inside.Count];
                    tasks.Remove(leaving);
                    gate.Leave(leaving.Bytes);
                }
                else
                {
                    tasks.Add((bytes, gate.EnterAsync(bytes)));
                }
                var taken = tasks.Where(one => one.Entered.IsCompleted).Sum(one => Math.Min(one.Bytes, limit));
                var first = tasks.FindIndex(one => !one.Entered.IsCompleted);
                if (taken > limit || taken != gate.InsideBytes)
                    return false;
                if (first >= 0 && (taken + Math.Min(tasks[first].Bytes, limit) <= limit || tasks.Skip(first).Any(one => one.Entered.IsCompleted)))
                    return false;
                if (gate.WaitingCount != tasks.Count(one => !one.Entered.IsCompleted))
                    return false;
            }
            return true;
        });
}
