using Iggy.Gateway.Commands;
using Iggy.Gateway.Routing;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Protocol;
using ConsumerKind = Iggy.Grains.Interfaces.Partitions.ConsumerKind;

namespace Iggy.Gateway.Http.Routes;

/// <summary>Stored offsets of single consumers.</summary>
internal sealed class OffsetRoutes(ConsumerOffsetCommands offsets, MessageCommands messages) : IApiRoutes
{
    private const int Stream = 1, Topic = 3, Consumer = 5; // segments of the path
    private const string Offsets = "/streams/{stream}/topics/{topic}/consumer-offsets";

    public void AddTo(ApiRoutes routes)
    {
        routes.Get(Offsets, "Shows the stored offset of a consumer.", GetAsync, typeof(OffsetReply), "consumer_id", "partition_id");
        routes.Put(Offsets, "Stores an offset of a consumer.", StoreAsync, typeof(StoreOffsetBody));
        routes.Delete(Offsets + "/{consumer}", "Forgets the stored offset of a consumer.", DeleteAsync, "partition_id");
    }

    private async Task GetAsync(HttpCall call)
    {
        var partition = call.QueryU32("partition_id", 0);
        var (address, consumer) = (Address(call), Key(call.QueryIdentifier("consumer_id", 1)));
        await messages.RequireTopicAsync(call.Session, address); // of these two the caller hears; of all else only that there is nothing
        if (await offsets.FindAsync(call.Session, address, consumer, partition) is { } offset)
            await call.AnswerAsync(new OffsetReply(partition, offset.CurrentOffset, offset.StoredOffset), ApiJson.Wire.OffsetReply);
        else
            await call.NothingAsync();
    }

    private async Task StoreAsync(HttpCall call)
    {
        var body = await call.ReadAsync(ApiJson.Wire.StoreOffsetBody);
        CommandRefusedException.ThrowIf(await offsets.StoreAsync(
            call.Session, Address(call), Key(body.ConsumerId ?? new Identifier(1)), body.PartitionId ?? 0, body.Offset));
        await call.DoneAsync();
    }

    private async Task DeleteAsync(HttpCall call)
    {
        var partition = call.QueryU32("partition_id", 0);
        var address = Address(call);
        await messages.RequireTopicAsync(call.Session, address);
        CommandRefusedException.ThrowIf(await offsets.DeleteAsync(call.Session, address, Key(call.Identifier(Consumer)), partition));
        await call.DoneAsync();
    }

    private static TopicAddress Address(HttpCall call) => TopicAddress.Of(call.Identifier(Stream), call.Identifier(Topic));

    private static ConsumerKey Key(Identifier consumer) => new(ConsumerKind.Consumer, Hashes.ConsumerNumber(consumer));
}
