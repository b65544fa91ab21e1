using Iggy.Protocol.Classic;

namespace Iggy.Protocol.Tests;

/// <summary>The codec of every reply with a body: decode, and what it encodes to again (null when refused).</summary>
internal static class ReplyCodecs
{
    public delegate (IggyError Error, byte[] Written) Decoder(ReadOnlySpan<byte> payload);

    public static IReadOnlyDictionary<CommandCode, Decoder> All { get; } = new Dictionary<CommandCode, Decoder>
    {
        [CommandCode.GetStats] = One<StatsReply>(),
        [CommandCode.GetClusterMetadata] = One<ClusterReply>(),
        [CommandCode.GetMe] = One<ClientDetails>(),
        [CommandCode.GetClient] = One<ClientDetails>(),
        [CommandCode.GetClients] = List<ClientRecord>(),
        [CommandCode.GetUser] = One<UserDetails>(),
        [CommandCode.GetUsers] = List<UserRecord>(),
        [CommandCode.CreateUser] = One<UserDetails>(),
        [CommandCode.LoginUser] = One<IdentityReply>(),
        [CommandCode.GetPersonalAccessTokens] = List<TokenRecord>(),
        [CommandCode.CreatePersonalAccessToken] = One<NewTokenReply>(),
        [CommandCode.LoginWithPersonalAccessToken] = One<IdentityReply>(),
        [CommandCode.PollMessages] = Poll,
        [CommandCode.GetConsumerOffset] = One<ConsumerOffsetReply>(),
        [CommandCode.GetStream] = One<StreamDetails>(),
        [CommandCode.GetStreams] = List<StreamRecord>(),
        [CommandCode.CreateStream] = One<StreamRecord>(),
        [CommandCode.GetTopic] = One<TopicDetails>(),
        [CommandCode.GetTopics] = List<TopicRecord>(),
        [CommandCode.CreateTopic] = One<TopicDetails>(),
        [CommandCode.GetConsumerGroup] = One<ConsumerGroupDetails>(),
        [CommandCode.GetConsumerGroups] = List<ConsumerGroupRecord>(),
        [CommandCode.CreateConsumerGroup] = One<ConsumerGroupRecord>(),
    };

    private static Decoder One<T>() where T : IWireValue<T> => static payload =>
    {
        var error = WireValues.TryRead<T>(payload, out var reply);
        return (error, error is IggyError.None ? Bytes.Of(reply!) : []);
    };

    private static Decoder List<T>() where T : IWireValue<T> => static payload =>
    {
        var error = WireValues.TryReadList<T>(payload, out var records);
        return (error, Bytes.Of(writer => writer.Records<T>([.. records])));
    };

    private static (IggyError Error, byte[] Written) Poll(ReadOnlySpan<byte> payload)
    {
        var error = PollMessagesReply.TryRead(payload, out var reply);
        if (error is not IggyError.None)
            return (error, []);

        var written = new byte[payload.Length];
        PollMessagesReply.WriteHead(written, reply.PartitionId, reply.CurrentOffset, reply.MessagesCount);
        var end = PollMessagesReply.HeadSizeInBytes;
        var messages = new ClassicMessageEnumerator(reply.Messages);
        while (messages.MoveNext())
        {
            var message = messages.Current;
            end += ClassicMessageWriter.Write(written.AsSpan(end), message.Header with { Checksum = 0 }, message.Payload, message.UserHeaders);
        }
        return (error, written);
    }
}
