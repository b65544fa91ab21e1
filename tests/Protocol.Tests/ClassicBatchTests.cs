using System.Buffers.Binary;
using Iggy.Protocol.Classic;

namespace Iggy.Protocol.Tests;

/// <summary>Each way in which a send can be wrong, and which code wins when it is wrong in two.</summary>
public class ClassicBatchTests
{
    private const int PayloadLengthAt = 52;
    private const int HeadersLengthAt = 48;
    private const int OffsetAt = 24;

    [Fact]
    public void Check_SoundBatch_Passes() => Assert.Equal(IggyError.None, new Batch(0, 5, 100).Check());

    [Fact]
    public void Check_NoMessages_IsACountFault() => Assert.Equal(IggyError.InvalidMessagesCount, ClassicBatch.Check([], []));

    [Fact]
    public void Check_IndexWithOffset_IsRefused() => Assert.Equal(IggyError.NonZeroOffset, new Batch(5, 5).Index(1, 0, 1).Check());

    [Fact]
    public void Check_IndexWithTime_IsRefused() => Assert.Equal(IggyError.NonZeroTimestamp, new Batch(5, 5).Index(1, 12, 1).Check());

    [Theory]
    [InlineData(63)] // leaves less than a header to the first message
    [InlineData(75)] // to the second
    [InlineData(139)] // past the block
    [InlineData(uint.MaxValue)]
    public void Check_PositionThatCannotBe_IsRefused(uint position) => Assert.Equal(IggyError.MissingIndex, new Batch(5, 5).Index(0, 4, position).Check());

    [Theory]
    [InlineData(PayloadLengthAt, 6)]
    [InlineData(PayloadLengthAt, uint.MaxValue)]
    [InlineData(HeadersLengthAt, 1)]
    [InlineData(HeadersLengthAt, uint.MaxValue)]
    public void Check_LengthsPastTheBounds_AreRefused(int at, uint length) => Assert.Equal(IggyError.MissingIndex, new Batch(5, 5).Header(1, at, length).Check());

    [Fact]
    public void Check_LengthsBelowTheBounds_AreFoundInTheSum() => Assert.Equal(IggyError.InvalidMessagesSize, new Batch(5, 5).Header(0, PayloadLengthAt, 4).Check());

    [Fact]
    public void Check_PayloadAtTheLimit_Passes() => Assert.Equal(IggyError.None, new Batch(64_000_000).Check());

    [Fact]
    public void Check_PayloadAboveTheLimit_IsRefused() => Assert.Equal(IggyError.TooBigMessagePayload, new Batch(64_000_001).Check());

    [Theory]
    [InlineData(100_000, IggyError.None)]
    [InlineData(100_001, IggyError.TooBigUserHeaders)]
    public void Check_UserHeaders_HaveALimit(int bytes, IggyError expected) =>
        Assert.Equal(expected, new Batch(bytes).Header(0, PayloadLengthAt, 0).Header(0, HeadersLengthAt, (uint)bytes).Check());

    [Theory]
    [InlineData(9, IggyError.InvalidOffset)]
    [InlineData(10, IggyError.None)]
    public void Check_OffsetsOfMessages_MayNotFall(uint second, IggyError expected) =>
        Assert.Equal(expected, new Batch(5, 5).Header(0, OffsetAt, 10).Header(1, OffsetAt, second).Check());

    // The last entry bounds nothing, so only its order is judged.
    [Theory]
    [InlineData(68, IggyError.CannotReadIndexPosition)]
    [InlineData(69, IggyError.None)]
    [InlineData(uint.MaxValue, IggyError.None)]
    public void Check_LastPosition_MayNotFall(uint position, IggyError expected) => Assert.Equal(expected, new Batch(5, 5).Index(1, 4, position).Check());

    [Fact]
    public void Check_SeveralFaults_AnswersTheFirstInOrder()
    {
        var batch = new Batch(5, 5).Index(1, 4, 1).Header(0, OffsetAt, 10);
        Assert.Equal(IggyError.InvalidOffset, batch.Check());
        Assert.Equal(IggyError.MissingIndex, batch.Header(1, PayloadLengthAt, 64_000_001).Check());
        Assert.Equal(IggyError.NonZeroTimestamp, batch.Index(1, 8, 1).Check());
        Assert.Equal(IggyError.NonZeroOffset, batch.Index(1, 0, 1).Check());
        Assert.Equal(IggyError.MissingIndex, batch.Index(0, 4, 1).Check()); // a fault of an earlier message comes first
    }

    // Goal: a batch cut anywhere is refused, by the split or by the check.
    [Fact]
    public void TryReadAndCheck_CutAnywhere_IsRefused()
    {
        var whole = Bytes.Of(writer => SendMessagesWriter.Write(
            writer, new("orders"), new(1), Partitioning.Balanced, [new(new byte[5], default, 1, 0), new(new byte[3], new byte[2], 0, 9)]));
        for (var length = 0; length < whole.Length; length++)
        {
            var error = SendMessagesRequest.TryRead(whole.AsSpan(0, length), out var request);
            if (error is IggyError.None)
                error = ClassicBatch.Check(request.Indexes, request.Messages);
            Assert.True(error is not IggyError.None, $"cut at {length}");
        }
    }

    // A batch of messages with payloads of zeroes, and ways to spoil it.
    private sealed class Batch(params int[] payloadBytes)
    {
        private readonly byte[] _payload = Bytes.Of(writer => SendMessagesWriter.Write(
            writer, new(1), new(1), Partitioning.Balanced, [new(new byte[Math.Min(payloadBytes[0], 64_000_000)], default, 1, 0), .. Rest(payloadBytes)]));

        public IggyError Check()
        {
            var payload = payloadBytes[0] > 64_000_000 ? TooLarge() : _payload;
            Assert.Equal(IggyError.None, SendMessagesRequest.TryRead(payload, out var request));
            return ClassicBatch.Check(request.Indexes, request.Messages);
        }

        public Batch Index(int entry, int at, uint value) => Set(Parts().IndexStart + (entry * ClassicBatch.IndexEntryBytes) + at, value);

        public Batch Header(int message, int at, uint value)
        {
            var start = Parts().MessagesStart;
            for (var i = 0; i < message; i++)
                start += ClassicMessageHeader.SizeInBytes + payloadBytes[i];
            return Set(start + at, value);
        }

        private Batch Set(int at, uint value)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(_payload.AsSpan(at), value);
            return this;
        }

        private (int IndexStart, int MessagesStart) Parts()
        {
            Assert.Equal(IggyError.None, SendMessagesRequest.TryRead(_payload, out var request));
            return (request.IndexRange.Start.Value, request.MessagesRange.Start.Value);
        }

        // The writer refuses it, so one byte is added by hand.
        private byte[] TooLarge()
        {
            var start = Parts().MessagesStart;
            BinaryPrimitives.WriteUInt32LittleEndian(_payload.AsSpan(start + PayloadLengthAt), (uint)payloadBytes[0]);
            return [.. _payload, .. new byte[payloadBytes[0] - 64_000_000]];
        }

        private static IEnumerable<OutgoingMessage> Rest(int[] payloadBytes) => payloadBytes.Skip(1).Select(bytes => new OutgoingMessage(new byte[bytes], default, 0, 0));
    }
}
