using System.Buffers.Binary;
using System.IO.Hashing;
using System.Net;
using System.Text;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>Sending and polling over the wire.</summary>
public class MessageTests(ServerFixture fixture)
{
    private protected virtual EndPoint AddressOf(ServerProcess server) => server.Tcp;

    /// <summary>The code by which a refusal is told.</summary>
    private protected virtual uint Told(uint code, uint status) => status;

    /// <summary>What is told of messages' size.</summary>
    private protected virtual ulong SizeOf(ulong classicBytes, uint messages, uint batches) => classicBytes;

    private const byte FromOffset = 1, FromTimestamp = 2, First = 3, Last = 4, Next = 5;

    [Fact]
    public async Task Send_ThenPoll_GivesBackEveryFieldAndARightChecksum()
    {
        var (client, stream, topic) = await fixture.NewTopicAsync(1, AddressOf(fixture.Server));
        using var _ = client;
        byte[] headers = [2, 1, 0, 0, 0, (byte)'k', 2, 1, 0, 0, 0, (byte)'v'];
        await client.DoAsync(101, Messages(stream, topic, ToPartition(0), (7, "hello"u8.ToArray(), headers), (0, "world!"u8.ToArray(), []), (9, [], [])));

        var (partition, current, messages) = ReadPoll(await client.DoAsync(100, Poll(1, stream, topic, 0, FromOffset, 0, 10)));
        Assert.Equal((0u, 2ul, 3), (partition, current, messages.Count));
        Assert.Equal((7ul, 0ul), (messages[0].IdLow, messages[0].IdHigh));
        Assert.NotEqual(0ul, messages[1].IdHigh | messages[1].IdLow);
        Assert.Equal("hello"u8.ToArray(), messages[0].Payload);
        Assert.Equal(headers, messages[0].Headers);
        Assert.Empty(messages[2].Payload);
        Assert.Single(messages.Select(message => message.Timestamp).Distinct());
        Assert.All(messages, (message, index) =>
        {
            Assert.Equal((ulong)index, message.Offset);
            Assert.Equal(12345ul, message.OriginTimestamp);
            Assert.Equal(0ul, message.Reserved);
            Assert.Equal(XxHash3.HashToUInt64(message.Covered), message.Checksum);
        });
    }

    [Fact]
    public async Task Poll_NothingThere_IsSixteenBytes()
    {
        var (client, stream, topic) = await fixture.NewTopicAsync(2, AddressOf(fixture.Server));
        using var _ = client;
        foreach (var strategy in new[] { FromOffset, FromTimestamp, First, Last, Next })
            Assert.Equal(Join(U32(1), U64(0), U32(0)), await client.DoAsync(100, Poll(1, stream, topic, 1, strategy, 0, 10)));
    }

    // Goal: a poll that found nothing again and again, and is no longer asked of the partition, finds what comes at once. Method: each change, by another
    // connection, after three empty polls; the topic is made anew under its name at last.
    [Fact]
    public async Task Poll_EmptyAgainAndAgain_FindsWhatComes()
    {
        var (client, stream, topic) = await fixture.NewTopicAsync(1, AddressOf(fixture.Server));
        using var _ = client;
        using var other = await LogInAsync(AddressOf(fixture.Server));
        var send = Messages(stream, topic, ToPartition(0), (0, "m"u8.ToArray(), []));
        for (var round = 0ul; round < 20; round++)
        {
            await EmptyAsync(round == 0 ? 0 : round - 1);
            await other.DoAsync(101, send);
            Assert.Equal([round], await PollAsync());
        }
        await EmptyAsync(19);
        await other.DoAsync(121, U8(1), Id(1), stream, topic, U8(1), U32(0), U64(17));
        Assert.Equal([18, 19], await PollAsync());
        await EmptyAsync(19);
        await other.DoAsync(122, U8(1), Id(1), stream, topic, U8(1), U32(0));
        Assert.Equal(20, (await PollAsync()).Length);
        await EmptyAsync(19);
        await other.DoAsync(305, stream, topic);
        await EmptyAsync(0);
        await other.DoAsync(303, stream, topic);
        await other.DoAsync(302, NewTopic(stream, "t", 1));
        await EmptyAsync(0);
        await other.DoAsync(101, send);
        Assert.Equal([0], await PollAsync());

        async Task<ulong[]> PollAsync() => [.. ReadPoll(await client.DoAsync(100, Poll(1, stream, topic, 0, Next, 0, 100, autoCommit: true))).Messages.Select(message => message.Offset)];
        async Task EmptyAsync(ulong current)
        {
            for (var i = 0; i < 3; i++)
                Assert.Equal(Join(U32(0), U64(current), U32(0)), await client.DoAsync(100, Poll(1, stream, topic, 0, Next, 0, 100, autoCommit: true)));
        }
    }

