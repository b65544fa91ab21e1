using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Iggy.Gateway.Grpc.Calls;
using Iggy.Gateway.Limits;
using Iggy.Gateway.Routing;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Protocol;
using Iggy.Protocol.Classic;

namespace Iggy.Gateway.Grpc.Bodies;

/// <summary>A batch to send, as it came in a <c>SendRequest</c> or <c>PublishRequest</c>: its payloads went from the transport's memory straight to where the partition reads them.</summary>
/// <remarks>What is wrong with it is kept instead of thrown, so that a stream of batches goes on.</remarks>
internal sealed class SendFrame : IDisposable
{
    private const int Stream = 1, Topic = 2, PartitionId = 3, MessagesKey = 4, Message = 5, FrameId = 6; // fields of both requests
    private const int Payload = 1, Id = 2, Origin = 3, UserHeader = 4; // of a message
    private const int Key = 1, Value = 2, ValueKind = 3, KeyKind = 4; // of a header
    private const int IdBytes = 16;

    private SendBlock _block;
    private HeldRoom _room;
    private byte[] _stream = [], _topic = [];

    /// <summary>Why it cannot be sent, or <see cref="IggyError.None"/>.</summary>
    public IggyError Fault { get; private set; }

    /// <summary>Comes back in the answer of a stream.</summary>
    public ulong PublishId { get; private set; }

    /// <summary>Whether stream or topic is named.</summary>
    public bool HasAddress => _stream.Length > 0 || _topic.Length > 0;

    /// <summary>Where it goes.</summary>
    public PartitionChoice Choice { get; private set; } = new(PartitionChoiceKind.Balanced, 0);

    /// <summary>The messages.</summary>
    public MessageBatch Batch => new(MessageLayout.Classic, _block.Bytes, Count);

    /// <summary>How many there are.</summary>
    public uint Count { get; private set; }

    /// <summary>The topic that is named.</summary>
    /// <exception cref="Errors.CommandRefusedException"><see cref="IggyError.InvalidIdentifier"/>.</exception>
    public TopicAddress Address() => Names.Topic(Encoding.UTF8.GetString(_stream), Encoding.UTF8.GetString(_topic));

    /// <summary>Reads a request.</summary>
    /// <param name="request">Borrowed: nothing of it is kept.</param>
    /// <param name="arrivalMicros">The origin time of messages that bring none.</param>
    public static SendFrame Read(ReadOnlySequence<byte> request, ulong arrivalMicros)
    {
        var frame = new SendFrame();
        var firstBytes = Measure(request);
        frame._block = new SendBlock(firstBytes);
        frame.ReadFields(request, arrivalMicros);
        if (frame.Fault is IggyError.None && frame.Count == 0)
            frame.Fault = IggyError.InvalidMessagesCount;
        return frame;
    }

    /// <summary>Takes over the room of its memory.</summary>
    public void Keep(HeldRoom room) => _room = room;

    /// <summary>Leaves the messages to the collector: a call was given up that may still read them.</summary>
    public void Abandon() => _block.Abandon();

    /// <inheritdoc/>
    public void Dispose()
    {
        _block.Return();
        _room.Leave();
        _room = default;
    }

    // What the messages take in their layout; headers with long kinds may need a little more.
    private static int Measure(ReadOnlySequence<byte> request)
    {
        var reader = new FieldReader(request);
        var bytes = 1L;
        while (reader.Next())
        {
            if (reader is { Number: Message, Type: FieldType.Bytes })
                bytes += ClassicMessageHeader.SizeInBytes + reader.Bytes().Length;
            else
                reader.Skip();
        }
        return (int)Math.Min(bytes, Math.Min(Array.MaxLength, 64 + (2 * request.Length))); // many empty messages do not take memory that they are not worth
    }

