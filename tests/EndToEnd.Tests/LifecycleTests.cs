using System.Buffers.Binary;
using System.Net;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>An empty server from its first stream to its last, and again after a restart.</summary>
public class LifecycleTests
{
    private protected virtual EndPoint AddressOf(ServerProcess server) => server.Tcp;

    // Sizes as the dialect counts them.
    private protected virtual ulong SizeOf(ulong classicBytes, uint messages, uint batches) => classicBytes;

    [Fact]
    public async Task Walk_FromEmptyToEmpty_TellsTheTruthAtEveryStep()
    {
        var server = await ServerProcess.StartAsync();
        try
        {
            using (var client = await ConnectAsync(AddressOf(server)))
            {
                await client.DoAsync(1);
                await client.DoAsync(38, Login("iggy", "iggy"));
                await WalkAsync(client);
            }
            Assert.Equal(0, await server.StopAsync());
            await server.DisposeAsync();

            server = await ServerProcess.StartAsync(server.DataPath);
            using var again = await LogInAsync(AddressOf(server));
            await WalkAsync(again); // the same names, the same ids, and nothing of what was there before
        }
        finally
        {
            await server.DisposeAsync();
            Directory.Delete(server.DataPath, recursive: true);
        }
    }

    private async Task WalkAsync(RawClient client)
    {
        Assert.Empty(await client.DoAsync(201));
        var stream = await client.DoAsync(202, Name("orders"));
        Assert.Equal(Join(U32(0), stream[4..12], new byte[20], Name("orders")), stream);
        Assert.Equal(1012u, (await client.AskAsync(202, Name("orders"))).Status);
        Assert.Equal(stream, await client.DoAsync(201));
        Assert.Equal(stream, await client.DoAsync(200, Id(0)));
        Assert.Equal(stream, await client.DoAsync(200, Id("orders")));
        Assert.Empty(await client.DoAsync(301, Id("orders")));

        var without = await client.DoAsync(302, NewTopic(Id(0), "without", 0));
        Assert.Equal(without, await client.DoAsync(300, Id(0), Id("without")));
        Assert.Equal(58, without.Length);
        await client.DoAsync(303, Id(0), Id("without"));

        var topic = await client.DoAsync(302, NewTopic(Id(0), "events", 3));
        Assert.Equal(2013u, (await client.AskAsync(302, NewTopic(Id(0), "events", 1))).Status);
        Assert.Equal(topic[..57], await client.DoAsync(301, Id(0)));
        var partitions = Partitions(await client.DoAsync(300, Id(0), Id("events")));
        Assert.Equal([new(0, 1, 0, 0, 0), new(1, 1, 0, 0, 0), new(2, 1, 0, 0, 0)], partitions);
        Assert.Equal(1u, U32At(await client.DoAsync(200, Id(0)), 12));

        await client.DoAsync(204, Id(0), Name("orders-2"));
        await client.DoAsync(304, Id(0), Id(0), U8(1), U64(0), U64(0), U8(0), Name("events-2"));
        Assert.Empty(await client.DoAsync(300, Id("orders"), Id("events")));
        Assert.Equal(Name("events-2"), (await client.DoAsync(300, Id("orders-2"), Id("events-2")))[50..59]);

        for (var i = 0ul; i < 7; i++)
            await client.DoAsync(101, Messages(Id(0), Id(0), Balanced(), (i + 1, new byte[10], []), (i + 100, new byte[20], [])));
        partitions = Partitions(await client.DoAsync(300, Id(0), Id(0)));
        Assert.Equal([new(0, 1, 5, SizeOf(474, 6, 3), 6), new(1, 1, 3, SizeOf(316, 4, 2), 4), new(2, 1, 3, SizeOf(316, 4, 2), 4)], partitions);
        await SumsAsync(client, bytes: SizeOf(7 * 158, messages: 14, batches: 7), messages: 14);

        await client.DoAsync(121, U8(1), Id(1), Id(0), Id(0), U8(1), U32(0), U64(3));
        await client.DoAsync(305, Id(0), Id(0));
        Assert.Empty(await client.DoAsync(120, U8(1), Id(1), Id(0), Id(0), U8(1), U32(0)));
        await SumsAsync(client, bytes: 0, messages: 0);
        await client.DoAsync(303, Id(0), Id(0));
        Assert.Equal(0u, U32At(await client.DoAsync(200, Id(0)), 12));
        await client.DoAsync(203, Id("orders-2"));
        Assert.Empty(await client.DoAsync(201));
        var stats = await client.DoAsync(10);
        Assert.Equal(new byte[20], stats[68..88]);
        Assert.Equal(new byte[12], stats[88..100]);
    }

