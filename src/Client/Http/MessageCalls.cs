using System.Globalization;
using Iggy.Client.Connections.Waiting;
using Iggy.Protocol;
using Iggy.Protocol.Classic;
using Iggy.Protocol.Vsr12;
using static Iggy.Client.Http.ApiCall;

namespace Iggy.Client.Http;

/// <summary>Polls, flushes and stored offsets as requests of the HTTP API.</summary>
internal static class MessageCalls
{
    // Between the end of a wait and the time at which nobody expects its answer any more.
    private static readonly TimeSpan _spare = TimeSpan.FromSeconds(10);

    /// <summary>A poll. It asks for the block of user headers as it is stored; a server that does not know the wish sends a list, which is as good
    /// except for its order. A member that was put out wants to hear of it, not to join again unasked.</summary>
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
            $"{OfTopic(poll.Address)}/messages?{Who(poll.Address)}&kind={kind}&value={poll.Strategy.Value}&count={poll.Count}&auto_commit={Flag(poll.AutoCommit)}&raw_headers=true{(poll.Address.Consumer.Kind is ConsumerKind.Group ? "&join=false" : "")}"));
    }

    /// <summary>A poll that is answered when a message comes, or the time is over. The consumer is nobody's: it stores nothing.</summary>
    public static ApiCall Wait(Identifier stream, Identifier topic, ReadPosition position, TimeSpan longest) => Get(string.Create(
        CultureInfo.InvariantCulture,
        $"{ApiCall.OfTopic(stream, topic)}/messages/deferred?consumer_id=0&partition_id={position.PartitionId}&kind=offset&value={position.Offset}&count=1&auto_commit=false&raw_headers=true&wait_us={(ulong)longest.TotalMicroseconds}&min_count=1&max_bytes={ReadPatience.LeastBytes}&request_timeout_us={(ulong)(longest + _spare).TotalMicroseconds}"));

    /// <summary>A flush.</summary>
    public static ApiCall Flush(FlushUnsavedBufferRequest flush) =>
        Get(string.Create(CultureInfo.InvariantCulture, $"{ApiCall.OfTopic(flush.Stream, flush.Topic)}/messages/flush/{flush.PartitionId}/{Flag(flush.Fsync)}"));

    /// <summary>Asks for a stored offset.</summary>
    public static ApiCall GetOffset(GetConsumerOffsetRequest get) => Get($"{OfTopic(get.Address)}/consumer-offsets?{Who(get.Address)}");

    /// <summary>Stores an offset.</summary>
    public static ApiCall StoreOffset(StoreConsumerOffsetRequest store)
    {
        var (kind, id) = store.Address.Consumer;
        var consumer = Segment(id); // refuses what would mean another
        return Put(
            $"{OfTopic(store.Address)}/consumer-offsets",
            new OffsetUpdateShape(kind is ConsumerKind.Group ? "group" : null, id.Name ?? consumer, store.Address.PartitionId, store.Offset),
            ApiShapes.Wire.OffsetUpdateShape);
    }

    /// <summary>Forgets an offset.</summary>
    public static ApiCall DeleteOffset(DeleteConsumerOffsetRequest delete)
    {
        var query = Query(delete.Address.Consumer.Kind, delete.Address.PartitionId);
        return Delete($"{OfTopic(delete.Address)}/consumer-offsets/{Segment(delete.Address.Consumer.Id)}{(query.Length == 0 ? "" : $"?{query[1..]}")}");
    }

    private static string OfTopic(ConsumerAddress address) => ApiCall.OfTopic(address.Stream, address.Topic);

    private static string Who(ConsumerAddress address) =>
        $"consumer_id={Segment(address.Consumer.Id)}{Query(address.Consumer.Kind, address.PartitionId)}";

    private static string Query(ConsumerKind kind, uint? partitionId) => string.Create(
        CultureInfo.InvariantCulture, $"{(kind is ConsumerKind.Group ? "&consumer_kind=group" : "")}{(partitionId is null ? "" : "&partition_id=")}{partitionId}");

    private static string Flag(bool value) => value ? "true" : "false";
}
