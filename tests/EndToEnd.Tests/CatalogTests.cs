using System.Buffers.Binary;
using System.Net;
using System.Text;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>Streams, topics and partitions over the wire: ids, figures, refusals.</summary>
public class CatalogTests(ServerFixture fixture)
{
    private protected virtual EndPoint AddressOf(ServerProcess server) => server.Tcp;

    /// <summary>The code by which a refusal is told.</summary>
    private protected virtual uint Told(uint code, uint status) => status;

    /// <summary>What is answered to who wants more partitions deleted than one request may.</summary>
    private protected virtual uint TooManyToDelete => 2019;

    /// <summary>What an update with 0 makes of a limit: the server's own, which is none.</summary>
    private protected virtual ulong AfterZero(ulong before) => ulong.MaxValue;

    /// <summary>What is told of a replication factor that was asked for.</summary>
    private protected virtual byte Replication(byte asked) => asked;

    [Fact]
    public async Task FreshServer_FirstStreamAndTopic_HaveIdZeroAndTheDocumentedBytes()
    {
        await using var server = await ServerProcess.StartAsync();
        using var client = await LogInAsync(AddressOf(server));

        Assert.Empty(await client.DoAsync(201));
        var stream = await client.DoAsync(202, Name("orders"));
        Assert.Equal(39, stream.Length);
        Assert.Equal(0u, U32At(stream, 0));
        Assert.NotEqual(0ul, BinaryPrimitives.ReadUInt64LittleEndian(stream.AsSpan(4)));
        Assert.Equal(new byte[20], stream[12..32]);
        Assert.Equal(Name("orders"), stream[32..]);

        var topic = await client.DoAsync(302, NewTopic(Id("orders"), "events", 2));
        Assert.Equal(137, topic.Length);
        Assert.Equal(0u, U32At(topic, 0));
        Assert.Equal(2u, U32At(topic, 12));
        Assert.Equal(ulong.MaxValue, BinaryPrimitives.ReadUInt64LittleEndian(topic.AsSpan(16)));
        Assert.Equal(1, topic[24]);
        Assert.Equal(ulong.MaxValue, BinaryPrimitives.ReadUInt64LittleEndian(topic.AsSpan(25)));
        Assert.Equal(1, topic[33]);
        Assert.Equal(Name("events"), topic[50..57]);
        Assert.Equal(0u, U32At(topic, 57));
        Assert.Equal(1u, U32At(topic, 97));

        var details = await client.DoAsync(300, Id(0), Id(0));
        Assert.Equal(1u, U32At(details, 57 + 12)); // the active segment
        Assert.Equal(stream[..12], (await client.DoAsync(200, Id(0)))[..12]);
        Assert.Equal(0, await server.StopAsync());
    }

    [Theory]
    [InlineData(200u)]
    [InlineData(300u)]
    [InlineData(301u)]
    public async Task Get_Missing_IsAnEmptySuccess(uint code)
    {
        using var client = await LogInAsync(AddressOf(fixture.Server));
        foreach (var id in new[] { Id("no such stream"), Id(4_000_000) })
            Assert.Empty(await client.DoAsync(code, id, Id(0)));
    }

    [Fact]
    public async Task Create_NameTaken_Answers1012And2013()
    {
        var (client, stream, _) = await fixture.NewTopicAsync(1, AddressOf(fixture.Server));
        using var _ = client;
        Assert.Equal(1012u, (await client.AskAsync(202, stream[1..])).Status);
        Assert.Equal(2013u, (await client.AskAsync(302, NewTopic(stream, "t", 1))).Status);
    }

    [Fact]
    public async Task Update_RenamesAndReplacesEverySetting()
    {
        var (client, stream, _) = await fixture.NewTopicAsync(1, AddressOf(fixture.Server));
        using var _ = client;
        await client.DoAsync(304, stream, Id("t"), U8(2), U64(60_000_000), U64(2_000_000_000), U8(3), Name("t2"));
        var topic = await client.DoAsync(300, stream, Id("t2"));
        Assert.Equal(60_000_000ul, BinaryPrimitives.ReadUInt64LittleEndian(topic.AsSpan(16)));
        Assert.Equal(2, topic[24]);
        Assert.Equal(2_000_000_000ul, BinaryPrimitives.ReadUInt64LittleEndian(topic.AsSpan(25)));
        Assert.Equal(Replication(3), topic[33]);
        Assert.Empty(await client.DoAsync(300, stream, Id("t")));

        await client.DoAsync(304, stream, Id("t2"), U8(1), U64(0), U64(0), U8(0), Name("t2")); // its own name
        topic = await client.DoAsync(300, stream, Id("t2"));
        Assert.Equal(AfterZero(60_000_000), BinaryPrimitives.ReadUInt64LittleEndian(topic.AsSpan(16)));
        Assert.Equal(AfterZero(2_000_000_000), BinaryPrimitives.ReadUInt64LittleEndian(topic.AsSpan(25)));

        var renamed = ServerFixture.NewName();
        await client.DoAsync(204, stream, Name(renamed));
        Assert.Empty(await client.DoAsync(200, stream));
        Assert.NotEmpty(await client.DoAsync(300, Id(renamed), Id("t2")));
    }

