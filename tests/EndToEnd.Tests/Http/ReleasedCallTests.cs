using System.Text.Json;

namespace Iggy.EndToEnd.Tests.Http;

/// <summary>Calls in the order and form in which released programs make them: the web UI, and the samples of the released server.</summary>
public sealed class ReleasedCallTests(HttpFixture fixture)
{
    private const string Permissions = """{"global":{"manage_servers":false,"read_servers":true,"manage_users":true,"read_users":true,"manage_streams":false,"read_streams":true,"manage_topics":false,"read_topics":true,"poll_messages":true,"send_messages":true},"streams":{"0":{"manage_stream":false,"read_stream":true,"manage_topics":false,"read_topics":true,"poll_messages":true,"send_messages":true}}}""";

    // Goal: what the web UI reads is there. Method: its calls page by page, every field that it shows, ids only, a JSON content type on each call.
    [Fact]
    public async Task WebUi_EachPage_FindsItsFields()
    {
        var (client, topicPath) = await fixture.NewTopicAsync(partitions: 2);
        using var _ = client;
        var name = topicPath.Split('/')[2];
        var stream = Find(await client.DoAsync("GET", "/streams"), "name", name, "id name size messages_count topics_count created_at");
        var path = $"/streams/{stream.GetProperty("id").GetUInt32()}";
        await client.DoAsync("POST", $"{path}/topics/0/messages", """{"partitioning":{"kind":"partition_id","value":"AQAAAA=="},"messages":[{"payload":"aGVsbG8=","user_headers":[{"key":{"kind":"string","value":"aw=="},"value":{"kind":"raw","value":"dg=="}}]},{"payload":"YQ=="}]}""");

        Has(await client.DoAsync("GET", "/stats"), "process_id cpu_usage memory_usage total_memory available_memory run_time start_time read_bytes written_bytes messages_size_bytes streams_count topics_count partitions_count segments_count messages_count clients_count consumer_groups_count hostname os_name os_version kernel_version iggy_server_version");
        var details = await client.DoAsync("GET", path);
        Assert.Equal((2ul, 1u), (details.GetProperty("messages_count").GetUInt64(), details.GetProperty("topics_count").GetUInt32()));
        Has(details.GetProperty("topics")[0], "id name size message_expiry messages_count partitions_count created_at compression_algorithm max_topic_size");
        var topic = await client.DoAsync("GET", $"{path}/topics/0");
        Has(topic, "id name size message_expiry messages_count partitions_count created_at compression_algorithm max_topic_size partitions");
        var partition = topic.GetProperty("partitions")[1];
        Has(partition, "id segments_count current_offset size messages_count created_at");
        var bytes = (2 * 64) + 5 + 1 + 12; // headers, payloads, and one user header of two bytes in two fields of six
        Assert.Equal((1ul, 2ul, $"{bytes} B", details.GetProperty("size").GetString()), (partition.GetProperty("current_offset").GetUInt64(), partition.GetProperty("messages_count").GetUInt64(), partition.GetProperty("size").GetString(), $"{bytes} B"));

        var first = await client.AskAsync("GET", $"{path}/topics/0/messages?kind=offset&value=0&count=1&auto_commit=false&partition_id=1", body: "", contentType: "application/json");
        Assert.Equal((200, 1ul), (first.Status, first.Json.GetProperty("current_offset").GetUInt64()));
        var message = (await client.DoAsync("GET", $"{path}/topics/0/messages?kind=offset&value=0&count=20&auto_commit=false&partition_id=1")).GetProperty("messages")[0];
        Has(message.GetProperty("header"), "checksum id offset timestamp origin_timestamp user_headers_length payload_length reserved");
        Has(message.GetProperty("user_headers")[0].GetProperty("key"), "kind value");

        // Its dialogs.
        Assert.Equal(200, (await client.AskAsync("POST", "/streams", $$"""{"name":"{{name}}-2"}""")).Status);
        Assert.Equal("name", (await client.AskAsync("POST", "/streams", $$"""{"name":"{{name}}-2"}""")).Json.GetProperty("field").GetString());
        Assert.Equal(200, (await client.AskAsync("POST", $"{path}/topics", """{"name":"ui","partitions_count":3,"message_expiry":0,"compression_algorithm":"none","max_topic_size":2000000000}""")).Status);
        Assert.Equal(204, (await client.AskAsync("PUT", $"{path}/topics/1", """{"name":"ui2","message_expiry":5000000,"compression_algorithm":"none","max_topic_size":0}""")).Status);
        Assert.Equal(201, (await client.AskAsync("POST", $"{path}/topics/1/partitions", """{"partitions_count":1}""")).Status);
        Assert.Equal(204, (await client.AskAsync("DELETE", $"{path}/topics/1/partitions?partitions_count=2")).Status);
        Assert.Equal(2, (await client.DoAsync("GET", $"{path}/topics/ui2")).GetProperty("partitions_count").GetInt32());
        var user = await client.DoAsync("POST", "/users", $$"""{"username":"{{name}}","password":"secret","status":"active","permissions":{{Permissions}}}""");
        Has(Find(await client.DoAsync("GET", "/users"), "username", name, "id created_at status username"), "id");
        var shown = await client.DoAsync("GET", $"/users/{user.GetProperty("id").GetUInt32()}");
        Assert.Equal(10, shown.GetProperty("permissions").GetProperty("global").EnumerateObject().Count());
        Assert.Equal(JsonValueKind.Null, shown.GetProperty("permissions").GetProperty("streams").GetProperty("0").GetProperty("topics").ValueKind); // it leaves them out when none is set
        Assert.Equal(204, (await client.AskAsync("DELETE", $"{path}/topics/1")).Status);
        Assert.Equal(204, (await client.AskAsync("DELETE", path)).Status);
    }

