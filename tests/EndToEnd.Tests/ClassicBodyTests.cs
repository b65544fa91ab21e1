using System.IO.Hashing;
using System.Net;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>What the classic dialect refuses, and what it alone can say: requests that have no counterpart in the newer one.</summary>
public class ClassicBodyTests(ServerFixture fixture)
{
    private protected virtual EndPoint AddressOf(ServerProcess server) => server.Tcp;

    [Fact]
    public async Task CreateTopic_Refusals_ComeInTheDocumentedOrder()
    {
        var (client, stream, _) = await fixture.NewTopicAsync(1, AddressOf(fixture.Server));
        using var _ = client;
        Assert.Equal(2015u, (await client.AskAsync(302, Join(Id("nope"), U32(1001), U8(9), U64(0), U64(0), U8(0), Name("x")))).Status);
        Assert.Equal(3u, (await client.AskAsync(302, Join(Id("nope"), U32(1), U8(9), U64(0), U64(0), U8(0), Name("x")))).Status);
        Assert.Equal(1009u, (await client.AskAsync(302, Join(Id("nope"), U32(1), U8(1), U64(0), U64(1), U8(0), Name("x")))).Status);
        Assert.Equal(1019u, (await client.AskAsync(302, Join(stream, U32(1), U8(1), U64(0), U64(1), U8(0), Name("t")))).Status);
        Assert.Equal(4u, (await client.AskAsync(302, Join(stream, U32(1), U8(1), U64(0), U64(0), U8(0), Name("")))).Status);
    }

    [Fact]
    public async Task Send_BadBatches_GetTheirCodesAndLeaveNothingBehind()
    {
        var (client, stream, topic) = await fixture.NewTopicAsync(1, AddressOf(fixture.Server));
        using var _ = client;
        var metadata = Join(stream, topic, ToPartition(0), U32(1));
        var index = Join(U32(0), U32(65), U64(0));
        var message = Join(new byte[48], U32(0), U32(1), U64(0), [1]);
        byte[] Send(byte[] metadata, params byte[][] rest) => Join([U32((uint)metadata.Length), metadata, .. rest]);

        Assert.Equal(3u, (await client.AskAsync(101, U32(1000), metadata)).Status);
        Assert.Equal(6u, (await client.AskAsync(101, Send(Join([9, 4], U32(0), topic, ToPartition(0), U32(1)), index, message))).Status);
        Assert.Equal(3u, (await client.AskAsync(101, Send(Join(stream, topic, [7, 0], U32(1)), index, message))).Status);
        Assert.Equal(4009u, (await client.AskAsync(101, Send(Join(stream, topic, ToPartition(0), U32(0))))).Status);
        Assert.Equal(4031u, (await client.AskAsync(101, Send(metadata, Join(U32(1), U32(65), U64(0)), message))).Status);
        Assert.Equal(4032u, (await client.AskAsync(101, Send(metadata, Join(U32(0), U32(65), U64(1)), message))).Status);
        Assert.Equal(4033u, (await client.AskAsync(101, Send(metadata, index, message[..30]))).Status);
        Assert.Equal(3u, (await client.AskAsync(101, Send(Join(stream, topic, ToPartition(0), U32(uint.MaxValue)), index, message))).Status);
        Assert.Equal(1009u, (await client.AskAsync(101, Messages(Id("nope"), topic, ToPartition(0), (1, [1], [])))).Status);
        Assert.Equal(2010u, (await client.AskAsync(101, Messages(stream, Id("nope"), ToPartition(0), (1, [1], [])))).Status);
        Assert.Equal(3007u, (await client.AskAsync(101, Messages(stream, topic, ToPartition(1), (1, [1], [])))).Status);
        Assert.Equal(4017u, (await client.AskAsync(101, Messages(stream, topic, ToPartition(0), (1, [1], new byte[100_001])))).Status);
        Assert.Empty(ReadPoll(await client.DoAsync(100, Poll(1, stream, topic, 0, 3, 0, 10))).Messages);
        await client.DoAsync(101, Messages(stream, topic, ToPartition(0), (1, [1], new byte[100_000])));
    }

    [Fact]
    public async Task Send_LargestPayload_IsKeptAndOneByteMoreIsRefused()
    {
        var (client, stream, topic) = await fixture.NewTopicAsync(1, AddressOf(fixture.Server));
        using var _ = client;
        var payload = new byte[64_000_000];
        new Random(1).NextBytes(payload);
        await client.DoAsync(101, Messages(stream, topic, ToPartition(0), (1, payload, [])));
        var (_, _, messages) = ReadPoll(await client.DoAsync(100, Poll(1, stream, topic, 0, 3, 0, 1)));
        Assert.True(payload.AsSpan().SequenceEqual(messages[0].Payload));
        Assert.Equal(4022u, (await client.AskAsync(101, Messages(stream, topic, ToPartition(0), (1, new byte[64_000_001], [])))).Status);
        Assert.Equal(0u, (await client.AskAsync(1)).Status);
    }

    [Fact]
    public async Task Send_WithFieldsThatAreTheServers_WritesOverThem()
    {
        var (client, stream, topic) = await fixture.NewTopicAsync(1, AddressOf(fixture.Server));
        using var _ = client;
        var metadata = Join(stream, topic, ToPartition(0), U32(1));
        for (var i = 0ul; i < 2; i++)
        {
            var message = Join(U64(0xDEAD), U64(5), U64(ulong.MaxValue), U64(77), U64(88), U64(ulong.MaxValue), U32(0), U32(1), U64(ulong.MaxValue), [9]);
            await client.DoAsync(101, U32((uint)metadata.Length), metadata, U32(0), U32(65), U64(0), message);
            var sent = Assert.Single(ReadPoll(await client.DoAsync(100, Poll(1, stream, topic, 0, 1, i, 10))).Messages);
            Assert.Equal((i, 0ul, 5ul, ulong.MaxValue, ulong.MaxValue), (sent.Offset, sent.Reserved, sent.IdLow, sent.IdHigh, sent.OriginTimestamp));
            Assert.Equal(XxHash3.HashToUInt64(sent.Covered), sent.Checksum);
            Assert.InRange(sent.Timestamp, 1_700_000_000_000_000ul, (ulong)(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() + 60_000) * 1000);
        }
    }

    [Fact] // the partition computed from the published hash value
    public async Task Send_ByAnEmptyKey_GoesWhereTheHashSays()
    {
        var (client, stream, topic) = await fixture.NewTopicAsync(3, AddressOf(fixture.Server));
        using var _ = client;
        await client.DoAsync(101, Messages(stream, topic, ByKey([]), (1, [1], [])));
        Assert.Single(ReadPoll(await client.DoAsync(100, Poll(1, stream, topic, 1, 3, 0, 10))).Messages);
    }
}
