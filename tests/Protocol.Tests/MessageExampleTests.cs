using System.Buffers;
using Iggy.Protocol.Classic;
using static Iggy.Protocol.Tests.Example;

namespace Iggy.Protocol.Tests;

/// <summary>Whole frames with known values: sends and polls.</summary>
public class MessageExampleTests
{
    private const string Send =
        """
        df000000650000001a00000002066f726465727302066576656e747302040000000002000000
        00000000570000000000000000000000 000000009d0000000000000000000000
        00000000000000000100000000000000000000000000000000000000000000000000000000000000 98c0804159440600 12000000 05000000 0000000000000000
        68656c6c6f 020500000074726163650203000000616263
        00000000000000000000000000000000000000000000000000000000000000000000000000000000 98c0804159440600 00000000 06000000 0000000000000000
        776f726c6421
        """;

    private const string Poll =
        """
        00000000ad000000 00000000 0100000000000000 02000000
        8500a9ed0bb944f5 01000000000000000000000000000000 0000000000000000 74c6804159440600 98c0804159440600 12000000 05000000 0000000000000000
        68656c6c6f 020500000074726163650203000000616263
        faa70d8c3d0c9709 4c3f1e0a7b5d4e2f8a6b1c9d0e3f5a71 0100000000000000 74c6804159440600 98c0804159440600 00000000 06000000 0000000000000000
        776f726c6421
        """;

    private const ulong Origin = T + 1_999_000;
    private const ulong Appended = T + 2_000_500;

    private static ReadOnlySpan<byte> Hello => "hello"u8;

    private static ReadOnlySpan<byte> World => "world!"u8;

    [Fact]
    public void Send_Frame_IsTakenApart()
    {
        var payload = RequestPayload(Send, CommandCode.SendMessages);
        Assert.Equal(IggyError.None, SendMessagesRequest.TryRead(payload, out var request));
        Assert.Equal(IggyError.None, ClassicBatch.Check(request.Indexes, request.Messages));
        Assert.Equal(Orders, request.Stream.ToIdentifier());
        Assert.Equal(Events, request.Topic.ToIdentifier());
        Assert.Equal(PartitioningKind.PartitionId, request.Partitioning.Kind);
        Assert.Equal(0U, request.Partitioning.PartitionId);
        Assert.Equal(2U, request.MessagesCount);
        Assert.Equal(30..62, request.IndexRange);
        Assert.Equal(62..219, request.MessagesRange);
        Assert.Equal(4..20, request.TopicKey);

        var messages = new ClassicMessageEnumerator(request.Messages);
        Assert.True(messages.MoveNext());
        Assert.Equal(Hello, messages.Current.Payload);
        Assert.Equal(Trace(), messages.Current.UserHeaders);
        Assert.Equal((UInt128)1, messages.Current.Header.Id);
        Assert.Equal(Origin, messages.Current.Header.OriginTimestampMicros);
        Assert.True(messages.MoveNext());
        Assert.Equal(World, messages.Current.Payload);
        Assert.False(messages.MoveNext());
        Assert.Equal(IggyError.None, messages.Error);
    }

    [Fact]
    public void Send_Written_IsTheFrame()
    {
        var written = Bytes.Of(writer => SendMessagesWriter.Write(
            writer,
            Orders,
            Events,
            Partitioning.ToPartition(0),
            [new(Hello.ToArray(), Trace(), 1, Origin), new(World.ToArray(), default, 0, Origin)]));
        Assert.Equal(RequestPayload(Send, CommandCode.SendMessages), written);
    }

    [Fact]
    public void PollRequests_Frames_Match()
    {
        Request(
            "2e000000640000000101040100000002066f726465727302066576656e747301000000000100000000000000000a00000001",
            new PollMessagesRequest(new(One, Orders, Events, 0), PollingStrategy.FromOffset(0), 10, AutoCommit: true));
        Request(
            "3100000064000000020207776f726b65727302066f726465727302066576656e747300000000000500000000000000006400000001",
            new PollMessagesRequest(new(new(ConsumerKind.Group, new("workers")), Orders, Events, null), PollingStrategy.Next, 100, AutoCommit: true));
    }

    [Fact]
    public void Poll_Frame_HoldsTheMessagesWithTheirChecksums()
    {
        Assert.Equal(IggyError.None, PollMessagesReply.TryRead(ReplyPayload(Poll), out var reply));
        Assert.Equal((0U, 1UL, 2U), (reply.PartitionId, reply.CurrentOffset, reply.MessagesCount));

        var messages = new ClassicMessageEnumerator(reply.Messages);
        Assert.True(messages.MoveNext());
        Assert.Equal(0xF544B90BEDA90085, messages.Current.Header.Checksum);
        Assert.True(messages.Current.IsChecksumRight);
        Assert.Equal(Trace(), messages.Current.UserHeaders);
        Assert.True(messages.MoveNext());
        Assert.Equal(1UL, messages.Current.Header.Offset);
        Assert.Equal(Appended, messages.Current.Header.TimestampMicros);
        Assert.Equal(0x09970C3D8C0DA7FAUL, messages.Current.Header.Checksum);
        Assert.True(messages.Current.IsChecksumRight);
        Assert.False(messages.MoveNext());
    }

    [Fact]
    public void Poll_Written_IsTheFrame()
    {
        var expected = ReplyPayload(Poll);
        var written = new byte[expected.Length];
        PollMessagesReply.WriteHead(written, partitionId: 0, currentOffset: 1, messagesCount: 2);
        var end = PollMessagesReply.HeadSizeInBytes;
        var header = new ClassicMessageHeader { Id = 1, TimestampMicros = Appended, OriginTimestampMicros = Origin, Reserved = 7 };
        end += ClassicMessageWriter.Write(written.AsSpan(end), header, Hello, Trace());
        header.Id = UInt128.Parse("715A3F0E9D1C6B8A2F4E5D7B0A1E3F4C", System.Globalization.NumberStyles.HexNumber, null);
        header.Offset = 1;
        end += ClassicMessageWriter.Write(written.AsSpan(end), header, World, default);
        Assert.Equal(expected.Length, end);
        Assert.Equal(expected, written);
    }

    [Fact]
    public void Poll_FindsNothing_IsSixteenBytes()
    {
        var payload = ReplyPayload("000000001000000000000000010000000000000000000000");
        Assert.Equal(IggyError.None, PollMessagesReply.TryRead(payload, out var reply));
        Assert.Equal((0U, 1UL, 0U), (reply.PartitionId, reply.CurrentOffset, reply.MessagesCount));
        Assert.True(reply.Messages.IsEmpty);
    }

    [Theory]
    [InlineData(15, IggyError.InvalidCommand)]
    [InlineData(16, IggyError.InvalidMessagesCount)]
    [InlineData(40, IggyError.TooSmallMessage)]
    [InlineData(100, IggyError.InvalidMessagePayloadLength)]
    [InlineData(16 + 87, IggyError.InvalidMessagesCount)]
    public void Poll_Cut_IsRefused(int bytes, IggyError expected) =>
        Assert.Equal(expected, PollMessagesReply.TryRead(ReplyPayload(Poll).AsSpan(0, bytes), out _));

    private static byte[] Trace()
    {
        var output = new ArrayBufferWriter<byte>();
        new UserHeadersWriter(output).Add("trace", "abc");
        return output.WrittenSpan.ToArray();
    }
}