    // Goal: a purge empties, counts anew, and forgets what was stored.
    [Theory]
    [InlineData("/purge")]
    [InlineData("/topics/t/purge")]
    public async Task Purge_LeavesNothingBehind(string purge)
    {
        var (client, topic) = await fixture.NewTopicAsync();
        using var _ = client;
        const string message = """{"partitioning":{"kind":"balanced","value":""},"messages":[{"payload":"YQ=="},{"payload":"Yg=="}]}""";
        await client.DoAsync("POST", $"{topic}/messages", message);
        await client.DoAsync("PUT", $"{topic}/consumer-offsets", """{"offset":1}""");
        Assert.Equal(204, (await client.AskAsync("DELETE", topic[..^"/topics/t".Length] + purge)).Status);
        var empty = await client.DoAsync("GET", $"{topic}/messages");
        Assert.Equal((0, 0ul, 0), (empty.GetProperty("count").GetInt32(), empty.GetProperty("current_offset").GetUInt64(), empty.GetProperty("messages").GetArrayLength()));
        await client.RefusedAsync(404, 404, "GET", $"{topic}/consumer-offsets");
        await client.DoAsync("POST", $"{topic}/messages", message);
        Assert.Equal(1ul, (await client.DoAsync("GET", $"{topic}/messages")).GetProperty("current_offset").GetUInt64());
    }

