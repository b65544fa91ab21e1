using System.Buffers;
using System.Buffers.Binary;
using Iggy.Gateway.Commands;
using Iggy.Protocol;
using Iggy.Protocol.Classic;

namespace Iggy.Gateway.Grpc.Bodies;

/// <summary>What a poll found, on its way out as a <c>PollResponse</c> or <c>Delivery</c>, which have the same fields: written from the buffer that the partition filled.</summary>
internal sealed class PolledFrame : IDisposable
{
    private const int PartitionIdField = 1, CurrentOffsetField = 2, MessageField = 3; // of a poll's answer
    private const int Offset = 1, Payload = 2, Id = 3, Timestamp = 4, Origin = 5, UserHeader = 6; // of a message
    private const int Key = 1, Value = 2, ValueKind = 3, KeyKind = 4; // of a header
    private const int IdBytes = 16;

    private readonly PolledReply _polled;
    private readonly ReadOnlyMemory<byte> _messages;
    private readonly byte[]? _joined;
    private readonly int _size;

    private PolledFrame(PolledReply polled, uint partitionId, ReadOnlyMemory<byte> messages, byte[]? joined)
    {
        (_polled, PartitionId, _messages, _joined) = (polled, partitionId, messages, joined);
        _size = Measure();
    }

    /// <summary>The partition.</summary>
    public uint PartitionId { get; }

    /// <summary>How many messages.</summary>
    public uint Count => _polled.Result.Count;

    /// <summary>Bytes of the messages as credits count them.</summary>
    public int MessagesBytes => _messages.Length;

    /// <summary>Offset of the last message.</summary>
    public ulong LastOffset { get; private set; }

    /// <summary>Bytes of the answer.</summary>
    public int Size => _size;

    /// <summary>Takes over what a poll found.</summary>
    /// <exception cref="IOException">It cannot be read any more.</exception>
    public static async ValueTask<PolledFrame> OfAsync(PolledReply polled, uint partitionId)
    {
        try
        {
            if (polled.Result.Large is not { } large)
                return new PolledFrame(polled, partitionId, polled.Result.Messages?.Bytes ?? default, joined: null);
            // One message that is larger than what was asked for comes so; its room was waited for.
            var joined = ArrayPool<byte>.Shared.Rent(checked((int)large.Bytes));
            var length = 0;
            while (await large.NextAsync() is { } piece)
            {
                using (piece)
                {
                    piece.Bytes.CopyTo(joined.AsMemory(length));
                    length += piece.Bytes.Length;
                }
            }
            return new PolledFrame(polled, partitionId, joined.AsMemory(0, length), joined);
        }
        catch
        {
            polled.Dispose();
            throw;
        }
    }

    /// <summary>Writes the fields.</summary>
    public void Write(ref FieldWriter writer)
    {
        writer.Number(PartitionIdField, PartitionId);
        writer.Number(CurrentOffsetField, _polled.Result.CurrentOffset);
        Span<byte> id = stackalloc byte[IdBytes];
        for (var rest = _messages.Span; !rest.IsEmpty;)
        {
            ref readonly var header = ref ClassicMessageHeader.At(rest);
            var payload = rest.Slice(ClassicMessageHeader.SizeInBytes, (int)header.PayloadBytes);
            var userHeaders = UserHeadersOf(rest, header);
            writer.Head(MessageField, SizeOf(header, userHeaders));
            writer.Number(Offset, header.Offset);
            writer.Bytes(Payload, payload);
            BinaryPrimitives.WriteUInt128BigEndian(id, header.Id);
            writer.Bytes(Id, id);
            writer.Number(Timestamp, header.TimestampMicros);
            writer.Number(Origin, header.OriginTimestampMicros);
            for (var headers = new UserHeaderEnumerator(userHeaders); headers.MoveNext();)
            {
                writer.Head(UserHeader, SizeOf(headers.Key, headers.Value));
                writer.Bytes(Key, headers.Key.Bytes);
                writer.Bytes(Value, headers.Value.Bytes);
                writer.Number(ValueKind, (ulong)headers.Value.Kind);
                writer.Number(KeyKind, (ulong)headers.Key.Kind);
            }
            rest = rest[(int)header.MessageBytes..];
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _polled.Dispose();
        if (_joined is not null)
            ArrayPool<byte>.Shared.Return(_joined);
    }

    private int Measure()
    {
        var size = FieldWriter.NumberSize(PartitionId) + FieldWriter.NumberSize(_polled.Result.CurrentOffset);
        for (var rest = _messages.Span; !rest.IsEmpty;)
        {
            ref readonly var header = ref ClassicMessageHeader.At(rest);
            size = checked(size + FieldWriter.BytesSize(SizeOf(header, UserHeadersOf(rest, header))));
            LastOffset = header.Offset;
            rest = rest[(int)header.MessageBytes..];
        }
        return size;
    }

    private static ReadOnlySpan<byte> UserHeadersOf(ReadOnlySpan<byte> message, in ClassicMessageHeader header) =>
        message.Slice(ClassicMessageHeader.SizeInBytes + (int)header.PayloadBytes, (int)header.UserHeadersBytes);

    // A block that nobody made with a client's library may hold anything: what can be read of it is told.
    private static int SizeOf(in ClassicMessageHeader header, ReadOnlySpan<byte> userHeaders)
    {
        var size = FieldWriter.NumberSize(header.Offset) + FieldWriter.BytesSize((int)header.PayloadBytes) + FieldWriter.BytesSize(IdBytes)
            + FieldWriter.NumberSize(header.TimestampMicros) + FieldWriter.NumberSize(header.OriginTimestampMicros);
        for (var headers = new UserHeaderEnumerator(userHeaders); headers.MoveNext();)
            size += FieldWriter.BytesSize(SizeOf(headers.Key, headers.Value));
        return size;
    }

    private static int SizeOf(UserHeaderField key, UserHeaderField value) => FieldWriter.BytesSize(key.Bytes.Length) + FieldWriter.BytesSize(value.Bytes.Length)
        + FieldWriter.NumberSize((ulong)value.Kind) + FieldWriter.NumberSize((ulong)key.Kind);
}
