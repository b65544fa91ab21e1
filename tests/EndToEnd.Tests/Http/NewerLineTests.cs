using System.Text.Json;

namespace Iggy.EndToEnd.Tests.Http;

/// <summary>What the API of the 0.9 line has beside that of 0.8: options, the user itself, confirmations.</summary>
public sealed class NewerLineTests(HttpFixture fixture)
{
    [Fact]
    public async Task Options_OfEachScope_AreDescribed()
    {
        using var client = await fixture.LogInAsync();
        var topic = (await client.DoAsync("GET", "/options/topic")).EnumerateArray().ToDictionary(option => option.GetProperty("key").GetString()!);
        Assert.Equal(11, topic.Count);
        Assert.Equal("uint64", topic["segment_size"].GetProperty("kind").GetString());
        Assert.Equal([0, 0, 0, 64, 0, 0, 0, 0], topic["segment_size"].GetProperty("default_value").EnumerateArray().Select(one => one.GetInt32()));
        Assert.Equal("bool", topic["preallocate_segments"].GetProperty("kind").GetString());
        Assert.NotEqual("", topic["message_expiry"].GetProperty("description").GetString());
        Assert.Equal("[]", (await client.AskAsync("GET", "/options/stream")).Body);
        Assert.Equal("[]", (await client.AskAsync("GET", "/options/user")).Body);
        await client.RefusedAsync(404, 404, "GET", "/options/partition");
    }

    [Fact]
    public async Task Topic_WithOptions_KeepsAndTellsThem()
    {
        using var client = await fixture.LogInAsync();
        var stream = await NewStreamAsync(client);
        const string start = """{"name":"t","partitions_count":1,"compression_algorithm":"none","message_expiry":0,"max_topic_size":0""";
        await client.RefusedAsync(400, 4041, "POST", $"{stream}/topics", start + ""","options":{"colour":"red"}}""");
        await client.RefusedAsync(400, 4042, "POST", $"{stream}/topics", start + ""","options":{"segment_size":"1 KB"}}""");
        await client.RefusedAsync(400, 4042, "POST", $"{stream}/topics", start + ""","options":{"segment_size":""}}""");
        var topic = await client.DoAsync("POST", $"{stream}/topics", start + ""","options":{"segment_size":"512 MiB","enforce_fsync":"true","message_expiry":"1h 30m"}}""");
        Assert.Equal(1, topic.GetProperty("replication_factor").GetInt32());
        Assert.Equal(5_400_000_000ul, topic.GetProperty("message_expiry").GetUInt64());
        Assert.Equal(("536870912", true), Option(topic, "segment_size"));
        Assert.Equal(("true", true), Option(topic, "enforce_fsync"));
        Assert.Equal(("5400000000", true), Option(topic, "message_expiry"));
        Assert.Equal(("1024", false), Option(topic, "messages_required_to_save"));

        await client.RefusedAsync(400, 4042, "PUT", $"{stream}/topics/t", """{"name":"t","options":{"segment_size":"1 GiB"}}""");
        await client.DoAsync("PUT", $"{stream}/topics/t", """{"name":"t2","max_topic_size":2000000000}""");
        await client.DoAsync("PUT", $"{stream}/topics/t2", """{"name":"t2","options":{"compression_algorithm":"gzip"}}""");
        topic = await client.DoAsync("GET", $"{stream}/topics/t2");
        Assert.Equal((5_400_000_000ul, 2_000_000_000ul, "gzip"), (topic.GetProperty("message_expiry").GetUInt64(), topic.GetProperty("max_topic_size").GetUInt64(), topic.GetProperty("compression_algorithm").GetString()));
        Assert.Equal(("gzip", true), Option(topic, "compression_algorithm"));
        Assert.Equal(("536870912", true), Option(topic, "segment_size"));
        Assert.Equal("{}", (await client.DoAsync("GET", stream)).GetProperty("options").GetRawText());
        Assert.Equal(("gzip", true), Option((await client.DoAsync("GET", stream)).GetProperty("topics")[0], "compression_algorithm"));
        await client.RefusedAsync(400, 4041, "PUT", stream, """{"name":"other","options":{"x":"y"}}""");
    }

    [Fact]
    public async Task Self_NeedsNoRight()
    {
        using var root = await fixture.LogInAsync();
        Assert.Equal("iggy", (await root.DoAsync("GET", "/users/me")).GetProperty("username").GetString());
        var name = HttpFixture.NewName();
        await root.DoAsync("POST", "/users", $$"""{"username":"{{name}}","password":"secret","status":"active"}""");
        using var client = await ApiClient.LogInAsync(fixture.Server, name, "secret");
        var self = await client.DoAsync("GET", "/users/me");
        Assert.Equal((name, "{}"), (self.GetProperty("username").GetString(), self.GetProperty("options").GetRawText()));
        await root.RefusedAsync(400, 4041, "POST", "/users", """{"username":"nobody","password":"secret","status":"active","options":{"x":"y"}}""");
    }

    [Fact]
    public async Task Send_IsConfirmed()
    {
        using var client = await fixture.LogInAsync();
        var stream = await NewStreamAsync(client);
        await client.DoAsync("POST", $"{stream}/topics", """{"name":"t","partitions_count":2,"compression_algorithm":"none","message_expiry":0,"max_topic_size":0}""");
        var id = (await client.DoAsync("GET", stream)).GetProperty("id").GetUInt32();
        const string body = """{"partitioning":{"kind":"partition_id","value":"AQAAAA=="},"messages":[{"payload":"AQ=="},{"payload":"Ag=="}]}""";
        foreach (var (path, status, offset) in new[] { ("messages", 201, 0), ("messages?ack=leader", 201, 2), ("messages?ack=none", 202, 4) })
        {
            var sent = await client.AskAsync("POST", $"{stream}/topics/t/{path}", body);
            Assert.Equal((status, $$"""{"confirmations":[{"stream_id":{{id}},"topic_id":0,"partition_id":1,"base_offset":{{offset}}}]}"""), (sent.Status, sent.Body));
        }
    }

    private static async Task<string> NewStreamAsync(ApiClient client)
    {
        var name = HttpFixture.NewName();
        await client.DoAsync("POST", "/streams", $$"""{"name":"{{name}}"}""");
        return $"/streams/{name}";
    }

    private static (string?, bool) Option(JsonElement topic, string key)
    {
        var option = topic.GetProperty("options").GetProperty(key);
        return (option.GetProperty("value").GetString(), option.GetProperty("explicit").GetBoolean());
    }
}
