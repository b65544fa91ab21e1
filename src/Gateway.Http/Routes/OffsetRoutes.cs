using Iggy.Gateway.Authorization;
using Iggy.Gateway.Commands;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Http.Groups;
using Iggy.Gateway.Routing;
using Microsoft.AspNetCore.Http;

namespace Iggy.Gateway.Http.Routes;

/// <summary>Stored offsets of single consumers and of groups.</summary>
internal sealed class OffsetRoutes(ConsumerOffsetCommands offsets, GroupReads groups, MessageCommands messages, PartitionCalls partitions) : IApiRoutes
{
    private const int Stream = 1, Topic = 3, Consumer = 5; // segments of the path
    private const string Offsets = "/streams/{stream}/topics/{topic}/consumer-offsets";

    public string Tag => "Consumer offsets";

    public void AddTo(ApiRoutes routes)
    {
        routes.Get(Offsets, "Shows the stored offset of a consumer or a group.", GetAsync, typeof(OffsetReply), [.. HttpConsumer.Names, "partition_id"]);
        routes.Add(new ApiRoute(HttpMethods.Put, Offsets, "Stores an offset of a consumer, or as a member of a group; or of a group in which nobody is.", StoreAsync)
        {
            Body = typeof(StoreOffsetBody), Status = StatusCodes.Status204NoContent, Headers = [HttpSessions.Header],
        });
        routes.Add(new ApiRoute(HttpMethods.Delete, Offsets + "/{consumer}", "Forgets the stored offset of a consumer, or as a member of a group; or of a group in which nobody is.", DeleteAsync)
        {
            Status = StatusCodes.Status204NoContent, Query = ["consumer_kind", "partition_id"], Headers = [HttpSessions.Header],
        });
    }

    private async Task GetAsync(HttpCall call)
    {
        var partition = call.QueryU32("partition_id", 0);
        var (address, consumer) = (Address(call), HttpConsumer.Of(call));
        await messages.RequireTopicAsync(call.Session, MessageAction.Poll, address); // of these two the caller hears; of all else only that there is nothing
        var found = await (consumer.IsGroup
            ? groups.FindOffsetAsync(call, address, consumer, partition)
            : offsets.FindAsync(call.Session, address, consumer.Key, partition));
        if (found is { } offset)
            await call.AnswerAsync(new OffsetReply(partition, offset.CurrentOffset, offset.StoredOffset), ApiJson.Wire.OffsetReply);
        else
            await call.NothingAsync();
    }

    private async Task StoreAsync(HttpCall call)
    {
        var body = await call.ReadAsync(ApiJson.Wire.StoreOffsetBody);
        var consumer = HttpConsumer.Of(body);
        if (body.Context is { Incarnation: not 0 } context)
            await partitions.RequireHistoryAsync(Address(call), body.PartitionId ?? 0, context.Incarnation, isNeeded: true);
        CommandRefusedException.ThrowIf(await (consumer.IsGroup
            ? groups.StoreOffsetAsync(call, Address(call), consumer, body.PartitionId, body.Offset)
            : offsets.StoreAsync(call.Session, Address(call), consumer.Key, body.PartitionId ?? 0, body.Offset)));
        await call.DoneAsync();
    }

    private async Task DeleteAsync(HttpCall call)
    {
        var partition = call.QueryU32("partition_id");
        var (isGroup, address) = (HttpConsumer.IsGroupIn(call), Address(call));
        await messages.RequireTopicAsync(call.Session, MessageAction.Poll, address);
        var consumer = new HttpConsumer(isGroup, call.Identifier(Consumer), HttpConsumer.IsExternalIn(call));
        CommandRefusedException.ThrowIf(await (consumer.IsGroup
            ? groups.DeleteOffsetAsync(call, address, consumer, partition)
            : offsets.DeleteAsync(call.Session, address, consumer.Key, partition ?? 0)));
        await call.DoneAsync();
    }

    private static TopicAddress Address(HttpCall call) => TopicAddress.Of(call.Identifier(Stream), call.Identifier(Topic));
}
