using System.Buffers.Binary;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests.Lines;

/// <summary>A client of protocol 0.12: a session over several connections, reads that wait, a producer that numbers its messages.</summary>
public sealed class SessionsLife() : LineLife("0.12")
{
    private RawSessionsClient _client = null!;
    private RawSessionsClient? _member;
    private uint _sequence;
    private (byte[] Body, ulong Offset) _unanswered; // a batch whose answer the server's death takes
    private ulong _producer;

    public override async Task ResumeAsync(ServerProcess server)
    {
        var identity = _client.Identity;
        _client.Dispose();
        _client = await RawSessionsClient.ConnectAsync(server.Tcp, identity);
        Assert.Equal(0u, (await _client.BindAsync()).Status);
        Assert.NotEmpty(await SyncAsync(_client)); // its place in the group too
        var again = await AppendAsync(_unanswered.Body);
        Assert.Equal(_unanswered.Offset, again); // written once, and told where
        await NumberedAsync();
    }

    public override async Task<List<ulong>> ReadAsync(byte[] stream, byte[] topic, uint partition)
    {
        var context = await _client.RouteAsync(stream, topic, partition);
        var (status, reply) = await _client.AskAsync(106, RawSessionsClient.DeferredPoll(Consumer, stream, topic, partition, 3, 0, 100, commit: false, 0), context);
        Assert.Equal(0u, status);
        return [.. RawSessionsClient.ReadPoll(reply).Messages.Select(static message => message.IdLow)];
    }

    public override void Dispose()
    {
        _client?.Dispose();
        _member?.Dispose();
    }

    private protected override async Task LogInAsync(ServerProcess server)
    {
        _client = await RawSessionsClient.LogInAsync(server.Tcp);
        Assert.NotEmpty(await _client.DoAsync(12));
    }

    private protected override async Task MakeTopicAsync()
    {
        await _client.DoAsync(202, Name($"{Name}-1"));
        await _client.DoAsync(16, [2], Id($"{Name}-1"), [0], RawVsrClient.Option("name", Name));
        await _client.DoAsync(302, Stream, U32(2), Name("events"));
        Assert.Equal(2u, BinaryPrimitives.ReadUInt32LittleEndian((await _client.DoAsync(300, Stream, Topic)).AsSpan(12)));
        _producer = (_client.Identity.Session << 20) | 1;
    }

    private protected override async Task SendAsync(NewMessage message) =>
        Assert.Equal(0u, (await _client.AskAsync(101, Send(message), await _client.RouteAsync(Stream, Topic, message.Partition))).Status);

    private protected override async Task SendWithLostReplyAsync(ServerProcess server, NewMessage message)
    {
        var context = await _client.RouteAsync(Stream, Topic, message.Partition);
        var frame = _client.RequestFrame(101, Send(message), context, _client.Identity.NextRequest());
        await _client.SendAsync(frame);
        await BindAnewAsync(server);
        await _client.SendAsync(frame);
        var repeated = await _client.ReceiveAsync();
        Assert.Equal((0u, (byte)1, 24), (repeated.Status, repeated.Head[220], repeated.Body.Length));
    }

    private protected override async Task ReadAsGroupAsync(ServerProcess server)
    {
        _member = await RawSessionsClient.LogInAsync(server.Tcp);
        await _client.DoAsync(602, Stream, Topic, Name("workers"));
        await _client.DoAsync(604, Stream, Topic, Group);
        await _member.DoAsync(604, Stream, Topic, Group);
        var read = new List<ulong>();
        foreach (var member in new[] { _client, _member })
        {
            var mine = Assert.Single(await SyncAsync(member));
            var (status, fetched) = await member.AskAsync(109, Fetch(mine, await member.RouteAsync(Stream, Topic, mine), wait: 20_000_000));
            Assert.Equal((0u, 1u, mine, 0u), (status, U32At(fetched, 0), U32At(fetched, 4), U32At(fetched, 8)));
            Assert.Equal((uint)Written[mine].Count, U32At(fetched, 20));
            Assert.NotEqual(0UL, BinaryPrimitives.ReadUInt64LittleEndian(fetched.AsSpan(32))); // the owner generation
            read.AddRange(Written[mine]);
            Assert.Equal(0u, U32At((await member.AskAsync(109, Fetch(mine, await member.RouteAsync(Stream, Topic, mine), wait: 0))).Payload, 0)); // committed
        }
        AssertAllOnce(read);
    }

    private protected override async Task WaitForMessageAsync()
    {
        var context = await _client.RouteAsync(Stream, Topic, 1);
        var waiting = await _client.StartAsync(106, RawSessionsClient.DeferredPoll(Consumer, Stream, Topic, 1, 1, (ulong)Written[1].Count, 10, false, 25_000_000), context);
        await _client.DoAsync(1); // answered meanwhile
        var message = NewMessage(1);
        await SendAsync(message);
        var (status, reply) = RawSessionsClient.Read(await _client.ReplyAsync(waiting));
        Assert.Equal((0u, message.Id), (status, Assert.Single(RawSessionsClient.ReadPoll(reply).Messages).IdLow));
    }

    private protected override async Task ReconnectAsync(ServerProcess server)
    {
        await BindAnewAsync(server);
        Assert.Single(await SyncAsync(_client)); // its place in the group is where it was
        await SendAsync(NewMessage(0));
        await NumberedAsync();
    }

    private async Task NumberedAsync()
    {
        NewMessage[] messages = [NewMessage(0), NewMessage(0)];
        var body = RawVsrClient.Numbered(Stream, Topic, ToPartition(0), _producer, 0, _sequence, [.. messages.Select(static message => message.Batched)]);
        _sequence += (uint)messages.Length;
        _unanswered = (body, (ulong)(Written[0].Count - messages.Length));
        Assert.Equal(_unanswered.Offset, await AppendAsync(body));
    }

    private async Task<ulong> AppendAsync(byte[] body)
    {
        var (status, confirmation) = await _client.AskAsync(101, body, await _client.RouteAsync(Stream, Topic, 0));
        Assert.Equal(0u, status);
        return BinaryPrimitives.ReadUInt64LittleEndian(confirmation.AsSpan(16));
    }

    private async Task BindAnewAsync(ServerProcess server)
    {
        var identity = _client.Identity;
        _client.Dispose();
        _client = await RawSessionsClient.ConnectAsync(server.Tcp, identity);
        Assert.Equal(0u, (await _client.BindAsync()).Status);
    }

    private async Task<uint[]> SyncAsync(RawSessionsClient client)
    {
        var reply = await client.DoAsync(606, Stream, Topic, Group);
        return [.. Enumerable.Range(0, (int)U32At(reply, 8)).Select(i => U32At(reply, 12 + (4 * i)))];
    }

    private byte[] Fetch(uint partition, Context route, ulong wait) => Join(
        GroupConsumer, Stream, Topic, U64(wait), U64(wait + 10_000_000), U32(1), U32(100), U32(1 << 20), U8(1), U32(1),
        U32(partition), U8(5), U64(0), U32(1 << 20), U64(route.Incarnation), U64(0));

    private byte[] Send(NewMessage message) => RawVsrClient.Messages(Stream, Topic, ToPartition(message.Partition), message.Batched);

    private static uint U32At(byte[] bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at));
}
