using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests.Lines;

/// <summary>What a client of one line does in its life, whatever the line: a topic of two partitions, messages, a group of two, a server that dies.</summary>
public abstract class LineLife(string line) : IDisposable
{
    /// <summary>Consumer, that reads for itself.</summary>
    private protected static readonly byte[] Consumer = [1, .. Id(9)];

    /// <summary>The group, as requests of a member name it.</summary>
    private protected static readonly byte[] GroupConsumer = [2, .. Id("workers")];

    private protected static readonly byte[] Group = Id("workers");

    private ulong _lastId;

    /// <summary>The stream, as requests name it.</summary>
    public byte[] Stream => Id(Name);

    /// <summary>The topic, as requests name it.</summary>
    public byte[] Topic { get; } = Id("events");

    /// <summary>Ids of the messages of each partition, in their order.</summary>
    public List<ulong>[] Written { get; } = [[], []];

    private protected string Name { get; } = $"line-{line}";

    /// <summary>Everything before the server dies.</summary>
    public async Task BeginAsync(ServerProcess server)
    {
        await LogInAsync(server);
        await MakeTopicAsync();
        for (var i = 0; i < 5; i++)
            await SendAsync(NewMessage(0));
        await SendWithLostReplyAsync(server, NewMessage(0));
        await SendAsync(NewMessage(1));
        await ReadAsGroupAsync(server);
        await WaitForMessageAsync();
        await ReconnectAsync(server);
    }

    /// <summary>Everything behind the server's death.</summary>
    public abstract Task ResumeAsync(ServerProcess server);

    /// <summary>Ids of the messages of a partition of anybody's topic.</summary>
    public abstract Task<List<ulong>> ReadAsync(byte[] stream, byte[] topic, uint partition);

    /// <inheritdoc/>
    public abstract void Dispose();

    private protected abstract Task LogInAsync(ServerProcess server);

    private protected abstract Task MakeTopicAsync();

    private protected abstract Task SendAsync(NewMessage message);

    private protected abstract Task SendWithLostReplyAsync(ServerProcess server, NewMessage message);

    private protected abstract Task ReadAsGroupAsync(ServerProcess server);

    private protected abstract Task WaitForMessageAsync();

    private protected abstract Task ReconnectAsync(ServerProcess server);

    private protected NewMessage NewMessage(uint partition, bool isNoted = true)
    {
        var message = new NewMessage(partition, ++_lastId);
        if (isNoted)
            Written[partition].Add(message.Id);
        return message;
    }

    // As every member of the group has read it.
    private protected void AssertAllOnce(IEnumerable<ulong> read) => Assert.Equal(Written.SelectMany(static ids => ids).Order(), read.Order());

    private protected static byte[] PollOf(byte[] consumer, byte[] stream, byte[] topic, uint? partition, byte strategy, bool commit) => Join(
        consumer, stream, topic, U8(partition is null ? (byte)0 : (byte)1), U32(partition ?? 0), U8(strategy), U64(0), U32(100), U8(commit ? (byte)1 : (byte)0));
}

/// <summary>A message that is going to be sent.</summary>
public readonly record struct NewMessage(uint Partition, ulong Id)
{
    /// <summary>Nobody else has the same.</summary>
    public byte[] Payload => System.Text.Encoding.UTF8.GetBytes($"message {Id}");

    /// <summary>As the lines with batches have it.</summary>
    public VsrMessage Batched => new(Id, Payload, [], 1_000 + Id);
}
