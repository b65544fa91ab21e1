using System.Text.Json;
using Iggy.EndToEnd.Tests.Http;
using Iggy.Protocol;
using Iggy.Protocol.Vsr;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>What clients of released 0.11.0 set of topics, and what they are told of it, over TCP and over HTTP.</summary>
public sealed class ReleasedOptionTests(ServerFixture fixture)
{
    private static readonly byte[] s_both = Join(RawVsrClient.Option("consumer_offset_durability", "replicated"), RawVsrClient.Option("durability", "PERSISTED"));

    [Fact]
    public async Task Durability_OfATopicMadeOverTcp_IsToldByBothDoors()
    {
        using var client = await RawVsrClient.LogInAsync(fixture.Server.Tcp);
        var stream = ServerFixture.NewName();
        await client.DoAsync(202, Name(stream));
        var created = Read(await client.DoAsync(302, Id(stream), U32(1), Name("t"), s_both));
        Assert.Equal([("consumer_offset_durability", "replicated"), ("durability", "persisted")], Texts(created.Topic.Explicit));
        Assert.DoesNotContain("durability", created.Topic.Derived.Select(option => option.Key));
        Assert.Equal(created.Topic.Explicit, Read(await client.DoAsync(300, Id(stream), Id("t"))).Topic.Explicit);

        using var http = await ApiClient.LogInAsync(fixture.Server);
        var options = (await http.DoAsync("GET", $"/streams/{stream}/topics/t")).GetProperty("options");
        Assert.Equal(("persisted", true), Option(options, "durability"));
        Assert.Equal(("replicated", true), Option(options, "consumer_offset_durability"));
        Assert.Equal(("1073741824", false), Option(options, "segment_size"));

        Assert.Equal(4042u, (await client.AskAsync(302, Id(stream), U32(1), Name("u"), RawVsrClient.Option("durability", "none"))).Status);
        Assert.Equal(4042u, (await client.AskAsync(304, Id(stream), Id("t"), Name("t"), RawVsrClient.Option("durability", "replicated"))).Status); // for good
    }

    [Fact]
    public async Task Durability_OfATopicMadeOverHttp_IsToldByBothDoors()
    {
        using var http = await ApiClient.LogInAsync(fixture.Server);
        var stream = ServerFixture.NewName();
        await http.DoAsync("POST", "/streams", $$"""{"name":"{{stream}}"}""");
        const string fixedFields = """{"name":"t","partitions_count":1,"compression_algorithm":"none","message_expiry":0,"max_topic_size":0""";
        var created = await http.DoAsync("POST", $"/streams/{stream}/topics", fixedFields + ""","options":{"durability":"persisted","consumer_offset_durability":"Persisted"}}""");
        var options = created.GetProperty("options");
        Assert.Equal(("persisted", true), Option(options, "durability"));
        Assert.Equal(("persisted", true), Option(options, "consumer_offset_durability"));
        foreach (var left in new[] { "compression_algorithm", "message_expiry", "max_topic_size" }) // what the server would take by itself is nobody's choice
            Assert.False(Option(options, left).Explicit, left);
        await http.RefusedAsync(400, 4042, "POST", $"/streams/{stream}/topics", fixedFields.Replace("\"t\"", "\"u\"", StringComparison.Ordinal) + ""","options":{"durability":"disk"}}""");

        using var client = await RawVsrClient.LogInAsync(fixture.Server.Tcp);
        Assert.Equal([("consumer_offset_durability", "persisted"), ("durability", "persisted")], Texts(Read(await client.DoAsync(300, Id(stream), Id("t"))).Topic.Explicit));
    }

    [Fact]
    public async Task FixedFields_OverHttp_AreExplicitWhereTheyDiffer()
    {
        using var http = await ApiClient.LogInAsync(fixture.Server);
        var stream = ServerFixture.NewName();
        await http.DoAsync("POST", "/streams", $$"""{"name":"{{stream}}"}""");
        var options = (await http.DoAsync("POST", $"/streams/{stream}/topics",
            """{"name":"t","partitions_count":1,"compression_algorithm":"gzip","message_expiry":18446744073709551615,"max_topic_size":2000000000}""")).GetProperty("options");
        Assert.Equal(("gzip", true), Option(options, "compression_algorithm"));
        Assert.Equal(("18446744073709551615", false), Option(options, "message_expiry")); // never: the server's own
        Assert.Equal(("2000000000", true), Option(options, "max_topic_size"));
    }

