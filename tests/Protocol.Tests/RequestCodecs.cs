using Iggy.Protocol.Classic;

namespace Iggy.Protocol.Tests;

/// <summary>What came of a payload.</summary>
/// <param name="Error">The code it is answered with, as far as the codec decides.</param>
/// <param name="Text">The values, in the words of the notes; empty when refused.</param>
/// <param name="Written">The values, encoded again; empty when refused.</param>
internal readonly record struct Decoded(IggyError Error, string Text, byte[] Written);

/// <summary>The codec of every command with a body.</summary>
internal static class RequestCodecs
{
    public delegate Decoded Decoder(ReadOnlySpan<byte> payload);

    public static IReadOnlyDictionary<CommandCode, Decoder> All { get; } = new Dictionary<CommandCode, Decoder>
    {
        [CommandCode.GetSnapshot] = For<GetSnapshotRequest>(r => $"compression {(byte)r.Compression}, types [{string.Join(", ", r.Types.Select(t => (byte)t))}]"),
        [CommandCode.GetClient] = For<GetClientRequest>(r => $"client id {r.ClientId}"),
        [CommandCode.GetUser] = For<GetUserRequest>(r => $"user {NoteText.Id(r.User)}"),
        [CommandCode.CreateUser] = For<CreateUserRequest>(r =>
            $"username \"{r.Username}\", password \"{r.Password}\", status {(byte)r.Status}, permissions {NoteText.Permissions(r.Permissions)}"),
        [CommandCode.DeleteUser] = For<DeleteUserRequest>(r => $"user {NoteText.Id(r.User)}"),
        [CommandCode.UpdateUser] = For<UpdateUserRequest>(NoteText.UpdateUser),
        [CommandCode.UpdatePermissions] = For<UpdatePermissionsRequest>(r => $"user {NoteText.Id(r.User)}, permissions {NoteText.Permissions(r.Permissions)}"),
        [CommandCode.ChangePassword] = For<ChangePasswordRequest>(r => $"user {NoteText.Id(r.User)}, current \"{r.CurrentPassword}\", new \"{r.NewPassword}\""),
        [CommandCode.LoginUser] = For<LoginUserRequest>(r =>
            $"username \"{r.Username}\", password \"{r.Password}\", version \"{r.Version}\", context \"{r.Context}\""),
        [CommandCode.CreatePersonalAccessToken] = For<CreatePersonalAccessTokenRequest>(r => $"token name \"{r.Name}\", expiry {r.ExpiryMicros}"),
        [CommandCode.DeletePersonalAccessToken] = For<DeletePersonalAccessTokenRequest>(r => $"token name \"{r.Name}\""),
        [CommandCode.LoginWithPersonalAccessToken] = For<LoginWithPersonalAccessTokenRequest>(r =>
            $"token {r.Token[..Math.Min(6, r.Token.Length)]}... ({r.Token.Length} characters)"),
        [CommandCode.PollMessages] = For<PollMessagesRequest>(NoteText.Poll),
        [CommandCode.SendMessages] = Send,
        [CommandCode.FlushUnsavedBuffer] = For<FlushUnsavedBufferRequest>(r => $"{NoteText.Topic(r.Stream, r.Topic)}, partition {r.PartitionId}, fsync {r.Fsync}"),
        [CommandCode.GetConsumerOffset] = For<GetConsumerOffsetRequest>(r => NoteText.Address(r.Address)),
        [CommandCode.StoreConsumerOffset] = For<StoreConsumerOffsetRequest>(r => $"{NoteText.Address(r.Address)}, offset {r.Offset}"),
        [CommandCode.DeleteConsumerOffset] = For<DeleteConsumerOffsetRequest>(r => NoteText.Address(r.Address)),
        [CommandCode.GetStream] = For<GetStreamRequest>(r => $"stream {NoteText.Id(r.Stream)}"),
        [CommandCode.CreateStream] = For<CreateStreamRequest>(r => $"name \"{r.Name}\""),
        [CommandCode.DeleteStream] = For<DeleteStreamRequest>(r => $"stream {NoteText.Id(r.Stream)}"),
        [CommandCode.UpdateStream] = For<UpdateStreamRequest>(r => $"stream {NoteText.Id(r.Stream)}, name \"{r.Name}\""),
        [CommandCode.PurgeStream] = For<PurgeStreamRequest>(r => $"stream {NoteText.Id(r.Stream)}"),
        [CommandCode.GetTopic] = For<GetTopicRequest>(r => NoteText.Topic(r.Stream, r.Topic)),
        [CommandCode.GetTopics] = For<GetTopicsRequest>(r => $"stream {NoteText.Id(r.Stream)}"),
        [CommandCode.CreateTopic] = For<CreateTopicRequest>(r =>
            $"stream {NoteText.Id(r.Stream)}, partitions {r.PartitionsCount}, compression {(byte)r.Compression}, expiry {r.MessageExpiryMicros}, " +
            $"max size {r.MaxTopicSizeBytes}, replication {r.ReplicationFactor}, name \"{r.Name}\""),
        [CommandCode.DeleteTopic] = For<DeleteTopicRequest>(r => NoteText.Topic(r.Stream, r.Topic)),
        [CommandCode.UpdateTopic] = For<UpdateTopicRequest>(r =>
            $"{NoteText.Topic(r.Stream, r.Topic)}, compression {(byte)r.Compression}, expiry {r.MessageExpiryMicros}, " +
            $"max size {r.MaxTopicSizeBytes}, replication {r.ReplicationFactor}, name \"{r.Name}\""),
        [CommandCode.PurgeTopic] = For<PurgeTopicRequest>(r => NoteText.Topic(r.Stream, r.Topic)),
        [CommandCode.CreatePartitions] = For<CreatePartitionsRequest>(r => $"{NoteText.Topic(r.Stream, r.Topic)}, count {r.PartitionsCount}"),
        [CommandCode.DeletePartitions] = For<DeletePartitionsRequest>(r => $"{NoteText.Topic(r.Stream, r.Topic)}, count {r.PartitionsCount}"),
        [CommandCode.DeleteSegments] = For<DeleteSegmentsRequest>(r =>
            $"{NoteText.Topic(r.Stream, r.Topic)}, partition {r.PartitionId}, segments {r.SegmentsCount}"),
        [CommandCode.GetConsumerGroup] = For<GetConsumerGroupRequest>(r => NoteText.Group(r.Stream, r.Topic, r.Group)),
        [CommandCode.GetConsumerGroups] = For<GetConsumerGroupsRequest>(r => NoteText.Topic(r.Stream, r.Topic)),
        [CommandCode.CreateConsumerGroup] = For<CreateConsumerGroupRequest>(r => $"{NoteText.Topic(r.Stream, r.Topic)}, name \"{r.Name}\""),
        [CommandCode.DeleteConsumerGroup] = For<DeleteConsumerGroupRequest>(r => NoteText.Group(r.Stream, r.Topic, r.Group)),
        [CommandCode.JoinConsumerGroup] = For<JoinConsumerGroupRequest>(r => NoteText.Group(r.Stream, r.Topic, r.Group)),
        [CommandCode.LeaveConsumerGroup] = For<LeaveConsumerGroupRequest>(r => NoteText.Group(r.Stream, r.Topic, r.Group)),
    };

