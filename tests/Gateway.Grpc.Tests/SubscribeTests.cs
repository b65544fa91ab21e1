using Grpc.Core;
using Iggy.V1;
using EventOneofCase = Iggy.V1.SubscribeResponse.EventOneofCase;

namespace Iggy.Gateway.Grpc.Tests;

/// <summary>Subscriptions: credits, acknowledgements, groups.</summary>
public sealed class SubscribeTests(GrpcFixture fixture)
{
    // Goal: no more is delivered than was granted, in messages and in bytes, and each grant brings the next.
    [Fact]
    public async Task Subscribe_WithCredits_DeliversWhatWasGranted()
    {
        var stream = await fixture.NewTopicAsync();
        await fixture.SendAsync(stream, 0, 100, payloadBytes: 100);
        using var reader = await fixture.SubscribeAsync(new Start { Stream = stream, Topic = "t", Consumer = "c", From = StartFrom.First, HeartbeatMillis = 1000, Credit = new Credit { Messages = 3, Bytes = 3 * 164 } });
        await reader.NextAsync(EventOneofCase.Started);
        Assert.Equal([0u], (await reader.NextAsync(EventOneofCase.Rebalanced)).Rebalanced.PartitionIds);
        Assert.Equal([0UL, 1UL, 2UL], (await reader.TakeAsync(3)).Select(message => message.Offset));

        Assert.Equal(EventOneofCase.Heartbeat, (await reader.NextAsync(EventOneofCase.Heartbeat)).EventCase); // and nothing else but it: the credit is spent
        await reader.GrantAsync(messages: 50, bytes: 3 * 164);
        var taken = await reader.TakeAsync(3); // of 164 bytes each
        Assert.Equal([3UL, 4UL, 5UL], taken.Select(message => message.Offset));
        Assert.Equal(EventOneofCase.Heartbeat, (await reader.NextAsync(EventOneofCase.Heartbeat)).EventCase);
        await reader.GrantAsync(messages: 1, bytes: 1); // a message may be larger than what is left of the bytes
        Assert.Equal([6UL], (await reader.TakeAsync(1)).Select(message => message.Offset));
    }

    // Goal: what comes later is pushed, and the end is a place to start from.
    [Fact]
    public async Task Subscribe_FromTheEnd_DeliversWhatComes()
    {
        var stream = await fixture.NewTopicAsync(partitions: 2);
        await fixture.SendAsync(stream, 0, 5);
        using var reader = await fixture.SubscribeAsync(Start(stream, StartFrom.Last));
        await reader.NextAsync(EventOneofCase.Rebalanced);
        using var first = await fixture.SubscribeAsync(Start(stream, StartFrom.Offset, 4));
        Assert.Equal(["4"], (await first.TakeAsync(1)).Select(message => message.Text));

        // Whatever the reader has seen by then, the first that it gets is none of the five.
        for (var i = 5; ; i++)
        {
            await fixture.SendAsync(stream, i, 1, partition: 1);
            if (i == 8)
                break;
        }
        Assert.True(int.Parse((await reader.TakeAsync(1))[0].Text, provider: null) >= 5);
    }

    // Goal: only what is acknowledged is stored, and a nack brings messages again.
    [Fact]
    public async Task Subscribe_WithAcksAndNacks_StoresAndRepeats()
    {
        var stream = await fixture.NewTopicAsync();
        await fixture.SendAsync(stream, 0, 4);
        using (var reader = await fixture.SubscribeAsync(Start(stream, StartFrom.Stored)))
        {
            await reader.TakeAsync(4);
            await reader.NackAsync(0, 2);
            Assert.Equal([2UL, 3UL], (await reader.TakeAsync(2)).Select(message => message.Offset));
            await reader.AckAsync(0, 2);
            Assert.Equal(2UL, (await reader.NextAsync(EventOneofCase.Acked)).Acked.Offset);
            await reader.AckAsync(0, 99);
            Assert.Equal(("INVALID_OFFSET", 99UL), (await reader.NextAsync(EventOneofCase.AckRefused)) is { AckRefused: { } refused } ? (refused.Reason, refused.Offset) : default);
            await reader.NackAsync(7, 0);
            Assert.Equal("NOT_RESOLVED_CONSUMER", (await reader.NextAsync(EventOneofCase.AckRefused)).AckRefused.Reason);
            await reader.EndAsync();
        }
        using var again = await fixture.SubscribeAsync(Start(stream, StartFrom.Stored));
        Assert.Equal([3UL], (await again.TakeAsync(1)).Select(message => message.Offset));
    }