    [Fact]
    public async Task Poll_EachStrategy_StartsWhereItShould()
    {
        var (client, stream, topic) = await fixture.NewTopicAsync(1, AddressOf(fixture.Server));
        using var _ = client;
        for (var batch = 0u; batch < 5; batch++)
            await client.DoAsync(101, Messages(stream, topic, ToPartition(0), [.. Enumerable.Range(0, 4).Select(i => ((ulong)(100 + (batch * 4) + i), Encoding.UTF8.GetBytes($"message {i}"), Array.Empty<byte>()))]));

        async Task<ulong[]> PollAsync(byte strategy, ulong value, uint count, bool autoCommit = false) =>
            [.. ReadPoll(await client.DoAsync(100, Poll(1, stream, topic, 0, strategy, value, count, autoCommit))).Messages.Select(message => message.Offset)];

        Assert.Equal([0, 1, 2], await PollAsync(First, 0, 3));
        Assert.Equal([18, 19], await PollAsync(Last, 0, 2));
        Assert.Equal(20, (await PollAsync(Last, 0, 100)).Length);
        Assert.Equal([6, 7, 8, 9, 10], await PollAsync(FromOffset, 6, 5));
        Assert.Empty(await PollAsync(FromOffset, 20, 5));
        Assert.Empty(await PollAsync(FromOffset, 0, 0));
        Assert.Equal([0, 1], await PollAsync(Next, 0, 2));
        Assert.Equal([0, 1], await PollAsync(Next, 0, 2, autoCommit: true));
        Assert.Equal([2, 3], await PollAsync(Next, 0, 2, autoCommit: true));
        Assert.Equal([4], await PollAsync(Next, 0, 1));

        var all = ReadPoll(await client.DoAsync(100, Poll(1, stream, topic, 0, First, 0, 100))).Messages;
        Assert.Equal(all.Where(message => message.Timestamp >= all[9].Timestamp).Select(message => message.Offset), await PollAsync(FromTimestamp, all[9].Timestamp, 100));
        Assert.Empty(await PollAsync(FromTimestamp, all[^1].Timestamp + 1, 100));
        Assert.Equal(20, (await PollAsync(FromTimestamp, 0, 100)).Length);
    }

    [Fact]
    public async Task Send_Balanced_GoesRoundFromPartitionZero()
    {
        var (client, stream, topic) = await fixture.NewTopicAsync(3, AddressOf(fixture.Server));
        using var _ = client;
        for (var i = 0ul; i < 7; i++)
            await client.DoAsync(101, Messages(stream, topic, Balanced(), (i + 1, [1], [])));
        Assert.Equal([[1, 4, 7], [2, 5], [3, 6]], await IdsPerPartitionAsync(client, stream, topic, 3));
    }

    [Theory] // partitions computed from the published hash values, not by the server's code
    [InlineData("orders", 2)]
    [InlineData("a", 0)]
    [InlineData("user-42", 2)]
    [InlineData("user-1", 0)]
    public async Task Send_ByKey_GoesWhereTheHashSays(string key, int partition)
    {
        var (client, stream, topic) = await fixture.NewTopicAsync(3, AddressOf(fixture.Server));
        using var _ = client;
        await client.DoAsync(101, Messages(stream, topic, ByKey(Encoding.UTF8.GetBytes(key)), (1, [1], [])));
        var ids = await IdsPerPartitionAsync(client, stream, topic, 3);
        Assert.Equal([1], ids[partition]);
        Assert.Equal(1, ids.Sum(list => list.Length));
    }