    // Goal: 0 is as if it were not there. A limit of 2 GiB stays one when an update says 0.
    [Fact]
    public async Task Zero_OfExpiryAndSize_IsDerivedOnCreationAndNothingOnUpdate()
    {
        using var client = await RawVsrClient.LogInAsync(fixture.Server.Tcp);
        var stream = ServerFixture.NewName();
        await client.DoAsync(202, Name(stream));
        byte[] zeros = Join(RawVsrClient.Option("max_topic_size", 0), RawVsrClient.Option("message_expiry", 0));
        var created = Read(await client.DoAsync(302, Id(stream), U32(1), Name("zero"), zeros));
        Assert.Empty(created.Topic.Explicit);
        Assert.Equal((ulong.MaxValue, ulong.MaxValue), (created.Topic.Topic.MaxTopicSizeBytes, created.Topic.Topic.MessageExpiryMicros));

        await client.DoAsync(302, Id(stream), U32(1), Name("t"), RawVsrClient.Option("max_topic_size", 2ul << 30), RawVsrClient.Option("message_expiry", "1h"));
        await client.DoAsync(304, Id(stream), Id("t"), Name("t"), zeros);
        var updated = Read(await client.DoAsync(300, Id(stream), Id("t"))).Topic.Topic;
        Assert.Equal((2ul << 30, 3_600_000_000ul), (updated.MaxTopicSizeBytes, updated.MessageExpiryMicros));

        using var http = await ApiClient.LogInAsync(fixture.Server);
        await http.DoAsync("PUT", $"/streams/{stream}/topics/t", """{"name":"t","max_topic_size":0,"options":{"message_expiry":"0"}}""");
        updated = Read(await client.DoAsync(300, Id(stream), Id("t"))).Topic.Topic;
        Assert.Equal((2ul << 30, 3_600_000_000ul), (updated.MaxTopicSizeBytes, updated.MessageExpiryMicros));
    }

    [Fact]
    public async Task SegmentSize_OfATopic_IsTheFloorOfItsSize()
    {
        using var client = await RawVsrClient.LogInAsync(fixture.Server.Tcp);
        var stream = ServerFixture.NewName();
        await client.DoAsync(202, Name(stream));
        const ulong Segment = 8 << 20;
        Assert.Equal(1019u, (await client.AskAsync(302, Id(stream), U32(1), Name("t"), RawVsrClient.Option("max_topic_size", Segment))).Status); // of 1 GiB without a word
        Assert.Equal(1019u, (await client.AskAsync(302, Id(stream), U32(1), Name("t"), RawVsrClient.Option("max_topic_size", Segment - 1), RawVsrClient.Option("segment_size", Segment))).Status);
        await client.DoAsync(302, Id(stream), U32(1), Name("t"), RawVsrClient.Option("max_topic_size", Segment), RawVsrClient.Option("segment_size", Segment));
        Assert.Equal(1019u, (await client.AskAsync(304, Id(stream), Id("t"), Name("t"), RawVsrClient.Option("max_topic_size", Segment - 1))).Status);
        await client.DoAsync(304, Id(stream), Id("t"), Name("t"), RawVsrClient.Option("max_topic_size", Segment + 1));
    }

    // A topic of a pre-release that syncs each append is told as what that is now.
    [Fact]
    public async Task EnforceFsync_OfAPreRelease_IsToldAsDurability()
    {
        using var client = await RawVsrClient.LogInAsync(fixture.Server.Tcp);
        var stream = ServerFixture.NewName();
        await client.DoAsync(202, Name(stream));
        var topic = Read(await client.DoAsync(302, Id(stream), U32(1), Name("t"), RawVsrClient.Option("enforce_fsync", "true"))).Topic;
        Assert.Equal("enforce_fsync", Assert.Single(topic.Explicit).Key);
        Assert.Contains(("durability", "persisted"), Texts([.. topic.Derived.Where(option => option.Kind is UserHeaderKind.Text)]));
    }

    private static VsrTopicDetails Read(byte[] reply)
    {
        Assert.Equal(IggyError.None, WireValues.TryRead<VsrTopicDetails>(reply, out var topic));
        return topic!;
    }

    private static IEnumerable<(string Key, string Value)> Texts(IEnumerable<WireOption> options) =>
        options.Select(option => (option.Key, System.Text.Encoding.UTF8.GetString(option.Value.AsSpan())));

    private static (string? Value, bool Explicit) Option(JsonElement options, string key) =>
        (options.GetProperty(key).GetProperty("value").GetString(), options.GetProperty(key).GetProperty("explicit").GetBoolean());
}