    // Goal: members of a group share its partitions, hear of changes, and whoever leaves leaves its part to the others, without loss.
    [Fact]
    public async Task Subscribe_AsMembers_SharesAndRebalances()
    {
        var stream = await fixture.NewGroupAsync(partitions: 2);
        for (var partition = 0u; partition < 2; partition++)
            await fixture.SendAsync(stream, (int)partition * 10, 10, partition);
        using var first = await fixture.SubscribeAsync(Member(stream, credit: 0));
        Assert.Equal([0u, 1u], (await first.NextAsync(EventOneofCase.Rebalanced)).Rebalanced.PartitionIds.Order());

        using var second = await fixture.SubscribeAsync(Member(stream));
        var kept = (await first.NextAsync(EventOneofCase.Rebalanced)).Rebalanced;
        Assert.Single(kept.PartitionIds);
        var lost = Assert.Single(kept.LostPartitionIds);
        var taken = await second.TakeAsync(10);
        Assert.All(taken, message => Assert.Equal(lost, message.Partition));
        await second.AckAsync(lost, 4);
        await second.NextAsync(EventOneofCase.Acked);
        second.Dispose(); // gone without a word: what it has not acknowledged comes again

        while ((await first.NextAsync(EventOneofCase.Rebalanced)).Rebalanced.PartitionIds.Count < 2)
            continue;
        await first.GrantAsync(1000);
        var rest = await first.TakeAsync(15);
        Assert.Equal(Enumerable.Range(5, 5).Select(offset => (ulong)offset), rest.Where(message => message.Partition == lost).Select(message => message.Offset));
    }

    // Goal: a subscriber is a client like any other: listed with its groups while it is there.
    [Fact]
    public async Task Subscribe_AsAMember_IsListed()
    {
        var stream = await fixture.NewGroupAsync();
        using var reader = await fixture.SubscribeAsync(Member(stream));
        var id = (await reader.NextAsync(EventOneofCase.Started)).Started.ClientId;
        var client = (await fixture.Admin.GetClientAsync(new GetClientRequest { ClientId = id }, fixture.Root, cancellationToken: GrpcFixture.Cancelled)).Client;
        Assert.Equal(("grpc", 1), (client.Transport, client.Groups.Count));
        await reader.EndAsync();
        var gone = await GrpcFixture.RefusalAsync(() => fixture.Admin.GetClientAsync(new GetClientRequest { ClientId = id }, fixture.Root, cancellationToken: GrpcFixture.Cancelled).ResponseAsync);
        Assert.Equal(StatusCode.NotFound, gone.Status);
    }

    // Goal: what ends a subscription has a name.
    [Fact]
    public async Task Subscribe_OfWhatIsNotThere_IsRefusedByName()
    {
        var stream = await fixture.NewTopicAsync();
        async Task<(StatusCode, string, string)> Open(SubscribeRequest request)
        {
            using var call = fixture.Messages.Subscribe(fixture.Root, cancellationToken: GrpcFixture.Cancelled);
            await call.RequestStream.WriteAsync(request, GrpcFixture.Cancelled);
            return await GrpcFixture.RefusalAsync(async () =>
            {
                while (await call.ResponseStream.MoveNext(GrpcFixture.Cancelled))
                    continue;
            });
        }
        Assert.Equal((StatusCode.NotFound, "CONSUMER_GROUP_ID_NOT_FOUND", "5000"), await Open(new SubscribeRequest { Start = Member(stream) }));
        Assert.Equal((StatusCode.InvalidArgument, "INVALID_COMMAND", "3"), await Open(new SubscribeRequest { Credit = new Credit { Messages = 1, Bytes = 1 } }));
        var few = Start(stream, StartFrom.First);
        few.PartitionIds.Add(5);
        Assert.Equal((StatusCode.NotFound, "PARTITION_NOT_FOUND", "3007"), await Open(new SubscribeRequest { Start = few }));
    }