    // Goal: each client's way to say the same. Method: bodies as the C#, Java and Rust clients write them.
    [Fact]
    public async Task Clients_EachInItsOwnWay_AreUnderstood()
    {
        using var client = await fixture.LogInAsync();
        var stream = $"/streams/{HttpFixture.NewName()}";
        foreach (var context in new[] { "\"version\":\"0.10.0\",\"context\":\"\"", "\"version\":\"0.8.0\",\"context\":\"csharp-sdk\"", "\"version\":\"Apache Iggy Java\",\"context\":\"Apache Iggy Java\"" })
        {
            using var before = new ApiClient(fixture.Server.Http) { Token = "" }; // Authorization without a token, as some send it before they have one
            await before.DoAsync("POST", "/users/login", $$"""{"username":"iggy","password":"iggy",{{context}}}""");
        }
        await client.DoAsync("POST", "/streams", $$"""{"name":"{{stream[9..]}}"}""");
        var made = await client.AskAsync("POST", $"{stream}/topics", """{"name":"t","compression_algorithm":"none","message_expiry":0,"partitions_count":1,"replication_factor":null,"max_topic_size":0}""", "application/json; charset=utf-8");
        Assert.Equal(200, made.Status);
        var topic = $"{stream}/topics/t";
        Assert.Equal(201, (await client.AskAsync("POST", $"{topic}/messages", """{"partitioning":{"kind":"balanced","value":""},"messages":[{"id":"85070676400137530571003302589663019008","payload":"YQ==","user_headers":null},{"id":"0","payload":"YQ=="}]}""")).Status);
        Assert.Equal(201, (await client.AskAsync("POST", $"{topic}/messages", """{"partitioning":{"kind":"messages_key","value":"a2V5"},"messages":[{"header":{"checksum":0,"id":7,"offset":0,"timestamp":0,"origin_timestamp":0,"user_headers_length":0,"payload_length":1,"reserved":0},"payload":"YQ==","user_headers":[]}]}""")).Status);
        Assert.Equal(201, (await client.AskAsync("POST", $"{topic}/messages", """{"partitioning":{"kind":"partition_id","value":"AAAAAA"},"messages":[{"id":18446744073709551615,"payload":"YQ=="}]}""")).Status); // without padding
        Assert.Equal(["85070676400137530571003302589663019008", "7", "18446744073709551615"],
            (await client.DoAsync("GET", $"{topic}/messages")).GetProperty("messages").EnumerateArray().Select(message => message.GetProperty("header").GetProperty("id").GetRawText()).Where((_, i) => i != 1));
        foreach (var body in new[] { """{"consumer_id":7,"partition_id":0,"offset":1}""", """{"consumer_id":"7","partition_id":null,"offset":2}""", """{"consumer_id":"7","partition_id":0,"offset":3}""" })
            Assert.Equal(204, (await client.AskAsync("PUT", $"{topic}/consumer-offsets", body)).Status);
        Assert.Equal(3, (await client.DoAsync("GET", $"{topic}/consumer-offsets?consumer_id=7")).GetProperty("stored_offset").GetInt32());
        await client.RefusedAsync(404, 404, "GET", $"{topic}/consumer-offsets?consumer_id=7&partition_id=1"); // what the Java client asks for when nothing is said
        Assert.Equal(200, (await client.AskAsync("GET", $"{topic}/messages/flush/0/fsync=true?partition_id=0&fsync=true")).Status);
        Assert.Equal(204, (await client.AskAsync("DELETE", $"{topic}/consumer-offsets/7?partition_id=0")).Status);
        Assert.Equal(204, (await client.AskAsync("PUT", "/users/0", """{"username":"iggy","user_status":"active"}""")).Status);
        Assert.Equal(204, (await client.AskAsync("DELETE", $"{topic}/partitions?partitions_count=1")).Status); // the last one may go
        await client.RefusedAsync(404, 2010, "POST", $"{topic}/messages", """{"partitioning":{"kind":"balanced","value":""},"messages":[{"payload":"YQ=="}]}""");
        await client.RefusedAsync(404, 2010, "POST", $"{topic}/messages", """{"partitioning":{"kind":"messages_key","value":"a2V5"},"messages":[{"payload":"YQ=="}]}""");
    }

    private static JsonElement Find(JsonElement list, string by, string name, string fields)
    {
        var found = list.EnumerateArray().Single(one => one.GetProperty(by).GetString() == name);
        Has(found, fields);
        return found;
    }

    private static void Has(JsonElement one, string fields) =>
        Assert.All(fields.Split(' '), field => Assert.True(one.TryGetProperty(field, out var value) && value.ValueKind is not JsonValueKind.Null, field));
}
