using Iggy.Grains.Interfaces.Partitions;
using Iggy.Protocol;
using Microsoft.AspNetCore.Http;
using ConsumerKind = Iggy.Grains.Interfaces.Partitions.ConsumerKind;

namespace Iggy.Gateway.Http.Messages;

/// <summary>What a poll asks for in its query.</summary>
internal readonly record struct PollQuery(Identifier Consumer, uint PartitionId, PollFrom From, ulong Value, uint Count, bool AutoCommit, bool HasRawHeaders)
{
    /// <summary>The parameters.</summary>
    public static string[] Names { get; } = ["consumer_id", "partition_id", "kind", "value", "count", "auto_commit", "raw_headers"];

    /// <summary>Reads the query.</summary>
    /// <exception cref="RequestRejectedException">A parameter is not what it should be.</exception>
    public static PollQuery Of(HttpCall call, uint defaultCount)
    {
        var partition = call.QueryU32("partition_id", 0);
        var (from, value, count) = (Kind(call.Query("kind")), call.QueryU64("value", 0), call.QueryU32("count", defaultCount));
        var autoCommit = call.QueryFlag("auto_commit") && HttpMethods.IsGet(call.Context.Request.Method); // a HEAD changes nothing
        return new PollQuery(call.QueryIdentifier("consumer_id", 1), partition, from, value, count, autoCommit, call.QueryFlag("raw_headers"));
    }

    /// <summary>For the partition, on behalf of a consumer on its own.</summary>
    public PollRequest ToRequest(int maxBytes) => new(
        new ConsumerKey(ConsumerKind.Consumer, Hashes.ConsumerNumber(Consumer)), From, Value, Count, AutoCommit, MessageLayout.Classic, PartitionId,
        HeadroomBytes: 0, maxBytes);

    private static PollFrom Kind(string? kind) => kind switch
    {
        null or "offset" or "o" => PollFrom.Offset,
        "timestamp" or "t" => PollFrom.Timestamp,
        "first" or "f" => PollFrom.First,
        "last" or "l" => PollFrom.Last,
        "next" or "n" => PollFrom.Next,
        _ => throw new RequestRejectedException(StatusCodes.Status400BadRequest, $"The query parameter kind is '{kind}'; allowed: offset, timestamp, first, last, next."),
    };
}