    private void ReadFields(ReadOnlySequence<byte> request, ulong arrivalMicros)
    {
        var reader = new FieldReader(request);
        ArrayBufferWriter<byte>? headers = null;
        while (Fault is IggyError.None && reader.Next())
        {
            switch (reader.Number)
            {
                case Stream when reader.Is(FieldType.Bytes):
                    _stream = Name(reader.Bytes());
                    break;
                case Topic when reader.Is(FieldType.Bytes):
                    _topic = Name(reader.Bytes());
                    break;
                case PartitionId when reader.Is(FieldType.Varint):
                    Choice = PartitionChoice.Of((uint)reader.Varint());
                    break;
                case MessagesKey when reader.Is(FieldType.Bytes):
                    ReadKey(reader.Bytes());
                    break;
                case Message when reader.Is(FieldType.Bytes):
                    ReadMessage(reader.Bytes(), arrivalMicros, ref headers);
                    break;
                case FrameId when reader.Is(FieldType.Varint):
                    PublishId = reader.Varint();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
        if (reader.IsMalformed)
            Fault = IggyError.InvalidFormat;
    }

    private byte[] Name(ReadOnlySequence<byte> name)
    {
        if (name.Length <= ProtocolLimits.MaxNameBytes)
            return name.ToArray();
        Fault = IggyError.InvalidIdentifier;
        return [];
    }

    private void ReadKey(ReadOnlySequence<byte> key)
    {
        if (key.Length is 0 or > ProtocolLimits.MaxNameBytes)
        {
            Fault = IggyError.InvalidKeyValueLength;
            return;
        }
        Span<byte> bytes = stackalloc byte[(int)key.Length];
        key.CopyTo(bytes);
        Choice = new PartitionChoice(PartitionChoiceKind.HashOfKey, Hashes.Xxh32(bytes));
    }

    private void ReadMessage(ReadOnlySequence<byte> message, ulong arrivalMicros, ref ArrayBufferWriter<byte>? headers)
    {
        var reader = new FieldReader(message);
        var (payload, id, originMicros) = (default(ReadOnlySequence<byte>), default(UInt128), 0UL);
        headers?.ResetWrittenCount();
        while (Fault is IggyError.None && reader.Next())
        {
            switch (reader.Number)
            {
                case Payload when reader.Is(FieldType.Bytes):
                    payload = reader.Bytes();
                    break;
                case Id when reader.Is(FieldType.Bytes):
                    id = ReadId(reader.Bytes());
                    break;
                case Origin when reader.Is(FieldType.Varint):
                    originMicros = reader.Varint();
                    break;
                case UserHeader when reader.Is(FieldType.Bytes):
                    ReadHeader(reader.Bytes(), headers ??= new());
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
        if (Fault is IggyError.None)
        {
            Fault = reader.IsMalformed ? IggyError.InvalidFormat
                : payload.IsEmpty ? IggyError.EmptyMessagePayload
                : payload.Length > ProtocolLimits.MaxMessagePayloadBytes ? IggyError.TooBigMessagePayload
                : headers?.WrittenCount > ProtocolLimits.MaxUserHeadersBytes ? IggyError.TooBigUserHeaders
                : IggyError.None;
        }
        if (Fault is not IggyError.None)
            return;
        _block.Add(id, originMicros == 0 ? arrivalMicros : originMicros, payload, headers is null ? default : headers.WrittenSpan);
        Count++;
    }

    private UInt128 ReadId(ReadOnlySequence<byte> id)
    {
        if (id.Length is not (0 or IdBytes))
            Fault = IggyError.InvalidFormat;
        if (id.Length != IdBytes)
            return default;
        Span<byte> bytes = stackalloc byte[IdBytes];
        id.CopyTo(bytes);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    private void ReadHeader(ReadOnlySequence<byte> header, ArrayBufferWriter<byte> headers)
    {
        var reader = new FieldReader(header);
        var (key, value, keyKind, valueKind) = (default(ReadOnlySequence<byte>), default(ReadOnlySequence<byte>), 0UL, 0UL);
        while (reader.Next())
        {
            switch (reader.Number)
            {
                case Key when reader.Is(FieldType.Bytes):
                    key = reader.Bytes();
                    break;
                case Value when reader.Is(FieldType.Bytes):
                    value = reader.Bytes();
                    break;
                case ValueKind when reader.Is(FieldType.Varint):
                    valueKind = reader.Varint();
                    break;
                case KeyKind when reader.Is(FieldType.Varint):
                    keyKind = reader.Varint();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
        if (reader.IsMalformed || headers.WrittenCount > ProtocolLimits.MaxUserHeadersBytes)
            Fault = reader.IsMalformed ? IggyError.InvalidFormat : IggyError.TooBigUserHeaders;
        else if (key.Length is 0 or > ProtocolLimits.MaxNameBytes)
            Fault = IggyError.InvalidHeaderKey;
        else if (value.Length is 0 or > ProtocolLimits.MaxNameBytes)
            Fault = IggyError.InvalidHeaderValue;
        else
            AddHeader(KindOf(keyKind), key, KindOf(valueKind), value, headers);
    }

    private void AddHeader(UserHeaderKind keyKind, ReadOnlySequence<byte> key, UserHeaderKind valueKind, ReadOnlySequence<byte> value, ArrayBufferWriter<byte> headers)
    {
        Span<byte> bytes = stackalloc byte[2 * ProtocolLimits.MaxNameBytes];
        key.CopyTo(bytes);
        value.CopyTo(bytes[ProtocolLimits.MaxNameBytes..]);
        try
        {
            new UserHeadersWriter(headers).Add(keyKind, bytes[..(int)key.Length], valueKind, bytes.Slice(ProtocolLimits.MaxNameBytes, (int)value.Length));
        }
        catch (ArgumentException) // a kind that there is not, or bytes that are not of it
        {
            Fault = IggyError.InvalidHeaderValue;
        }
    }

    private static UserHeaderKind KindOf(ulong kind) => kind switch
    {
        0 => UserHeaderKind.Text,
        <= byte.MaxValue => (UserHeaderKind)kind,
        _ => default,
    };
}
