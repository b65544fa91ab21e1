using Iggy.Protocol.Classic;
using Iggy.Protocol.Vsr;

namespace Iggy.Protocol.Tests;

/// <summary>The codecs of the newer dialect where it differs from the classic one: decode, and encode again.</summary>
internal static class VsrCodecs
{
    /// <summary>Of request bodies, by command.</summary>
    public static IReadOnlyDictionary<CommandCode, ReplyCodecs.Decoder> Requests { get; } = new Dictionary<CommandCode, ReplyCodecs.Decoder>
    {
        [CommandCode.DescribeOptions] = One<DescribeOptionsRequest>(),
        [CommandCode.CreateStream] = One<WithoutOptions<CreateStreamRequest>>(),
        [CommandCode.UpdateStream] = One<WithoutOptions<UpdateStreamRequest>>(),
        [CommandCode.CreateTopic] = One<VsrCreateTopicRequest>(),
        [CommandCode.UpdateTopic] = One<VsrUpdateTopicRequest>(),
        [CommandCode.CreateUser] = One<WithoutOptions<CreateUserRequest>>(),
        [CommandCode.UpdateUser] = One<WithoutOptions<UpdateUserRequest>>(),
        [CommandCode.SyncConsumerGroup] = One<SyncConsumerGroupRequest>(),
        [CommandCode.SendMessages] = Send,
        [CommandCode.StoreConsumerOffset] = static body => Acknowledged<StoreConsumerOffsetRequest>(body, VsrOffsetView.TryReadStore(body, out _)),
        [CommandCode.DeleteConsumerOffset] = static body => Acknowledged<DeleteConsumerOffsetRequest>(body, VsrOffsetView.TryReadDelete(body, out _)),
    };

    /// <summary>Of reply bodies behind the result section, by command.</summary>
    public static IReadOnlyDictionary<CommandCode, ReplyCodecs.Decoder> Replies { get; } = new Dictionary<CommandCode, ReplyCodecs.Decoder>
    {
        [CommandCode.DescribeOptions] = One<DescribeOptionsReply>(),
        [CommandCode.CreateStream] = One<VsrStreamRecord>(),
        [CommandCode.GetStream] = One<VsrStreamDetails>(),
        [CommandCode.GetStreams] = List<VsrStreamRecord>(),
        [CommandCode.CreateTopic] = One<VsrTopicDetails>(),
        [CommandCode.GetTopic] = One<VsrTopicDetails>(),
        [CommandCode.GetTopics] = One<VsrTopicList>(),
        [CommandCode.CreateUser] = One<VsrUserDetails>(),
        [CommandCode.GetUser] = One<VsrUserDetails>(),
        [CommandCode.GetUsers] = List<VsrUserRecord>(),
        [CommandCode.SyncConsumerGroup] = One<SyncConsumerGroupReply>(),
        [CommandCode.SendMessages] = One<VsrSendReply>(),
        [CommandCode.PollMessages] = Poll,
    };

    /// <summary>Of the reply to a login, which has no command code.</summary>
    public static ReplyCodecs.Decoder Login { get; } = One<RegisterReply>();

    private static ReplyCodecs.Decoder One<T>() where T : IWireValue<T> => static payload =>
    {
        var error = WireValues.TryRead<T>(payload, out var value);
        return (error, error is IggyError.None ? Bytes.Of(value!) : []);
    };

    private static ReplyCodecs.Decoder List<T>() where T : IWireValue<T> => static payload =>
    {
        var error = WireValues.TryReadList<T>(payload, out var records);
        return (error, Bytes.Of(writer => writer.Records<T>([.. records])));
    };

    // The classic request, and the byte that says when it counts as done.
    private static (IggyError Error, byte[] Written) Acknowledged<T>(ReadOnlySpan<byte> body, IggyError read) where T : struct, IWireRequest<T>
    {
        if (read is not IggyError.None || WireValues.TryRead<T>(body, out var request) is not IggyError.None)
            return (read, []);
        var ack = body[^1];
        return (IggyError.None, Bytes.Of(writer =>
        {
            request.Write(writer);
            writer.U8(ack);
        }));
    }

    private static (IggyError Error, byte[] Written) Send(ReadOnlySpan<byte> body)
    {
        if (VsrSendRequest.TryRead(body, out var request) is var error and not IggyError.None)
            return (error, []);
        if (Batch.Check(body[request.BatchRange], request.MessagesCount) is var wrong and not IggyError.None)
            return (wrong, []);
        var messages = new List<OutgoingMessage>();
        var walk = new BatchEnumerator(body[request.BatchRange]);
        while (walk.MoveNext())
        {
            var message = walk.Current;
            messages.Add(new(message.Payload.ToArray(), message.UserHeaders.ToArray(), message.Header.Id, message.OriginTimestampMicros));
        }
        var reader = new WireReader(body[request.TopicKey]);
        var (stream, topic) = (reader.Identifier(), reader.Identifier());
        var partitioning = request.Partitioning.Kind switch
        {
            PartitioningKind.Balanced => Partitioning.Balanced,
            PartitioningKind.PartitionId => Partitioning.ToPartition(request.Partitioning.PartitionId),
            _ => Partitioning.ByKey(request.Partitioning.Value.ToArray()),
        };
        return (Batch.CheckFrames(body[request.BatchRange]), Bytes.Of(writer => VsrSendWriter.Write(writer, stream, topic, partitioning, [.. messages])));
    }

    private static (IggyError Error, byte[] Written) Poll(ReadOnlySpan<byte> body)
    {
        if (VsrPollReply.TryRead(body, out var reply) is var error and not IggyError.None)
            return (error, []);
        var written = new byte[body.Length];
        PollMessagesReply.WriteHead(written, reply.PartitionId, reply.CurrentOffset, reply.MessagesCount);
        var at = VsrPollReply.HeadSizeInBytes;
        for (var rest = reply.Records; !rest.IsEmpty;)
        {
            var header = BatchHeader.At(rest);
            var record = rest[..(int)header.BatchBytes]; // whole: the reply was read
            rest = rest[record.Length..];
            if (header.MessagesCount == 0 || !Batch.IsChecksumRight(record))
                return (IggyError.InvalidMessageChecksum, []);
            header.WriteTo(written.AsSpan(at));
            at += BatchHeader.SizeInBytes;
            for (var walk = new BatchEnumerator(record); walk.MoveNext();)
            {
                walk.Current.Frame.CopyTo(written.AsSpan(at));
                at += walk.Current.Frame.Length;
            }
        }
        return (IggyError.None, written);
    }
}