    [Fact]
    public async Task Partitions_AddedAndRemoved_KeepTheirIdsAndRefuseNonsense()
    {
        var (client, stream, topic) = await fixture.NewTopicAsync(1, AddressOf(fixture.Server));
        using var _ = client;
        await client.DoAsync(402, stream, topic, U32(2));
        Assert.Equal(3u, U32At(await client.DoAsync(300, stream, topic), 12));
        Assert.Equal(2015u, (await client.AskAsync(402, stream, topic, U32(0))).Status);
        Assert.Equal(2015u, (await client.AskAsync(402, stream, topic, U32(1001))).Status);
        Assert.Equal(2015u, (await client.AskAsync(403, stream, topic, U32(0))).Status);
        Assert.Equal(2019u, (await client.AskAsync(403, stream, topic, U32(4))).Status);
        Assert.Equal(TooManyToDelete, (await client.AskAsync(403, stream, topic, U32(1001))).Status);
        await client.DoAsync(403, stream, topic, U32(3));
        Assert.Equal(0u, U32At(await client.DoAsync(300, stream, topic), 12));
        Assert.Equal(Told(101, 2010), (await client.AskAsync(101, Messages(stream, topic, Balanced(), (1, [1], [])))).Status);
        Assert.Equal(Told(101, 2010), (await client.AskAsync(101, Messages(stream, topic, ByKey([1]), (1, [1], [])))).Status);
        Assert.Equal(Told(101, 3007), (await client.AskAsync(101, Messages(stream, topic, ToPartition(0), (1, [1], [])))).Status);
    }

    [Fact]
    public async Task Delete_ThenCreateAgain_IsFreshUnderTheSameId()
    {
        var (client, stream, topic) = await fixture.NewTopicAsync(2, AddressOf(fixture.Server));
        using var _ = client;
        await client.DoAsync(101, Messages(stream, topic, ToPartition(0), (1, [1], [])));
        var id = U32At(await client.DoAsync(300, stream, topic), 0);

        await client.DoAsync(303, stream, topic, U32(2)); // with the four bytes that the Node client adds
        Assert.Equal(Told(101, 2010), (await client.AskAsync(101, Messages(stream, topic, ToPartition(0), (2, [2], [])))).Status);
        Assert.Equal(2010u, (await client.AskAsync(100, Poll(1, stream, topic, 0, 1, 0, 10))).Status);

        Assert.Equal(id, U32At(await client.DoAsync(302, NewTopic(stream, "t", 2)), 0));
        Assert.Empty(ReadPoll(await client.DoAsync(100, Poll(1, stream, topic, 0, 1, 0, 10))).Messages);
        await client.DoAsync(101, Messages(stream, topic, ToPartition(0), (3, [3], [])));
        Assert.Equal(3ul, Assert.Single(ReadPoll(await client.DoAsync(100, Poll(1, stream, topic, 0, 1, 0, 10))).Messages).IdLow);
    }

    [Fact]
    public async Task Mutation_OfWhatIsMissing_AnswersWhatIsMissing()
    {
        var (client, stream, topic) = await fixture.NewTopicAsync(1, AddressOf(fixture.Server));
        using var _ = client;
        var (nope, rest) = (Id("nope"), Join(U32(1)));
        Assert.Equal(1009u, (await client.AskAsync(203, nope)).Status);
        Assert.Equal(1009u, (await client.AskAsync(204, nope, Name("x"))).Status);
        Assert.Equal(1009u, (await client.AskAsync(205, nope)).Status);
        foreach (var code in new uint[] { 303, 305, 402, 403 })
        {
            Assert.Equal(1009u, (await client.AskAsync(code, nope, topic, rest)).Status);
            Assert.Equal(2010u, (await client.AskAsync(code, stream, nope, rest)).Status);
        }
        Assert.Equal(3007u, (await client.AskAsync(503, stream, topic, U32(1), U32(1))).Status);
        Assert.Equal(3007u, (await client.AskAsync(102, stream, topic, U32(1), U8(1))).Status);
        Assert.Equal(3007u, (await client.AskAsync(100, Poll(1, stream, topic, 1, 1, 0, 1))).Status);
    }

    [Fact]
    public async Task Names_AnyUtf8UpTo255Bytes_AreKeptExactly()
    {
        using var client = await LogInAsync(AddressOf(fixture.Server));
        foreach (var name in new[] { "Ünï/côdé \u0001", "x", new string('y', 255), "Case", "case", "  spaces  " })
        {
            var stream = await client.DoAsync(202, Name(name));
            Assert.Equal(name, Encoding.UTF8.GetString(stream.AsSpan(33)));
            await client.DoAsync(203, Id(name));
        }
        Assert.Equal(3u, (await client.AskAsync(202, [2, 0xC3, 0x28])).Status);
        Assert.Equal(4u, (await client.AskAsync(202, [0])).Status);
    }

    private static uint U32At(byte[] bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at));
}