    [Fact]
    public async Task Sizes_OfSiblings_StayWhenOneIsPurgedOrDeleted()
    {
        await using var server = await ServerProcess.StartAsync();
        using var client = await LogInAsync(AddressOf(server));
        foreach (var stream in new[] { "a", "b" })
        {
            await client.DoAsync(202, Name(stream));
            foreach (var (topic, messages) in new[] { ("one", 1), ("two", 2), ("three", 3) })
            {
                await client.DoAsync(302, NewTopic(Id(stream), topic, 2));
                for (var i = 0; i < messages; i++)
                    await client.DoAsync(101, Messages(Id(stream), Id(topic), Balanced(), (1, new byte[36], [])));
            }
        }

        async Task ExpectAsync(string stream, params ulong[] messages)
        {
            var details = await client.DoAsync(200, Id(stream));
            var topics = new List<(ulong Bytes, ulong Messages)>();
            for (var at = 33 + stream.Length; at < details.Length; at += 51 + details[at + 50])
                topics.Add((U64At(details, at + 34), U64At(details, at + 42)));
            Assert.Equal(messages.Select(count => (SizeOf(100 * count, (uint)count, (uint)count), count)), topics);
            Assert.Equal((topics.Aggregate(0ul, (sum, topic) => sum + topic.Bytes), topics.Aggregate(0ul, (sum, topic) => sum + topic.Messages)), (U64At(details, 16), U64At(details, 24)));
        }

        await ExpectAsync("a", 1, 2, 3);
        await client.DoAsync(305, Id("a"), Id("two"));
        await ExpectAsync("a", 1, 0, 3);
        await client.DoAsync(303, Id("a"), Id("three"));
        await ExpectAsync("a", 1, 0);
        await ExpectAsync("b", 1, 2, 3);
        await client.DoAsync(205, Id("b"));
        await ExpectAsync("b", 0, 0, 0);
        await ExpectAsync("a", 1, 0);
        await client.DoAsync(403, Id("a"), Id("one"), U32(1)); // the empty one; the message lies in the first
        await ExpectAsync("a", 1, 0);
        await client.DoAsync(403, Id("a"), Id("one"), U32(1));
        await ExpectAsync("a", 0, 0);
    }

    private static async Task SumsAsync(RawClient client, ulong bytes, ulong messages)
    {
        var (topic, stream, stats) = (await client.DoAsync(300, Id(0), Id(0)), await client.DoAsync(200, Id(0)), await client.DoAsync(10));
        Assert.Equal((bytes, messages), (U64At(topic, 34), U64At(topic, 42)));
        Assert.Equal((bytes, messages), (U64At(stream, 16), U64At(stream, 24)));
        Assert.Equal((bytes, messages), (U64At(stats, 68), U64At(stats, 92)));
        var partitions = Partitions(topic);
        Assert.Equal((bytes, messages), (partitions.Aggregate(0ul, (sum, one) => sum + one.Bytes), partitions.Aggregate(0ul, (sum, one) => sum + one.Messages)));
    }

    private readonly record struct Partition(uint Id, uint Segments, ulong CurrentOffset, ulong Bytes, ulong Messages);

    private static Partition[] Partitions(byte[] topic)
    {
        var records = topic.AsSpan(51 + topic[50]);
        Assert.Equal(U32At(topic, 12), (uint)(records.Length / 40));
        var partitions = new Partition[records.Length / 40];
        for (var i = 0; i < partitions.Length; i++, records = records[40..])
        {
            Assert.NotEqual(0ul, BinaryPrimitives.ReadUInt64LittleEndian(records[4..]));
            partitions[i] = new(BinaryPrimitives.ReadUInt32LittleEndian(records), BinaryPrimitives.ReadUInt32LittleEndian(records[12..]),
                BinaryPrimitives.ReadUInt64LittleEndian(records[16..]), BinaryPrimitives.ReadUInt64LittleEndian(records[24..]), BinaryPrimitives.ReadUInt64LittleEndian(records[32..]));
        }
        return partitions;
    }

    private static uint U32At(byte[] bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at));

    private static ulong U64At(byte[] bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at));
}
