using CsCheck;
using Iggy.Links.Connections;
using Iggy.Links.Framing;

namespace Iggy.Links.Tests;

/// <summary>Windows against a model: never more on the way than allowed, never a channel that is forgotten.</summary>
public sealed class WindowTests
{
    private const int Channel = 5000, Total = 12_000;

    [Fact]
    public void AddAndCredit_AtRandom_KeepToTheWindowsAndWakeWhoWaits() => Gen.Int.Sample(seed =>
    {
        var random = new Random(seed);
        var queue = new SendQueue(Channel, Total, maxFrameBytes: 20_000);
        var sent = new Dictionary<LinkChannel, Queue<long>>();
        var waiting = new HashSet<LinkChannel>();
        for (var step = 0; step < 300; step++)
        {
            var channel = new LinkChannel(Guid.Empty, (ulong)random.Next(6));
            var ofChannel = sent.TryGetValue(channel, out var known) ? known : sent[channel] = [];
            if (random.Next(2) == 0)
            {
                var buffer = Nodes.Frame(random.Next(0, 7000));
                var bytes = buffer.Length + (long)LinkHeader.CountedBytes;
                var fits = (ofChannel.Count == 0 || ofChannel.Sum() + bytes <= Channel) && (sent.Values.All(one => one.Count == 0) || sent.Values.Sum(one => one.Sum()) + bytes <= Total);
                Assert.Equal(fits, queue.TryAdd(channel, buffer));
                if (fits)
                    ofChannel.Enqueue(bytes);
                else
                    waiting.Add(channel);
            }
            else if (ofChannel.TryDequeue(out var bytes))
            {
                waiting.ExceptWith(queue.OnCredit(channel, (uint)bytes));
            }
            Assert.Equal(sent.Values.Sum(one => one.Sum()), queue.TotalBytes);
        }
        foreach (var (channel, frames) in sent)
        {
            while (frames.TryDequeue(out var bytes))
                waiting.ExceptWith(queue.OnCredit(channel, (uint)bytes));
        }
        Assert.Empty(waiting);
        Assert.Throws<LinkProtocolException>(() => queue.OnCredit(default, 1));
        queue.Close();
    }, iter: 50);

    [Fact]
    public void Written_AfterGrowth_HasEverything()
    {
        using var buffer = new LinkBuffer(1);
        for (var i = 0; i < 10_000; i++)
        {
            buffer.GetSpan(1)[0] = (byte)i;
            buffer.Advance(1);
        }
        Assert.Equal(10_000, buffer.Length);
        Assert.Equal(unchecked((byte)9_999), buffer.Written.Span[^1]);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Advance(int.MaxValue));
    }

    [Fact]
    public void Options_OutsideTheirRange_AreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => (Nodes.Options(1) with { TotalWindowBytes = 10 }).Validate());
        Assert.Throws<ArgumentOutOfRangeException>(() => (Nodes.Options(1) with { PeerTimeout = TimeSpan.FromMilliseconds(1) }).Validate());
        Assert.Throws<ArgumentOutOfRangeException>(() => Nodes.Options(0).Validate());
        Nodes.Options(1).Validate();
    }
}
