using System.Buffers.Binary;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests.Lines;

/// <summary>A client of the classic dialect: nothing is numbered, and every request is answered at once and in its turn.</summary>
public sealed class ClassicLife() : LineLife("classic")
{
    private RawClient _client = null!;
    private RawClient? _member;

    public override async Task ResumeAsync(ServerProcess server)
    {
        _client.Dispose();
        await LogInAsync(server);
        Assert.Equal(0u, await MembersAsync()); // memberships do not outlive their connections
        await SendAsync(NewMessage(0));
    }

    public override async Task<List<ulong>> ReadAsync(byte[] stream, byte[] topic, uint partition) =>
        [.. ReadPoll(await _client.DoAsync(100, PollOf(Consumer, stream, topic, partition, 3, commit: false))).Messages.Select(static message => message.IdLow)];

    public override void Dispose()
    {
        _client?.Dispose();
        _member?.Dispose();
    }

    private protected override async Task LogInAsync(ServerProcess server)
    {
        _client = await RawClient.LogInAsync(server.Tcp);
        await _client.DoAsync(1);
    }

    private protected override async Task MakeTopicAsync()
    {
        await _client.DoAsync(202, Name($"{Name}-1"));
        await _client.DoAsync(204, Id($"{Name}-1"), Name(Name));
        await _client.DoAsync(302, NewTopic(Stream, "events", 2));
        Assert.Equal(2u, BinaryPrimitives.ReadUInt32LittleEndian((await _client.DoAsync(300, Stream, Topic)).AsSpan(12)));
    }

    private protected override Task SendAsync(NewMessage message) => _client.DoAsync(101, Send(message));

    // Without numbers a repeat is a new message.
    private protected override async Task SendWithLostReplyAsync(ServerProcess server, NewMessage message)
    {
        using (var lost = await RawClient.LogInAsync(server.Tcp))
            await lost.DoAsync(101, Send(message)); // and what was answered is forgotten
        await SendAsync(message);
        Written[message.Partition].Add(message.Id);
    }

    private protected override async Task ReadAsGroupAsync(ServerProcess server)
    {
        _member = await RawClient.LogInAsync(server.Tcp);
        await _client.DoAsync(602, Stream, Topic, Name("workers"));
        await _client.DoAsync(604, Stream, Topic, Group);
        await _member.DoAsync(604, Stream, Topic, Group);
        var read = new List<ulong>();
        foreach (var member in new[] { _client, _member })
        {
            var (partition, _, messages) = ReadPoll(await member.DoAsync(100, PollOf(GroupConsumer, Stream, Topic, null, 5, commit: true)));
            Assert.Equal(Written[partition], messages.Select(static message => message.IdLow));
            read.AddRange(messages.Select(static message => message.IdLow));
            Assert.Empty(ReadPoll(await member.DoAsync(100, PollOf(GroupConsumer, Stream, Topic, null, 5, commit: true))).Messages); // committed
        }
        AssertAllOnce(read);
    }

    private protected override async Task WaitForMessageAsync()
    {
        var poll = Poll(9, Stream, Topic, 1, 1, (ulong)Written[1].Count, 10);
        Assert.Empty(ReadPoll(await _client.DoAsync(100, poll)).Messages); // at once
        var message = NewMessage(1);
        await SendAsync(message);
        Assert.Equal(message.Id, Assert.Single(ReadPoll(await _client.DoAsync(100, poll)).Messages).IdLow);
    }

    private protected override async Task ReconnectAsync(ServerProcess server)
    {
        _client.Dispose();
        await LogInAsync(server);
        await SendAsync(NewMessage(0));
    }

    private async Task<uint> MembersAsync() => BinaryPrimitives.ReadUInt32LittleEndian((await _client.DoAsync(600, Stream, Topic, Group)).AsSpan(8));

    private byte[] Send(NewMessage message) => Messages(Stream, Topic, ToPartition(message.Partition), (message.Id, message.Payload, []));
}
