using System.Buffers.Binary;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests.Lines;

/// <summary>A client of protocol 0.11.0: requests are numbered, and each waits for its answer.</summary>
public sealed class RequestsLife() : LineLife("0.11")
{
    private RawVsrClient _client = null!;
    private RawVsrClient? _member;

    public override async Task ResumeAsync(ServerProcess server)
    {
        _client.Dispose();
        await LogInAsync(server);
        Assert.Empty(await _client.DoAsync(606, Stream, Topic, Group)); // its place went with its session
        await SendAsync(NewMessage(0));
    }

    public override async Task<List<ulong>> ReadAsync(byte[] stream, byte[] topic, uint partition) =>
        [.. RawVsrClient.ReadPoll(await _client.DoAsync(100, PollOf(Consumer, stream, topic, partition, 3, commit: false))).Messages.Select(static message => message.IdLow)];

    public override void Dispose()
    {
        _client?.Dispose();
        _member?.Dispose();
    }

    private protected override async Task LogInAsync(ServerProcess server) => _client = await NewClientAsync(server);

    private protected override async Task MakeTopicAsync()
    {
        await _client.DoAsync(202, Name($"{Name}-1"));
        await _client.DoAsync(204, Id($"{Name}-1"), Name(Name));
        await _client.DoAsync(302, Stream, U32(2), Name("events"), RawVsrClient.Option("durability", "replicated"), RawVsrClient.Option("consumer_offset_durability", "replicated"));
        Assert.Equal(2u, BinaryPrimitives.ReadUInt32LittleEndian((await _client.DoAsync(300, Stream, Topic)).AsSpan(12)));
    }

    private protected override async Task SendAsync(NewMessage message)
    {
        var confirmation = await _client.DoAsync(101, Send(message));
        Assert.Equal(1u, BinaryPrimitives.ReadUInt32LittleEndian(confirmation));
        _client.Request++; // each send has a number of its own
    }

    // The repeat is answered without a confirmation, and nothing is appended.
    private protected override async Task SendWithLostReplyAsync(ServerProcess server, NewMessage message)
    {
        var number = _client.Request++;
        Assert.Equal(24, (await _client.AskFrameAsync(160, 0, Send(message), number, _client.Session)).Body.Length);
        var repeated = await _client.AskFrameAsync(160, 0, Send(message), number, _client.Session);
        Assert.Equal((0u, 0), (repeated.Status, repeated.Body.Length));
    }

    private protected override async Task ReadAsGroupAsync(ServerProcess server)
    {
        _member = await NewClientAsync(server);
        await _client.DoAsync(602, Stream, Topic, Name("workers"));
        await _client.DoAsync(604, Stream, Topic, Group);
        await _member.DoAsync(604, Stream, Topic, Group);
        var read = new List<ulong>();
        foreach (var member in new[] { _client, _member })
        {
            var synced = await member.DoAsync(606, Stream, Topic, Group);
            Assert.Equal(1u, BinaryPrimitives.ReadUInt32LittleEndian(synced.AsSpan(8)));
            var poll = PollOf(GroupConsumer, Stream, Topic, BinaryPrimitives.ReadUInt32LittleEndian(synced.AsSpan(12)), 5, commit: true);
            read.AddRange(RawVsrClient.ReadPoll(await member.DoAsync(100, poll)).Messages.Select(static message => message.IdLow));
            Assert.Empty(RawVsrClient.ReadPoll(await member.DoAsync(100, poll)).Messages); // committed
        }
        AssertAllOnce(read);
    }

    private protected override async Task WaitForMessageAsync()
    {
        var poll = Poll(9, Stream, Topic, 1, 1, (ulong)Written[1].Count, 10);
        Assert.Empty(RawVsrClient.ReadPoll(await _client.DoAsync(100, poll)).Messages); // at once
        var message = NewMessage(1);
        await SendAsync(message);
        Assert.Equal(message.Id, Assert.Single(RawVsrClient.ReadPoll(await _client.DoAsync(100, poll)).Messages).IdLow);
    }

    private protected override async Task ReconnectAsync(ServerProcess server)
    {
        _client.Dispose();
        await LogInAsync(server); // as somebody else
        await SendAsync(NewMessage(0));
    }

    private static async Task<RawVsrClient> NewClientAsync(ServerProcess server)
    {
        var client = await RawVsrClient.ConnectAsync(server.Tcp);
        var reply = await client.RegisterAsync(RawVsrClient.Login(ServerProcess.Username, ServerProcess.Password, 0x2c00, "rust-sdk", "0.11.0"));
        Assert.Equal((0, 0u), (reply.Eviction, reply.Status));
        return client;
    }

    private byte[] Send(NewMessage message) => RawVsrClient.Messages(Stream, Topic, ToPartition(message.Partition), message.Batched);
}
