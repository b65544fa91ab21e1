using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Partitions;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace Iggy.Grains.Tests;

/// <summary>Messages on their way between servers.</summary>
public sealed class WireCodecTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddSerializer().BuildServiceProvider();

    private Serializer Serializer => _services.GetRequiredService<Serializer>();

    public void Dispose() => _services.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100_000)]
    public void Batch_BetweenServers_ArrivesInAnArrayThatIsGivenBack(int bytes)
    {
        var messages = new byte[bytes];
        Random.Shared.NextBytes(messages);
        var there = Serializer.Deserialize<MessageBatch>(Serializer.SerializeToArray(new MessageBatch(MessageLayout.Compact, messages, 0xFEDC_BA98)));
        Assert.Equal((MessageLayout.Compact, 0xFEDC_BA98u), (there.Layout, there.Count));
        Assert.True(messages.AsSpan().SequenceEqual(there.Messages.Span));
        Assert.NotNull(there.Lease);
        there.Lease.Dispose();
    }

    [Fact]
    public void Poll_BetweenServers_ArrivesAndLetsTheSendersArrayGo()
    {
        var sent = new PooledBytes([1, 2, 3, 4], 3, isRented: false);
        var there = Serializer.Deserialize<PollResult>(Serializer.SerializeToArray(new PollResult(Refusal.None, 7, 2, sent)));
        Assert.Equal((7ul, 2u), (there.CurrentOffset, there.Count));
        Assert.Equal([1, 2, 3], there.Messages!.Bytes.ToArray());
        there.Messages.Dispose();
        Assert.True(sent.Bytes.IsEmpty);
        Assert.Null(Serializer.Deserialize<PollResult>(Serializer.SerializeToArray(new PollResult(Refusal.Damaged, 7, 0, null))).Messages);
    }

    // Goal: a message that is sent once more does not arrive without its bytes.
    [Fact]
    public void Poll_WrittenTwice_Fails()
    {
        var polled = new PollResult(Refusal.None, 7, 2, new PooledBytes([1, 2, 3, 4], 3, isRented: false));
        Serializer.SerializeToArray(polled);
        Assert.Throws<ObjectDisposedException>(() => Serializer.SerializeToArray(polled));
    }

    // Goal: nothing is rented, or read past the end, for what a message only claims. Method: cut at every byte.
    [Fact]
    public void Messages_CutAnywhere_AreRefused()
    {
        var batch = Serializer.SerializeToArray(new MessageBatch(MessageLayout.Classic, new byte[40], 1));
        for (var length = 0; length < batch.Length - 1; length++) // the last byte says that it is over
            Assert.ThrowsAny<Exception>(() => Serializer.Deserialize<MessageBatch>(batch.AsMemory(0, length)));
    }

    // Goal: inside a server the very object is handed over.
    [Fact]
    public void Copies_InsideAServer_AreTheSame()
    {
        var bytes = new PooledBytes([1], 1, isRented: false);
        Assert.Same(bytes, _services.GetRequiredService<DeepCopier>().Copy(bytes));
        var messages = new byte[] { 1, 2 };
        var copy = _services.GetRequiredService<DeepCopier>().Copy(new MessageBatch(MessageLayout.Classic, messages, 1));
        Assert.True(copy.Messages.Equals(messages));
        Assert.Null(copy.Lease);
    }
}