    private static Decoder For<T>(Func<T, string> describe) where T : struct, IWireRequest<T> => payload =>
    {
        var error = WireValues.TryRead<T>(payload, out var request);
        return error is IggyError.None ? new(error, describe(request), Bytes.Of(request)) : new(error, "", []);
    };

    // The batch is judged too, so that a cut message is a fault here as it is for a server.
    private static Decoded Send(ReadOnlySpan<byte> payload)
    {
        var error = SendMessagesRequest.TryRead(payload, out var request);
        if (error is IggyError.None)
            error = ClassicBatch.Check(request.Indexes, request.Messages);
        if (error is not IggyError.None)
            return new(error, "", []);

        var partitioning = request.Partitioning.Kind switch
        {
            PartitioningKind.Balanced => Partitioning.Balanced,
            PartitioningKind.PartitionId => Partitioning.ToPartition(request.Partitioning.PartitionId),
            _ => Partitioning.ByKey(request.Partitioning.Value.ToArray()),
        };
        var messages = new List<OutgoingMessage>();
        var walk = new ClassicMessageEnumerator(request.Messages);
        while (walk.MoveNext())
        {
            var message = walk.Current;
            messages.Add(new(message.Payload.ToArray(), message.UserHeaders.ToArray(), message.Header.Id, message.Header.OriginTimestampMicros));
        }
        var (stream, topic) = (request.Stream.ToIdentifier(), request.Topic.ToIdentifier());
        var written = Bytes.Of(writer => SendMessagesWriter.Write(writer, stream, topic, partitioning, [.. messages]));
        return new(error, NoteText.Send(request), written);
    }
}
