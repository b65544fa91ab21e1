using System.Buffers.Binary;
using System.IO.Hashing;
using System.Net;
using Iggy.Testing;
using static Iggy.EndToEnd.Tests.PermissionBytes;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>Sizes at their limits, of messages and of names, and what the server writes over what clients send.</summary>
public class MessageLimitTests(ServerFixture fixture)
{
    private protected virtual EndPoint AddressOf(ServerProcess server) => server.Tcp;

    /// <summary>What is told of a replication factor that was asked for.</summary>
    private protected virtual byte Replication(byte asked) => asked;

    /// <summary>Whether names of tokens have 3 to 30 bytes, and not as many as any other name.</summary>
    private protected virtual bool LimitsTokenNames => true;

    [Fact]
    public async Task Names_AtTheirLimits_AreTakenAndCountedInBytes()
    {
        using var root = await LogInAsync(AddressOf(fixture.Server));
        foreach (var (username, password) in new[] { ("abc", "abc"), (new string('u', 50), new string('p', 100)), ("é1", "é1"), (new string('é', 25), new string('é', 50)) })
        {
            var user = await root.DoAsync(33, NewUser(username, password, None));
            using var client = await ConnectAsync(AddressOf(fixture.Server));
            Assert.Equal(user[..4], await client.DoAsync(38, Login(username, password)));
            foreach (var token in new[] { "abc", new string('t', 30), "é1", new string('é', 15) })
                await client.DoAsync(42, Name(token), U64(0));
            if (LimitsTokenNames)
                Assert.Equal(50u, (await client.AskAsync(42, Name(new string('é', 15) + "1"), U64(0))).Status);
            await root.DoAsync(34, Id(username));
        }
        Assert.Equal(43u, (await root.AskAsync(33, NewUser(new string('é', 25) + "1", "secret", None))).Status);
        Assert.Equal(43u, (await root.AskAsync(33, NewUser("é", "secret", None))).Status);
        Assert.Equal(44u, (await root.AskAsync(33, NewUser("abc", new string('é', 50) + "1", None))).Status);
        Assert.Equal(44u, (await root.AskAsync(33, NewUser("abc", "", None))).Status);
    }

    [Fact]
    public async Task Partitions_ThousandAtOnce_AreMadeAndOneMoreIsRefused()
    {
        var (client, stream, _) = await fixture.NewTopicAsync(1, AddressOf(fixture.Server));
        using var _ = client;
        Assert.Equal(2015u, (await client.AskAsync(302, NewTopic(stream, "many", 1001))).Status);
        var made = await client.DoAsync(302, NewTopic(stream, "many", 1000));
        Assert.Equal(50 + 5 + (1000 * 40), made.Length);
        await client.DoAsync(402, stream, Id("many"), U32(1000));
        Assert.Equal(2000u, BinaryPrimitives.ReadUInt32LittleEndian((await client.DoAsync(300, stream, Id("many"))).AsSpan(12)));
        await client.DoAsync(303, stream, Id("many"));
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(1_000_000, 0)]
    [InlineData(10_000_000, 0)]
    [InlineData(1, 1)]
    [InlineData(1, 1_000)]
    [InlineData(1_000_000, 100_000)]
    [InlineData(0, 100_000)]
    public async Task Send_AnySizeAllowed_ComesBackByteForByte(int payloadBytes, int headerBytes)
    {
        var (client, stream, topic) = await fixture.NewTopicAsync(1, AddressOf(fixture.Server));
        using var _ = client;
        var random = new Random(payloadBytes + headerBytes); // fixed: a failure repeats
        var (payload, headers) = (new byte[payloadBytes], new byte[headerBytes]);
        random.NextBytes(payload);
        random.NextBytes(headers); // no headers at all to a client, but to the server any bytes are
        await client.DoAsync(101, Messages(stream, topic, ToPartition(0), (1, payload, headers)));
        var message = Assert.Single(ReadPoll(await client.DoAsync(100, Poll(1, stream, topic, 0, 3, 0, 10))).Messages);
        Assert.True(payload.AsSpan().SequenceEqual(message.Payload) && headers.AsSpan().SequenceEqual(message.Headers));
        Assert.Equal(XxHash3.HashToUInt64(message.Covered), message.Checksum);
    }

    [Fact]
    public async Task Send_HeadersOfEveryKind_ComeBackByteForByte()
    {
        var (client, stream, topic) = await fixture.NewTopicAsync(1, AddressOf(fixture.Server));
        using var _ = client;
        int[] sizes = [255, 255, 1, 1, 2, 4, 8, 16, 1, 2, 4, 8, 16, 4, 8];
        var headers = new List<byte>();
        for (var kind = 1; kind <= sizes.Length; kind++)
            headers.AddRange([2, 255, 0, 0, 0, .. Enumerable.Repeat((byte)('a' + kind), 255), (byte)kind, .. U32((uint)sizes[kind - 1]), .. Enumerable.Repeat((byte)'1', sizes[kind - 1])]);
        await client.DoAsync(101, Messages(stream, topic, Balanced(), (1, "x"u8.ToArray(), [.. headers]), (2, "y"u8.ToArray(), [])));
        var messages = ReadPoll(await client.DoAsync(100, Poll(1, stream, topic, 0, 3, 0, 10))).Messages;
        Assert.Equal(headers, messages[0].Headers);
        Assert.Empty(messages[1].Headers);
    }

    [Fact]
    public async Task Topic_LimitsOfSettings_AreTakenAsTheyAre()
    {
        var (client, stream, _) = await fixture.NewTopicAsync(1, AddressOf(fixture.Server));
        using var _ = client;
        await client.DoAsync(302, Join(stream, U32(0), U8(2), U64(1), U64(1 << 30), U8(255), Name("least")));
        Assert.Equal(1019u, (await client.AskAsync(302, Join(stream, U32(0), U8(2), U64(1), U64((1 << 30) - 1), U8(1), Name("less")))).Status);
        var topic = await client.DoAsync(300, stream, Id("least"));
        Assert.Equal((0u, 1ul, (byte)2, 1ul << 30, Replication(255)), (BinaryPrimitives.ReadUInt32LittleEndian(topic.AsSpan(12)), BinaryPrimitives.ReadUInt64LittleEndian(topic.AsSpan(16)),
            topic[24], BinaryPrimitives.ReadUInt64LittleEndian(topic.AsSpan(25)), topic[33]));
        Assert.Equal(1019u, (await client.AskAsync(304, Join(stream, Id("least"), U8(1), U64(0), U64(1), U8(0), Name("least")))).Status);
    }
}
