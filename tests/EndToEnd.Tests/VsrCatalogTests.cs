using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Iggy.EndToEnd.Tests.Http;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>Streams, topics, users and options in the newer dialect, seen from both.</summary>
public sealed class VsrCatalogTests(ServerFixture fixture)
{
    [Fact]
    public async Task Stream_MadeInOne_IsSeenInBoth()
    {
        using var newer = await RawVsrClient.LogInAsync(fixture.Server.Tcp);
        using var classic = await RawClient.LogInAsync(fixture.Server.Tcp);
        var name = ServerFixture.NewName();
        var created = await newer.DoAsync(202, Name(name));
        Assert.Equal([.. await classic.DoAsync(200, Id(name)), 0, 0, 0, 0], created);
        Assert.Equal(created, await newer.DoAsync(200, Id(name)));
        Assert.Equal(1012u, (await newer.AskAsync(202, Name(name))).Status);
        Assert.Equal(4041u, (await newer.AskAsync(202, Name("other"), RawVsrClient.Option("colour", "red"))).Status);
        Assert.Equal(1009u, (await newer.AskAsync(204, Id("nope"), Name("x"))).Status);
        await newer.DoAsync(204, Id(name), Name(name + "-2"));
        await newer.DoAsync(203, Id(name + "-2"));
        Assert.Empty(await newer.DoAsync(200, Id(name)));
    }

    [Fact]
    public async Task Topic_Options_AreKeptReportedAndPatched()
    {
        var (classic, stream, _) = await fixture.NewTopicAsync(1);
        using var owned = classic;
        using var newer = await RawVsrClient.LogInAsync(fixture.Server.Tcp);
        var created = await newer.DoAsync(302, stream, U32(2), Name("o"), RawVsrClient.Option("message_expiry", "1h"), RawVsrClient.Option("segment_size", 2ul << 20));
        var (expiry, compression, set, derived) = ReadTopic(created);
        Assert.Equal((3_600_000_000ul, (byte)1), (expiry, compression));
        Assert.Equal(["message_expiry", "segment_size"], set);
        Assert.Equal(
            ["compression_algorithm", "consumer_offset_durability", "durability", "max_topic_size", "messages_required_to_save", "preallocate_segments", "size_of_messages_required_to_save"],
            derived);

        await newer.DoAsync(304, stream, Id("o"), Name("o"), RawVsrClient.Option("compression_algorithm", "gzip"));
        (expiry, compression, set, _) = ReadTopic(await newer.DoAsync(300, stream, Id("o")));
        Assert.Equal((3_600_000_000ul, (byte)2), (expiry, compression)); // only what was sent has changed
        Assert.Equal(["compression_algorithm", "message_expiry", "segment_size"], set);

        await classic.DoAsync(304, stream, Id("o"), U8(1), U64(7_000_000), U64(0), U8(1), Name("o")); // replaces all three
        (expiry, compression, set, _) = ReadTopic(await newer.DoAsync(300, stream, Id("o")));
        Assert.Equal((7_000_000ul, (byte)1), (expiry, compression));
        Assert.Equal(["compression_algorithm", "max_topic_size", "message_expiry", "segment_size"], set);

        Assert.Equal(4042u, (await newer.AskAsync(304, stream, Id("o"), Name("o"), RawVsrClient.Option("segment_size", 1ul << 20))).Status); // for good
        Assert.Equal(4042u, (await newer.AskAsync(302, stream, U32(1), Name("p"), RawVsrClient.Option("segment_size", 1000))).Status);
        Assert.Equal(4041u, (await newer.AskAsync(302, stream, U32(1), Name("p"), RawVsrClient.Option("colour", "red"))).Status);
        Assert.Equal(4043u, (await newer.AskAsync(302, stream, U32(1), Name("p"), new byte[100_001])).Status);
        Assert.Equal(3u, (await newer.AskAsync(302, stream, U32(1), Name("p"), [2, 9, 9])).Status);
        Assert.Equal(2013u, (await newer.AskAsync(302, stream, U32(1), Name("o"))).Status);
        Assert.Equal(2015u, (await newer.AskAsync(302, stream, U32(1001), Name("p"))).Status);

        var list = await newer.DoAsync(301, stream);
        Assert.Equal(2u, BinaryPrimitives.ReadUInt32LittleEndian(list));
        Assert.Equal(U32(0), await newer.DoAsync(301, Id("nope")));
        var noSegments = await newer.AskFrameAsync(138, 0, Join(stream, Id("o"), U32(0), U32(1)), newer.Request++, newer.Session);
        Assert.Equal((0u, 0), (noSegments.Status, noSegments.Body.Length)); // never a result section under this operation
    }