    // Goal: a thousand subscribers on one connection each get what comes.
    [Fact]
    public async Task Subscribe_AThousandTimes_DeliversToEach()
    {
        const int Count = 1000;
        var stream = await fixture.NewTopicAsync();
        using var channel = global::Grpc.Net.Client.GrpcChannel.ForAddress($"http://{fixture.Server.Grpc}");
        var client = new Messages.MessagesClient(channel);
        var readers = new List<Subscriber>();
        try
        {
            for (var i = 0; i < Count; i++)
                readers.Add(await Subscriber.OpenAsync(client, fixture.Root, Start(stream, StartFrom.First)));
            foreach (var reader in readers)
                await reader.NextAsync(EventOneofCase.Started);
            await fixture.SendAsync(stream, 7, 1);
            foreach (var reader in readers)
                Assert.Equal("7", (await reader.TakeAsync(1))[0].Text);
        }
        finally
        {
            readers.ForEach(static reader => reader.Dispose());
        }
    }

    // Goal: readers that take nothing hold no more than they were granted. Method: forty that were granted 64 KiB each of 40 MB, and read nothing of their calls; then
    // the server is asked for its memory, and another reader gets all.
    [Fact]
    public async Task Subscribe_AndTakeNothing_HoldsTheCreditsAndNoMore()
    {
        const int Readers = 40, Batches = 40;
        var stream = await fixture.NewTopicAsync();
        for (var i = 0; i < Batches; i++)
            await fixture.SendAsync(stream, i * 1000, 1000, payloadBytes: 1000);
        var before = (await fixture.Admin.GetStatsAsync(new GetStatsRequest(), fixture.Root, cancellationToken: GrpcFixture.Cancelled)).MemoryBytes;
        var readers = new List<Subscriber>();
        try
        {
            for (var i = 0; i < Readers; i++)
            {
                var start = Start(stream, StartFrom.First);
                start.Credit.Bytes = 64 * 1024;
                readers.Add(await fixture.SubscribeAsync(start));
            }
            var all = Start(stream, StartFrom.First);
            (all.Credit.Messages, all.Credit.Bytes) = (Batches * 1000, 1 << 30);
            using var reader = await fixture.SubscribeAsync(all);
            await reader.TakeAsync(Batches * 1000);
            var after = (await fixture.Admin.GetStatsAsync(new GetStatsRequest(), fixture.Root, cancellationToken: GrpcFixture.Cancelled)).MemoryBytes;
            Assert.True(after < before + (150UL << 20), $"{before} B before, {after} B after"); // all of it would be 1,600 MB
            foreach (var idle in readers)
                Assert.InRange((await idle.TakeAsync(1)).Count, 1, 64 * 1024 / 1064 + 1);
        }
        finally
        {
            readers.ForEach(static reader => reader.Dispose());
        }
    }

    private static Start Start(string stream, StartFrom from, ulong value = 0) => new()
    {
        Stream = stream, Topic = "t", Consumer = "c", From = from, Value = value, Credit = new Credit { Messages = 1000, Bytes = 1 << 20 },
    };

    private static Start Member(string stream, ulong credit = 1000) => new() { Stream = stream, Topic = "t", Group = "g", Credit = new Credit { Messages = credit, Bytes = 1 << 20 } };
}
