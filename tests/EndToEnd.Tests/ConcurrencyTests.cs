using System.Buffers.Binary;
using System.Net;
using Iggy.Testing;
using static Iggy.EndToEnd.Tests.PermissionBytes;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>Many clients at once: creations that collide, producers and consumers side by side.</summary>
public class ConcurrencyTests
{
    private protected virtual EndPoint AddressOf(ServerProcess server) => server.Tcp;

    private const int Clients = 20;

    [Fact]
    public async Task Create_ManyAtOnce_AllSucceedWithTheirOwnNamesAndOneWithACommonOne()
    {
        await using var server = await ServerProcess.StartAsync();
        using var root = await LogInAsync(AddressOf(server));
        await root.DoAsync(202, Name("s"));
        var clients = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => LogInAsync(AddressOf(server))));
        try
        {
            await CollideAsync(clients, 202, Name, taken: 1012);
            await CollideAsync(clients, 302, name => NewTopic(Id("s"), name, 1), taken: 2013);
            await CollideAsync(clients, 33, name => NewUser(name, "secret", None), taken: 46);
            await CollideAsync(clients, 42, name => Join(Name(name), U64(0)), taken: 51);

            await root.DoAsync(302, NewTopic(Id("s"), "t", 1));
            await Task.WhenAll(clients.Select(client => client.DoAsync(402, Id("s"), Id("t"), U32(2))));
            Assert.Equal(1 + (2u * Clients), BinaryPrimitives.ReadUInt32LittleEndian((await root.DoAsync(300, Id("s"), Id("t"))).AsSpan(12)));
            Assert.Equal(Enumerable.Range(0, Clients + 2).Select(i => (uint)i), Ids(await root.DoAsync(201), head: 32));
            Assert.Equal(Enumerable.Range(0, Clients + 2).Select(i => (uint)i), Ids(await root.DoAsync(301, Id("s")), head: 50));
        }
        finally
        {
            foreach (var client in clients)
                client.Dispose();
        }
    }

    // Goal: no message is lost, doubled or skipped while segments roll all the time and flushes come in between.
    [Fact]
    public async Task Producers_WithTinySegmentsAndFlushesBeside_LeaveADenseLog()
    {
        const int producers = 8, batches = 150;
        await using var server = await ServerProcess.StartAsync(settings: new Dictionary<string, string> { ["IGGY_SYSTEM_SEGMENT_SIZE"] = "512 B" });
        using var client = await LogInAsync(AddressOf(server));
        await client.DoAsync(202, Name("s"));
        await client.DoAsync(302, NewTopic(Id("s"), "t", 1));

        using var done = new CancellationTokenSource();
        var flushing = FlushUntilAsync(server, done.Token);
        var consuming = ConsumeAsync(server, producers * batches * 2);
        await Task.WhenAll(Enumerable.Range(0, producers).Select(producer => ProduceAsync(server, (ulong)producer, batches)));
        var seen = await consuming;
        await done.CancelAsync();
        await flushing;

        Assert.Equal(Enumerable.Range(0, producers * batches * 2).Select(i => (ulong)i), seen.Select(message => message.Offset));
        foreach (var ofOne in seen.GroupBy(message => message.IdHigh)) // each producer's own order
            Assert.Equal(Enumerable.Range(0, batches * 2).Select(i => (ulong)i), ofOne.Select(message => message.IdLow));
        Assert.Equal(producers, seen.Select(message => message.IdHigh).Distinct().Count());
        var topic = await client.DoAsync(300, Id("s"), Id("t"));
        Assert.Equal((ulong)(producers * batches * 2), BinaryPrimitives.ReadUInt64LittleEndian(topic.AsSpan(42)));
        Assert.True(BinaryPrimitives.ReadUInt32LittleEndian(topic.AsSpan(52 + 12)) > 100, "The segments hardly rolled.");
    }

    private static async Task CollideAsync(RawClient[] clients, uint code, Func<string, byte[]> request, uint taken)
    {
        var own = await Task.WhenAll(clients.Select((client, i) => client.AskAsync(code, request($"own-{code}-{i}"))));
        Assert.All(own, answer => Assert.Equal(0u, answer.Status));
        var common = await Task.WhenAll(clients.Select(client => client.AskAsync(code, request($"common-{code}"))));
        Assert.Equal(Enumerable.Repeat(taken, clients.Length - 1).Prepend(0u), common.Select(answer => answer.Status).Order());
    }

    private async Task ProduceAsync(ServerProcess server, ulong producer, int batches)
    {
        using var client = await LogInAsync(AddressOf(server));
        for (var i = 0ul; i < (ulong)batches; i++)
        {
            var request = Messages(Id("s"), Id("t"), ToPartition(0), (i * 2, new byte[30], []), ((i * 2) + 1, new byte[90], []));
            var first = request.Length - (64 + 30) - (64 + 90);
            BinaryPrimitives.WriteUInt64LittleEndian(request.AsSpan(first + 16), producer + 1); // the upper half of the ids
            BinaryPrimitives.WriteUInt64LittleEndian(request.AsSpan(first + 64 + 30 + 16), producer + 1);
            await client.DoAsync(101, request);
        }
    }

    private async Task<List<RawMessage>> ConsumeAsync(ServerProcess server, int count)
    {
        using var client = await LogInAsync(AddressOf(server));
        var seen = new List<RawMessage>();
        while (seen.Count < count)
        {
            var (_, current, messages) = ReadPoll(await client.DoAsync(100, Poll(7, Id("s"), Id("t"), 0, 5, 0, 50, autoCommit: true)));
            seen.AddRange(messages);
            Assert.True(messages.Count == 0 || current >= messages[^1].Offset);
        }
        return seen;
    }

    private async Task FlushUntilAsync(ServerProcess server, CancellationToken done)
    {
        using var client = await LogInAsync(AddressOf(server));
        for (var i = 0; !done.IsCancellationRequested; i++)
            await client.DoAsync(102, Id("s"), Id("t"), U32(0), U8((byte)(i % 2)));
    }

    // Of records whose name stands at the end, its length at the head's end.
    private static IEnumerable<uint> Ids(byte[] list, int head)
    {
        for (var at = 0; at < list.Length; at += head + 1 + list[at + head])
            yield return BinaryPrimitives.ReadUInt32LittleEndian(list.AsSpan(at));
    }
}