    [Fact]
    public async Task DescribeOptions_OfEachScope_ListsThem()
    {
        using var newer = await RawVsrClient.LogInAsync(fixture.Server.Tcp);
        var topic = await newer.DoAsync(13, U8(1));
        Assert.Equal(9u, BinaryPrimitives.ReadUInt32LittleEndian(topic));
        Assert.Contains("segment_size", Encoding.UTF8.GetString(topic), StringComparison.Ordinal);
        Assert.Equal(U32(0), await newer.DoAsync(13, U8(2)));
        Assert.Equal(U32(0), await newer.DoAsync(13, U8(3)));
        Assert.Equal(3u, (await newer.AskAsync(13, U8(4))).Status);
    }

    [Fact]
    public async Task Users_InBothDialects_AreTheSame()
    {
        using var newer = await RawVsrClient.LogInAsync(fixture.Server.Tcp);
        using var classic = await RawClient.LogInAsync(fixture.Server.Tcp);
        var name = ServerFixture.NewName();
        var created = await newer.DoAsync(33, Name(name), Name("secret"), U8(1), U8(0));
        var record = (await classic.DoAsync(31, Id(name)))[..^4];
        Assert.Equal(Join(record, U32(0), U32(0)), created);
        Assert.Equal(created, await newer.DoAsync(31, Id(name)));
        Assert.Equal(4041u, (await newer.AskAsync(33, Name(name + "x"), Name("secret"), U8(1), U8(0), RawVsrClient.Option("colour", "red"))).Status);
        Assert.Equal(46u, (await newer.AskAsync(33, Name(name), Name("secret"), U8(1), U8(0))).Status);
        await newer.DoAsync(35, Id(name), U8(0), U8(1), U8(2));

        using var other = await RawVsrClient.ConnectAsync(fixture.Server.Tcp);
        Assert.Equal(9, (await other.RegisterAsync(RawVsrClient.Login(name, "secret"))).Eviction); // inactive: looks like a wrong password
        await newer.DoAsync(34, Id(name));
        Assert.Empty(await newer.DoAsync(31, Id(name)));
    }

    [Fact]
    public async Task Rights_OfAUser_HoldInThisDialect()
    {
        var (root, stream, topic) = await fixture.NewTopicAsync(1);
        using var _ = root;
        var name = ServerFixture.NewName();
        await root.DoAsync(33, Name(name), Name("secret"), U8(1), U8(0));
        using var newer = await RawVsrClient.ConnectAsync(fixture.Server.Tcp);
        await newer.RegisterAsync(RawVsrClient.Login(name, "secret"));
        Assert.Equal(41u, (await newer.AskAsync(202, Name("mine"))).Status);
        Assert.Equal(41u, (await newer.AskAsync(201)).Status);
        Assert.Equal(41u, (await newer.AskAsync(101, RawVsrClient.Messages(stream, topic, ToPartition(0), new VsrMessage(1, [1], [], 1)))).Status);
        Assert.Equal(0u, (await newer.AskAsync(13, U8(1))).Status); // needs a login and no permission
        await root.DoAsync(34, Id(name));
        Assert.Equal(41u, (await newer.AskAsync(201)).Status);
        Assert.True(await newer.IsClosedByServerAsync());
    }

