using Iggy.Protocol.Classic;

namespace Iggy.Protocol.Tests;

/// <summary>The hot path allocates nothing, names or no names. Here, so that a slip fails a build.</summary>
public class AllocationTests
{
    private delegate IggyError Decoding(ReadOnlySpan<byte> payload);

    [Fact]
    public void Send_ReadAndChecked_AllocatesNothing() => AssertAllocatesNothing(
        Bytes.Of(writer => SendMessagesWriter.Write(
            writer, new("orders"), new("events"), Partitioning.ByKey("key"u8.ToArray()), [new(new byte[100], default, 1, 0), new(new byte[9], default, 0, 0)])),
        static payload =>
        {
            var error = SendMessagesRequest.TryRead(payload, out var request);
            Assert.True(Hashes.PartitionForKey(request.Partitioning.Value, 3) < 3);
            return error is IggyError.None ? ClassicBatch.Check(request.Indexes, request.Messages) : error;
        });

    [Fact]
    public void Poll_Read_AllocatesNothing() => AssertAllocatesNothing(
        Bytes.Of(new PollMessagesRequest(Address, PollingStrategy.Next, 100, AutoCommit: true)),
        static payload =>
        {
            var error = PollMessagesView.TryRead(payload, out var poll);
            Assert.True(Hashes.ConsumerNumber(poll.Address.Consumer.Id) == 1795796488);
            return error;
        });

    [Fact]
    public void StoreOffset_Read_AllocatesNothing() => AssertAllocatesNothing(
        Bytes.Of(new StoreConsumerOffsetRequest(Address, 7)), static payload => StoreConsumerOffsetView.TryRead(payload, out _));

    [Fact]
    public void GetOffset_Read_AllocatesNothing() => AssertAllocatesNothing(
        Bytes.Of(new GetConsumerOffsetRequest(Address)), static payload => ConsumerAddressView.TryRead(payload, out _));

    private static ConsumerAddress Address => new(new(ConsumerKind.Single, new("billing")), new("orders"), new("events"), 0);

    private static void AssertAllocatesNothing(byte[] payload, Decoding decode)
    {
        Assert.Equal(IggyError.None, decode(payload));
        Assert.Equal(0, Allocations.Least(() =>
        {
            for (var i = 0; i < 100; i++)
                _ = decode(payload);
        }));
    }
}
