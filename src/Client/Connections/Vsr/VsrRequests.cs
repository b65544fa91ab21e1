using System.Buffers;
using System.Reflection;
using Iggy.Protocol;
using Iggy.Protocol.Classic;
using Iggy.Protocol.Vsr;

namespace Iggy.Client.Connections.Vsr;

/// <summary>Classic payloads as bodies of the newer dialect.</summary>
internal static class VsrRequests
{
    private const string SdkName = "iggy-net";

    private static readonly string _version = typeof(VsrRequests).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

    /// <summary>Whether this is one of the two logins.</summary>
    public static bool IsLogin(this CommandCode code) => code is CommandCode.LoginUser or CommandCode.LoginWithPersonalAccessToken;

    /// <summary>Writes the body of a request.</summary>
    /// <param name="writer">Where it goes.</param>
    /// <param name="code">The command.</param>
    /// <param name="payload">As this client has written it, so well-formed.</param>
    /// <exception cref="ArgumentException">Creation times in one batch lie more than 71 minutes apart: this dialect can't say so.</exception>
    public static void WriteBody(WireWriter writer, CommandCode code, ReadOnlyMemory<byte> payload)
    {
        var reader = new WireReader(payload.Span);
        switch (code)
        {
            case CommandCode.LoginUser:
                var login = LoginUserRequest.Read(ref reader);
                new RegisterRequest(ProtocolVersion.Current, SdkName, _version, new(login.Username, login.Password), null).Write(writer);
                break;
            case CommandCode.LoginWithPersonalAccessToken:
                var token = LoginWithPersonalAccessTokenRequest.Read(ref reader).Token;
                new RegisterRequest(ProtocolVersion.Current, SdkName, _version, null, token).Write(writer);
                break;
            case CommandCode.CreateTopic:
                var creation = WithOptions<CreateTopicRequest>.Read(ref reader);
                var create = creation.Request;
                new VsrCreateTopicRequest(create.Stream, create.PartitionsCount, create.Name,
                    creation.AddTo(Options(create.Compression, create.MessageExpiryMicros, create.MaxTopicSizeBytes))).Write(writer);
                break;
            case CommandCode.UpdateTopic:
                var change = WithOptions<UpdateTopicRequest>.Read(ref reader);
                var update = change.Request;
                new VsrUpdateTopicRequest(update.Stream, update.Topic, update.Name,
                    change.AddTo(Options(update.Compression, update.MessageExpiryMicros, update.MaxTopicSizeBytes))).Write(writer);
                break;
            case CommandCode.StoreConsumerOffset:
                var store = StoreConsumerOffsetRequest.Read(ref reader);
                (store with { Address = WithPartition(store.Address) }).Write(writer);
                writer.U8((byte)OffsetAck.Quorum);
                break;
            case CommandCode.DeleteConsumerOffset:
                WithPartition(DeleteConsumerOffsetRequest.Read(ref reader).Address).Write(writer);
                writer.U8((byte)OffsetAck.Quorum);
                break;
            case CommandCode.SendMessages:
                WriteSend(writer, payload);
                break;
            default:
                writer.Bytes(payload.Span);
                break;
        }
    }

    private static TopicOptions Options(CompressionAlgorithm compression, ulong expiry, ulong size) =>
        new() { Compression = compression, MessageExpiryMicros = expiry, MaxTopicSizeBytes = size };

    // No partition means the first one in the classic dialect, and is refused here.
    private static ConsumerAddress WithPartition(ConsumerAddress address) => address with { PartitionId = address.PartitionId ?? 0 };

    private static void WriteSend(WireWriter writer, ReadOnlyMemory<byte> payload)
    {
        if (SendMessagesRequest.TryRead(payload.Span, out var request) is var fault and not IggyError.None)
            throw new InvalidOperationException($"A send that this client wrote can't be read: {fault}.");

        var count = (int)request.MessagesCount;
        var outgoing = ArrayPool<OutgoingMessage>.Shared.Rent(count);
        try
        {
            var at = request.MessagesRange.Start.GetOffset(payload.Length);
            for (var i = 0; i < count; i++)
            {
                ref readonly var header = ref ClassicMessageHeader.At(payload.Span[at..]);
                var content = payload.Slice(at + ClassicMessageHeader.SizeInBytes, (int)(header.PayloadBytes + header.UserHeadersBytes));
                outgoing[i] = new(content[..(int)header.PayloadBytes], content[(int)header.PayloadBytes..], header.Id, header.OriginTimestampMicros);
                at += (int)header.MessageBytes;
            }
            VsrSendWriter.Write(writer, request.Stream.ToIdentifier(), request.Topic.ToIdentifier(), ToPartitioning(request.Partitioning), outgoing.AsSpan(0, count));
        }
        finally
        {
            outgoing.AsSpan(0, count).Clear(); // or the pool would keep the payloads alive
            ArrayPool<OutgoingMessage>.Shared.Return(outgoing);
        }
    }

    private static Partitioning ToPartitioning(PartitioningView view) => view.Kind switch
    {
        PartitioningKind.PartitionId => Partitioning.ToPartition(view.PartitionId),
        PartitioningKind.MessagesKey => Partitioning.ByKey(view.Value.ToArray()),
        _ => Partitioning.Balanced,
    };
}