    [Fact]
    public async Task Cluster_Metadata_IsOneNodeThatCanBeDialled()
    {
        using var newer = await RawVsrClient.LogInAsync(fixture.Server.Tcp);
        var reply = await newer.DoAsync(12);
        var node = Join(U32(11), "single-node"u8.ToArray(), U32(1), U32(9), "iggy-node"u8.ToArray(), U32(9), "127.0.0.1"u8.ToArray());
        Assert.Equal(node, reply[..node.Length]);
        Assert.Equal(fixture.Server.Tcp.Port, BinaryPrimitives.ReadUInt16LittleEndian(reply.AsSpan(node.Length)));
    }

    [Theory]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a\0b")]
    public async Task Names_ThatCannotStandInAnAddress_AreRefused(string name)
    {
        using var newer = await RawVsrClient.LogInAsync(fixture.Server.Tcp);
        var (classic, stream, topic) = await fixture.NewTopicAsync(1);
        using var _ = classic;
        Assert.Equal(1013u, (await newer.AskAsync(202, Name(name))).Status);
        Assert.Equal(1013u, (await newer.AskAsync(204, stream, Name(name))).Status);
        Assert.Equal(2014u, (await newer.AskAsync(302, stream, U32(1), Name(name))).Status);
        Assert.Equal(2014u, (await newer.AskAsync(304, stream, topic, Name(name))).Status);
        Assert.Equal(5005u, (await newer.AskAsync(602, stream, topic, Name(name))).Status);
        Assert.Equal(50u, (await newer.AskAsync(42, Name(name), U64(0))).Status);
        Assert.Equal(43u, (await newer.AskAsync(33, Name(name), Name("secret"), U8(1), U8(0))).Status);
        Assert.Equal(1013u, (await classic.AskAsync(202, Name(name))).Status);
        Assert.Equal(2014u, (await classic.AskAsync(302, NewTopic(stream, name, 1))).Status);
        using var http = await ApiClient.LogInAsync(fixture.Server);
        await http.RefusedAsync(400, 1013, "POST", "/streams", JsonSerializer.Serialize(new { name }));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(255)]
    public async Task TokenNames_OfAnyLength_AreTakenInThisDialectOnly(int bytes)
    {
        using var newer = await RawVsrClient.LogInAsync(fixture.Server.Tcp);
        using var classic = await RawClient.LogInAsync(fixture.Server.Tcp);
        var name = new string((char)('a' + (bytes % 26)), bytes);
        Assert.Equal(50u, (await classic.AskAsync(42, Name(name), U64(0))).Status);
        using var http = await ApiClient.LogInAsync(fixture.Server);
        await http.RefusedAsync(400, 50, "POST", "/personal-access-tokens", $$"""{"name":"{{name}}","expiry":0}""");
        await newer.DoAsync(42, Name(name), U64(0));
        await newer.DoAsync(43, Name(name));
    }

    // Topic header: fixed fields of 45 bytes, the name, then two blocks of options with their lengths.
    private static (ulong Expiry, byte Compression, string[] Explicit, string[] Derived) ReadTopic(byte[] topic)
    {
        var at = 50 + topic[49];
        string[] Keys()
        {
            var (end, keys) = (at + 4 + BinaryPrimitives.ReadInt32LittleEndian(topic.AsSpan(at)), new List<string>());
            for (at += 4; at < end;)
            {
                var length = topic[at + 1];
                keys.Add(Encoding.UTF8.GetString(topic, at + 5, length));
                at += 5 + length;
                at += 5 + topic[at + 1];
            }
            return [.. keys];
        }
        return (BinaryPrimitives.ReadUInt64LittleEndian(topic.AsSpan(16)), topic[24], Keys(), Keys());
    }
}
