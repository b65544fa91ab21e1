using System.Text.Json;

namespace Iggy.EndToEnd.Tests.Http;

/// <summary>What the API of the 0.10 line has beside those before it: reads that wait, contexts, patches, offsets of groups that are kept elsewhere.</summary>
public sealed class LaterLineTests(HttpFixture fixture)
{
    private const string Hello = """{"partitioning":{"kind":"partition_id","value":"AAAAAA=="},"messages":[{"id":0,"payload":"aGVsbG8="}]}""";

    [Fact]
    public async Task Topic_MadeAsTheLineMakesIt_TellsKindsAndContexts()
    {
        using var client = await fixture.LogInAsync();
        var stream = await NewStreamAsync(client);
        var topic = await client.DoAsync("POST", $"{stream}/topics", """{"partitions_count":2,"name":"t","options":{"durability":"replicated","preallocate_segments":false,"segment_size":1048576,"message_expiry":"3600000000"}}""");
        Assert.Equal("uint64", topic.GetProperty("options").GetProperty("segment_size").GetProperty("kind").GetString());
        Assert.Equal("1048576", topic.GetProperty("options").GetProperty("segment_size").GetProperty("value").GetString());
        Assert.Equal(3_600_000_000ul, topic.GetProperty("message_expiry").GetUInt64());
        foreach (var partition in topic.GetProperty("partitions").EnumerateArray())
            Assert.True(partition.GetProperty("context").GetProperty("incarnation").GetUInt64() > 0 && partition.GetProperty("in_sync_members").GetArrayLength() == 1);
        await client.RefusedAsync(400, 2018, "POST", $"{stream}/topics", """{"partitions_count":1,"name":"u","options":{"replication_factor":3}}""");
        await client.RefusedAsync(400, 4106, "POST", "/streams", $$$"""{"name":"{{{HttpFixture.NewName()}}}","options":{"encryption_key":"{{{Convert.ToBase64String(new byte[32])}}}"}}""");
    }

    [Fact]
    public async Task Patch_OfATopic_ChangesWhatIsGiven()
    {
        using var client = await fixture.LogInAsync();
        var stream = await NewStreamAsync(client);
        await client.DoAsync("POST", $"{stream}/topics", """{"partitions_count":1,"name":"t","options":{"max_topic_size":2000000000}}""");
        await client.DoAsync("PUT", $"{stream}/topics/t", """{"message_expiry":"1 h","reset":["max_topic_size"]}""");
        var topic = await client.DoAsync("GET", $"{stream}/topics/t");
        Assert.Equal((3_600_000_000ul, ulong.MaxValue), (topic.GetProperty("message_expiry").GetUInt64(), topic.GetProperty("max_topic_size").GetUInt64()));
        Assert.False(topic.GetProperty("options").GetProperty("max_topic_size").GetProperty("explicit").GetBoolean());
        await client.DoAsync("PUT", $"{stream}/topics/t", """{"name":"u"}""");
        Assert.Equal(3_600_000_000ul, (await client.DoAsync("GET", $"{stream}/topics/u")).GetProperty("message_expiry").GetUInt64());
        await client.RefusedAsync(400, 3, "PUT", $"{stream}/topics/u", "{}");
        await client.RefusedAsync(400, 3, "PUT", $"{stream}/topics/u", """{"durability":"persisted"}"""); // set once: nothing that could change
        await client.RefusedAsync(400, 4103, "PUT", $"{stream}/topics/u", """{"reset":["durability"]}""");
        await client.RefusedAsync(400, 4104, "PUT", $"{stream}/topics/u", """{"reset":["name"]}""");
        await client.RefusedAsync(400, 4042, "PUT", $"{stream}/topics/u", """{"message_expiry":"soon"}""");
    }

    [Fact]
    public async Task Poll_ThatWaits_IsAnsweredByTheNextMessage()
    {
        var (client, topic) = await fixture.NewTopicAsync();
        using var _ = client;
        var query = $"{topic}/messages/deferred?consumer_kind=consumer&consumer_id=7&partition_id=0&kind=next&value=0&count=10&min_count=1&max_bytes=1048576";
        Assert.Equal(0, (await client.DoAsync("GET", query + "&wait_us=0&request_timeout_us=10000000")).GetProperty("count").GetInt32());
        var waiting = client.DoAsync("POST", query + "&wait_us=25000000&request_timeout_us=35000000&auto_commit=true");
        await client.DoAsync("POST", $"{topic}/messages", Hello);
        var polled = await waiting;
        Assert.Equal(1, polled.GetProperty("count").GetInt32());
        var context = polled.GetProperty("context");
        Assert.Equal(0ul, (await client.DoAsync("GET", $"{topic}/consumer-offsets?consumer_id=7&partition_id=0")).GetProperty("stored_offset").GetUInt64());

        Assert.Equal(0, (await client.DoAsync("GET", $"{query}&context={Uri.EscapeDataString(context.GetRawText())}")).GetProperty("count").GetInt32());
        var other = JsonSerializer.Serialize(new { incarnation = context.GetProperty("incarnation").GetUInt64() + 1, owner_generation = 0, metadata_op = 0 });
        await client.RefusedAsync(400, 87, "GET", $"{query}&context={Uri.EscapeDataString(other)}");
        await client.RefusedAsync(400, 87, "POST", $"{topic}/messages", Hello[..^1] + $",\"context\":{other}}}");
        await client.RefusedAsync(400, 87, "PUT", $"{topic}/consumer-offsets", $$"""{"consumer_id":7,"partition_id":0,"offset":0,"context":{{other}}}""");
        await client.DoAsync("POST", $"{topic}/messages", Hello[..^1] + $",\"context\":{context.GetRawText()}}}");
        await client.RefusedAsync(400, 3, "GET", query + "&wait_us=600000001");
    }

    [Fact]
    public async Task Offsets_OfAnExternalGroup_AreItsOwn()
    {
        var (client, topic) = await fixture.NewTopicAsync();
        using var _ = client;
        await client.DoAsync("POST", $"{topic}/messages", Hello);
        await client.DoAsync("PUT", $"{topic}/consumer-offsets", """{"consumer_kind":"external_group","consumer_id":"kafka","partition_id":0,"offset":0,"context":null}""");
        Assert.Equal(200, (await client.AskAsync("GET", $"{topic}/consumer-offsets?consumer_kind=external_group&consumer_id=kafka&partition_id=0")).Status);
        Assert.Equal(404, (await client.AskAsync("GET", $"{topic}/consumer-offsets?consumer_id=kafka&partition_id=0")).Status);
        Assert.Equal(204, (await client.AskAsync("DELETE", $"{topic}/consumer-offsets/kafka?consumer_kind=external_group&partition_id=0")).Status);
    }

    private static async Task<string> NewStreamAsync(ApiClient client)
    {
        var name = HttpFixture.NewName();
        await client.DoAsync("POST", "/streams", $$"""{"name":"{{name}}"}""");
        return $"/streams/{name}";
    }
}
