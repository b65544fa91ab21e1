using System.Globalization;
using Iggy.Protocol;
using Iggy.Protocol.Classic;
using static Iggy.Client.Http.ApiCall;

namespace Iggy.Client.Http;

/// <summary>Polls, flushes and stored offsets as requests of the HTTP API.</summary>
internal static class MessageCalls
{
    /// <summary>A poll. It asks for the block of user headers as it is stored; a server that does not know the wish sends a list, which is as good
    /// except for its order.</summary>
    public static ApiCall Poll(PollMessagesRequest poll)
    {
        var kind = poll.Strategy.Kind switch
        {
            PollingKind.Offset => "offset",
            PollingKind.Timestamp => "timestamp",
            PollingKind.First => "first",
            PollingKind.Last => "last",
            _ => "next",
        };
        return Get(string.Create(
            CultureInfo.InvariantCulture,
            $"{OfTopic(poll.Address)}/messages?{Who(poll.Address)}&kind={kind}&value={poll.Strategy.Value}&count={poll.Count}&auto_commit={Flag(poll.AutoCommit)}&raw_headers=true"));
    }

    /// <summary>A flush.</summary>
    public static ApiCall Flush(FlushUnsavedBufferRequest flush) =>
        Get(string.Create(CultureInfo.InvariantCulture, $"{ApiCall.OfTopic(flush.Stream, flush.Topic)}/messages/flush/{flush.PartitionId}/{Flag(flush.Fsync)}"));

    /// <summary>Asks for a stored offset.</summary>
    public static ApiCall GetOffset(GetConsumerOffsetRequest get) => Get($"{OfTopic(get.Address)}/consumer-offsets?{Who(get.Address)}");

    /// <summary>Stores an offset.</summary>
    public static ApiCall StoreOffset(StoreConsumerOffsetRequest store)
    {
        var consumer = Segment(RequireSingle(store.Address)); // refused here where it would mean another
        return Put(
            $"{OfTopic(store.Address)}/consumer-offsets",
            new OffsetUpdateShape(store.Address.Consumer.Id.Name ?? consumer, store.Address.PartitionId, store.Offset),
            ApiShapes.Wire.OffsetUpdateShape);
    }

    /// <summary>Forgets an offset.</summary>
    public static ApiCall DeleteOffset(DeleteConsumerOffsetRequest delete)
    {
        var path = $"{OfTopic(delete.Address)}/consumer-offsets/{Segment(RequireSingle(delete.Address))}";
        return Delete(delete.Address.PartitionId is { } partition ? string.Create(CultureInfo.InvariantCulture, $"{path}?partition_id={partition}") : path);
    }

    private static string OfTopic(ConsumerAddress address) => ApiCall.OfTopic(address.Stream, address.Topic);

    private static string Who(ConsumerAddress address)
    {
        var who = $"consumer_id={Segment(RequireSingle(address))}";
        return address.PartitionId is { } partition ? string.Create(CultureInfo.InvariantCulture, $"{who}&partition_id={partition}") : who;
    }

    private static Identifier RequireSingle(ConsumerAddress address) => address.Consumer.Kind is ConsumerKind.Single
        ? address.Consumer.Id
        : throw Unavailable("the API knows no members of consumer groups");

    private static string Flag(bool value) => value ? "true" : "false";
}