    [Fact]
    public async Task Figures_CountClassicBytesAndPurgeEmpties()
    {
        var (client, stream, topic) = await fixture.NewTopicAsync(1, AddressOf(fixture.Server));
        using var _ = client;
        // The reference value of the semantics document: 1,337 messages "message 0" ... "message 1336".
        await client.DoAsync(101, Messages(stream, topic, ToPartition(0), [.. Enumerable.Range(0, 1337).Select(i => ((ulong)i + 1, Encoding.UTF8.GetBytes($"message {i}"), Array.Empty<byte>()))]));
        var details = await client.DoAsync(300, stream, topic);
        var bytes = SizeOf(100_502, 1337, batches: 1);
        Assert.Equal((bytes, 1337ul), (BinaryPrimitives.ReadUInt64LittleEndian(details.AsSpan(34)), BinaryPrimitives.ReadUInt64LittleEndian(details.AsSpan(42))));
        var streamRecord = await client.DoAsync(200, stream);
        Assert.Equal((bytes, 1337ul), (BinaryPrimitives.ReadUInt64LittleEndian(streamRecord.AsSpan(16)), BinaryPrimitives.ReadUInt64LittleEndian(streamRecord.AsSpan(24))));

        await client.DoAsync(121, U8(1), Id(1), stream, topic, U8(1), U32(0), U64(5));
        await client.DoAsync(305, stream, topic);
        details = await client.DoAsync(300, stream, topic);
        Assert.Equal((0ul, 0ul), (BinaryPrimitives.ReadUInt64LittleEndian(details.AsSpan(34)), BinaryPrimitives.ReadUInt64LittleEndian(details.AsSpan(42))));
        Assert.Empty(await client.DoAsync(120, U8(1), Id(1), stream, topic, U8(0), U32(0)));
        await client.DoAsync(101, Messages(stream, topic, ToPartition(0), (1, [1], [])));
        Assert.Equal(0ul, ReadPoll(await client.DoAsync(100, Poll(1, stream, topic, 0, First, 0, 1))).Messages[0].Offset);
    }

    [Fact]
    public async Task ConsumerOffsets_StoreGetDelete_FollowTheRules()
    {
        var (client, stream, topic) = await fixture.NewTopicAsync(1, AddressOf(fixture.Server));
        using var _ = client;
        byte[] Of(byte[] consumer) => Join(U8(1), consumer, stream, topic, U8(1), U32(0));
        Assert.Equal(4100u, (await client.AskAsync(121, Of(Id(1)), U64(0))).Status);
        Assert.Empty(await client.DoAsync(120, Of(Id(1))));
        Assert.Equal(3021u, (await client.AskAsync(122, Of(Id(1)))).Status);

        await client.DoAsync(101, Messages(stream, topic, ToPartition(0), (1, [1], []), (2, [2], []), (3, [3], [])));
        await client.DoAsync(121, Of(Id(1)), U64(2));
        await client.DoAsync(121, Of(Id(1)), U64(1)); // back is allowed
        Assert.Equal(4100u, (await client.AskAsync(121, Of(Id(1)), U64(3))).Status);
        Assert.Equal(Join(U32(0), U64(2), U64(1)), await client.DoAsync(120, Of(Id(1))));

        await client.DoAsync(121, Of(Id("billing")), U64(0));
        Assert.Equal(Join(U32(0), U64(2), U64(0)), await client.DoAsync(120, Of(Id(1795796488)))); // one number space
        await client.DoAsync(122, Of(Id(1)));
        Assert.Empty(await client.DoAsync(120, Of(Id(1))));
        Assert.Equal(Told(121, 5000), (await client.AskAsync(121, U8(2), Id("no group"), stream, topic, U8(1), U32(0), U64(0))).Status);
    }

    private static async Task<ulong[][]> IdsPerPartitionAsync(RawClient client, byte[] stream, byte[] topic, uint partitions)
    {
        var ids = new ulong[partitions][];
        for (var partition = 0u; partition < partitions; partition++)
            ids[partition] = [.. ReadPoll(await client.DoAsync(100, Poll(1, stream, topic, partition, First, 0, 100))).Messages.Select(message => message.IdLow)];
        return ids;
    }
}
