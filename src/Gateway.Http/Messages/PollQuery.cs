using Iggy.Grains.Interfaces.Partitions;
using Microsoft.AspNetCore.Http;

namespace Iggy.Gateway.Http.Messages;

/// <summary>What a poll asks for in its query.</summary>
/// <param name="Consumer">Who reads.</param>
/// <param name="PartitionId">From where; null for the first one, or for the next one of a group's member.</param>
/// <param name="From">Where it begins.</param>
/// <param name="Value">An offset or a time, where the beginning is one.</param>
/// <param name="Count">Most messages.</param>
/// <param name="AutoCommit">Whether what was read is stored as read.</param>
/// <param name="Joins">Whether who is no member of the group becomes one, or is told.</param>
/// <param name="HasRawHeaders">User headers as the block that is stored, instead of a list.</param>
internal readonly record struct PollQuery(
    HttpConsumer Consumer, uint? PartitionId, PollFrom From, ulong Value, uint Count, bool AutoCommit, bool Joins, bool HasRawHeaders)
{
    /// <summary>The parameters.</summary>
    public static string[] Names { get; } = [.. HttpConsumer.Names, "partition_id", "kind", "value", "count", "auto_commit", "join", "raw_headers"];

    /// <summary>Reads the query.</summary>
    /// <exception cref="RequestRejectedException">A parameter is not what it should be.</exception>
    public static PollQuery Of(HttpCall call, uint defaultCount)
    {
        var consumer = HttpConsumer.Of(call);
        if (consumer.IsGroup && HttpMethods.IsHead(call.Context.Request.Method))
            throw new RequestRejectedException(StatusCodes.Status400BadRequest, "A group is read with GET: reading changes it.");
        var partition = call.QueryU32("partition_id");
        var (from, value, count) = (Kind(call.Query("kind") ?? (consumer.IsGroup ? "next" : "offset")), call.QueryU64("value", 0), call.QueryU32("count", defaultCount));
        var autoCommit = call.QueryFlag("auto_commit") && !HttpMethods.IsHead(call.Context.Request.Method); // a HEAD changes nothing
        return new PollQuery(
            consumer, partition, from, value, count, autoCommit, Joins: call.Query("join") is null || call.QueryFlag("join"), call.QueryFlag("raw_headers"));
    }

    /// <summary>For the partition; of a group the member's session says who reads, and where.</summary>
    public PollRequest ToRequest(int maxBytes) => new(
        Consumer.IsGroup ? default : Consumer.Key, From, Value, Count, AutoCommit, MessageLayout.Classic, PartitionId ?? 0, HeadroomBytes: 0, maxBytes);

    private static PollFrom Kind(string kind) => kind switch
    {
        "offset" or "o" => PollFrom.Offset,
        "timestamp" or "t" => PollFrom.Timestamp,
        "first" or "f" => PollFrom.First,
        "last" or "l" => PollFrom.Last,
        "next" or "n" => PollFrom.Next,
        _ => throw new RequestRejectedException(StatusCodes.Status400BadRequest, $"The query parameter kind is '{kind}'; allowed: offset, timestamp, first, last, next."),
    };
}
