using System.Diagnostics.Metrics;
using System.Net;

namespace Iggy.Links.Tests;

/// <summary>Frames between nodes: order, room, loss of connections.</summary>
public sealed class LinkTests
{
    private static LinkChannel Of(ulong number) => new(Guid.Empty, number);

    [Fact]
    public async Task TrySend_FramesOfManyChannels_ArriveWholeAndInOrder()
    {
        await using var nodes = new Nodes();
        var (one, atOne, two, atTwo) = await nodes.PairAsync();
        var sizes = new[] { 0, 1, 31, 5000, 70_000, 300_000 };
        for (var i = 0; i < 300; i++)
        {
            while (!one.TrySend(2, Of((ulong)(i % 7)), Nodes.Frame(sizes[i % sizes.Length], i)))
                await Task.Yield();
            Assert.True(two.TrySend(1, Of(9), Nodes.Frame(4, i)));
        }
        await atTwo.WaitForFramesAsync(300);
        await atOne.WaitForFramesAsync(300);
        for (var i = 0; i < 300; i++)
        {
            Assert.True(atTwo.Frames[Of((ulong)(i % 7))].TryDequeue(out var frame));
            Assert.Equal(Nodes.Frame(sizes[i % sizes.Length], i).Written.ToArray(), frame);
            Assert.True(atOne.Frames[Of(9)].TryDequeue(out frame));
            Assert.Equal((byte)i, frame[0]);
        }
    }

    // Goal: a channel that nobody empties stops its sender, and no other channel.
    [Fact]
    public async Task TrySend_ToAChannelThatIsNotEmptied_FindsNoRoomUntilItIs()
    {
        await using var nodes = new Nodes();
        var (one, atOne, _, atTwo) = await nodes.PairAsync(options => options with { ChannelWindowBytes = 100_000, TotalWindowBytes = 10_000_000 });
        using var gate = new ManualResetEventSlim();
        atTwo.OnFrame = (channel, payload) => Assert.True(channel != Of(1) || gate.Wait(TimeSpan.FromSeconds(60)));
        var sent = 0;
        while (one.TrySend(2, Of(1), Nodes.Frame(10_000, sent)))
            sent++;
        Assert.Equal(9, sent);
        for (var i = 0; i < 50; i++)
        {
            Assert.True(one.TrySend(2, Of(2), Nodes.Frame(50_000)));
            await atTwo.WaitForAsync("frame");
            while (one.BytesTo(2) > 100_000)
                await Task.Yield();
        }
        gate.Set();
        await atOne.WaitForAsync("writable 1");
        Assert.True(one.TrySend(2, Of(1), Nodes.Frame(10_000)));
    }

    // Goal: memory is bounded whatever the number of channels, on both sides.
    [Fact]
    public async Task TrySend_OnMoreChannelsThanThereIsRoomFor_StopsAtTheBound()
    {
        await using var nodes = new Nodes();
        var (one, atOne, _, atTwo) = await nodes.PairAsync(options => options with { ChannelWindowBytes = 50_000, TotalWindowBytes = 200_000 });
        using var gate = new ManualResetEventSlim();
        atTwo.OnFrame = (_, _) => gate.Wait(TimeSpan.FromSeconds(60));
        var sent = 0;
        for (var channel = 0UL; channel < 100; channel++)
        {
            if (one.TrySend(2, Of(channel), Nodes.Frame(20_000)))
                sent++;
        }
        Assert.Equal(9, sent);
        Assert.InRange(one.BytesTo(2), 9 * 20_000, 200_000);
        gate.Set();
        await atOne.WaitForAsync("writable 50"); // all of them are told
        await atTwo.WaitForFramesAsync(9);
    }

    [Fact]
    public async Task TrySend_FrameLargerThanTheWindows_GoesAlone()
    {
        await using var nodes = new Nodes();
        var (one, atOne, _, atTwo) = await nodes.PairAsync(options => options with { ChannelWindowBytes = 2000, TotalWindowBytes = 4000 });
        Assert.True(one.TrySend(2, Of(1), Nodes.Frame(5_000_000)));
        using var next = Nodes.Frame(1);
        while (!one.TrySend(2, Of(1), next))
            await atOne.WaitForAsync("writable 1");
        await atTwo.WaitForFramesAsync(2);
        Assert.Equal([5_000_000, 1], atTwo.Frames[Of(1)].Select(frame => frame.Length));
        Assert.Throws<ArgumentException>(() => one.TrySend(2, Of(1), Nodes.Frame((192 << 20) + 1)));
    }

    [Fact]
    public async Task Connection_ThatIsLost_IsMadeAgain()
    {
        await using var nodes = new Nodes();
        var (one, atOne, two, _) = await nodes.PairAsync();
        var address = two.Address;
        await two.DisposeAsync();
        await atOne.WaitForAsync("disconnected 2");
        Assert.False(one.TrySend(2, Of(1), Nodes.Frame(1)));
        Assert.Empty(one.Connected);
        var again = new Recorder();
        nodes.Start(Nodes.Options(2) with { Listen = address }, again);
        await atOne.WaitForAsync("connected 2");
        Assert.True(one.TrySend(2, Of(1), Nodes.Frame(1)));
        await again.WaitForAsync("frame");
    }

    [Fact]
    public async Task SetPeers_WithoutANode_ClosesItsConnection()
    {
        await using var nodes = new Nodes();
        var (one, atOne, two, atTwo) = await nodes.PairAsync();
        one.SetPeers(new Dictionary<ulong, EndPoint>());
        await atOne.WaitForAsync("disconnected 2");
        await atTwo.WaitForAsync("disconnected 1");
        Nodes.Join(one, two);
        await atOne.WaitForAsync("connected 2");
    }

    [Fact]
    public async Task Meter_OfFrames_CountsTheirBytesOnBothSides()
    {
        long sent = 0, received = 0;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == LinkMeter.Name)
                self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) =>
        {
            if (instrument.Name == "iggy.links.sent")
                Interlocked.Add(ref sent, value);
            else if (instrument.Name == "iggy.links.received")
                Interlocked.Add(ref received, value);
        });
        listener.Start();
        await using var nodes = new Nodes();
        var (one, _, _, atTwo) = await nodes.PairAsync();
        Assert.True(one.TrySend(2, Of(1), Nodes.Frame(1_000_000)));
        await atTwo.WaitForAsync("frame");
        Assert.True(Volatile.Read(ref received) >= 1_000_000); // others may run beside this
        Assert.True(Volatile.Read(ref sent) >= 32);
    }

    // Goal: what one frame breaks is not gone on with as if nothing was missed.
    [Fact]
    public async Task Received_Throws_EndsTheConnectionAndConnectsAnew()
    {
        await using var nodes = new Nodes();
        var (one, atOne, _, atTwo) = await nodes.PairAsync();
        atTwo.OnFrame = (_, payload) => Assert.NotEqual(3, payload.Length);
        Assert.True(one.TrySend(2, Of(1), Nodes.Frame(3)));
        await atOne.WaitForAsync("disconnected 2");
        await atOne.WaitForAsync("connected 2");
    }
}
