using System.Buffers.Binary;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>Producers that number their messages, in the 0.12 line: a message is written once, however often it is sent.</summary>
public sealed class IdempotentProducerTests(ServerFixture fixture)
{
    [Fact]
    public async Task Send_OfANumberedBatch_IsWrittenOnceAndToldWhereItLies()
    {
        using var client = await RawSessionsClient.LogInAsync(fixture.Server.Tcp);
        var (stream, topic) = await NewTopicAsync(client);
        var context = await client.RouteAsync(stream, topic, 0);
        var producer = (client.Identity.Session << 20) | 1;
        Assert.Equal((0u, 0UL), await SendAsync(client, context, stream, topic, producer, 0, 0, 3));
        Assert.Equal((0u, 3UL), await SendAsync(client, context, stream, topic, producer, 0, 3, 2));
        Assert.Equal((0u, 0UL), await SendAsync(client, context, stream, topic, producer, 0, 0, 3)); // under a new request number
        Assert.Equal((92u, 0UL), await SendAsync(client, context, stream, topic, producer, 0, 6, 1));
        Assert.Equal((94u, 0UL), await SendAsync(client, context, stream, topic, producer + 1, 0, 1, 1));
        Assert.Equal((0u, 5UL), await SendAsync(client, context, stream, topic, producer, 1, 0, 1));
        Assert.Equal((93u, 0UL), await SendAsync(client, context, stream, topic, producer, 0, 5, 1));
        Assert.Equal((3u, 0UL), await SendAsync(client, context, stream, topic, ulong.MaxValue, 0, 0, 1));
        foreach (var partitioning in new byte[][] { [1, 0], [3, 1, 7] })
            Assert.Equal(95u, (await client.AskAsync(101, RawVsrClient.Numbered(stream, topic, partitioning, producer, 1, 1, Message(1)), context)).Status);

        var poll = RawSessionsClient.DeferredPoll([1, .. Id(3)], stream, topic, 0, 3, 0, 100, false, 0);
        var reply = (await client.AskAsync(106, poll, context)).Payload;
        Assert.Equal(6, RawSessionsClient.ReadPoll(reply).Messages.Count);
        Assert.Equal(producer, BinaryPrimitives.ReadUInt64LittleEndian(reply.AsSpan(40 + 56))); // served as it came

        using var older = await LogInAsync(fixture.Server.Tcp);
        Assert.Equal(6, ReadPoll(await older.DoAsync(100, Poll(9, stream, topic, 0, 1, 0, 100))).Messages.Count);
    }

    [Fact]
    public async Task Producers_OverARestart_AreKnown()
    {
        var data = Directory.CreateTempSubdirectory("iggy-producers-").FullName;
        try
        {
            ulong session, producer;
            (byte[], byte[]) names;
            await using (var server = await ServerProcess.StartAsync(data))
            {
                using var client = await RawSessionsClient.LogInAsync(server.Tcp);
                var (stream, topic) = names = await NewTopicAsync(client);
                producer = (session = client.Identity.Session) << 20;
                Assert.Equal((0u, 0UL), await SendAsync(client, await client.RouteAsync(stream, topic, 0), stream, topic, producer, 0, 0, 3));
                await server.KillAsync();
            }
            await using (var server = await ServerProcess.StartAsync(data))
            {
                using var client = await RawSessionsClient.LogInAsync(server.Tcp);
                var (stream, topic) = names;
                var context = await client.RouteAsync(stream, topic, 0);
                Assert.Equal((0u, 0UL), await SendAsync(client, context, stream, topic, producer, 0, 0, 3));
                Assert.Equal((0u, 3UL), await SendAsync(client, context, stream, topic, producer, 0, 3, 1));
                Assert.InRange(client.Identity.Session, session + 1, (1UL << 43) - 1); // or two producers could get one id
            }
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    private static async Task<(uint Status, ulong Offset)> SendAsync(
        RawSessionsClient client, Context context, byte[] stream, byte[] topic, ulong producer, ushort epoch, uint sequence, int count)
    {
        var messages = Enumerable.Range(0, count).Select(i => Message(sequence + (ulong)i + 1)).ToArray();
        var (status, reply) = await client.AskAsync(101, RawVsrClient.Numbered(stream, topic, ToPartition(0), producer, epoch, sequence, messages), context);
        return (status, status == 0 ? BinaryPrimitives.ReadUInt64LittleEndian(reply.AsSpan(16)) : 0);
    }

    private static VsrMessage Message(ulong id) => new(id, [1, 2, 3], [], 1_000 + id);

    private static async Task<(byte[] Stream, byte[] Topic)> NewTopicAsync(RawSessionsClient client)
    {
        var name = ServerFixture.NewName();
        await client.DoAsync(202, Name(name));
        await client.DoAsync(302, Id(name), U32(1), Name("t"));
        return (Id(name), Id("t"));
    }
}
