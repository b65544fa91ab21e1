using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Iggy.EndToEnd.Tests.Http;

/// <summary>Messages and offsets, with the bodies that released clients send.</summary>
public sealed partial class MessageRouteTests(HttpFixture fixture)
{
    private const string Headers = """[{"key":{"kind":"string","value":"a2V5XzE="},"value":{"kind":"string","value":"dmFsdWUgMQ=="}}]""";

    [Fact]
    public async Task Messages_SentAndPolled_AreAsDocumented()
    {
        var (client, topic) = await fixture.NewTopicAsync();
        using var _ = client;
        var sent = await client.AskAsync("POST", $"{topic}/messages", $$$"""
            {"messages":[
              {"payload":"aGVsbG8=","id":340282366920938463463374607431768211455},
              {"user_headers":{{{Headers}}},"payload":"d29ybGQ=","id":"af362865-042c-4000-0000-000000000001","offset":7},
              {"id":"85070676400137530571003302589663019008","payload":"\u0059Q=="},
              {"header":{"id":5,"x":[{}]},"payload":"YQ==","user_headers":[]},
              {"id":null,"payload":"YQ==","user_headers":null}],
             "extra":{"a":[1]},"partitioning":{"kind":"partition_id","value":"AAAAAA=="}}
            """);
        Assert.Equal(201, sent.Status);

        var polled = await client.AskAsync("GET", $"{topic}/messages?consumer_id=1&partition_id=0&kind=offset&value=0&count=10&auto_commit=false");
        Assert.Equal(200, polled.Status);
        var body = Varying().Replace(WithoutContext(polled.Body), "\"$1\":#");
        Assert.StartsWith("""
            {"partition_id":0,"current_offset":4,"count":5,"messages":[{"header":{"checksum":#,"id":340282366920938463463374607431768211455,"offset":0,"timestamp":#,"origin_timestamp":#,"user_headers_length":0,"payload_length":5,"reserved":0},"payload":"aGVsbG8=","user_headers":[]},{"header":{"checksum":#,"id":
            """, body, StringComparison.Ordinal);
        Assert.Contains("\"user_headers_length\":22,\"payload_length\":5,\"reserved\":0},\"payload\":\"d29ybGQ=\",\"user_headers\":" + Headers + "}", body, StringComparison.Ordinal);
        var ids = polled.Json.GetProperty("messages").EnumerateArray().Select(message => UInt128.Parse(message.GetProperty("header").GetProperty("id").GetRawText(), CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(UInt128.Parse("af362865042c40000000000000000001", NumberStyles.HexNumber, CultureInfo.InvariantCulture), ids[1]);
        Assert.Equal(UInt128.Parse("85070676400137530571003302589663019008", CultureInfo.InvariantCulture), ids[2]);
        Assert.Equal((UInt128)5, ids[3]);
        Assert.NotEqual(UInt128.Zero, ids[4]);
        var header = polled.Json.GetProperty("messages")[0].GetProperty("header");
        Assert.InRange(header.GetProperty("timestamp").GetUInt64() - header.GetProperty("origin_timestamp").GetUInt64(), 0ul, 60_000_000ul);

        // The released sample: values that do not fit their kinds go in, and come out as the bytes they are.
        await client.DoAsync("POST", $"{topic}/messages", """
            {"partitioning":{"kind":"partition_id","value":"AAAAAA=="},"messages":[{"id":0,"payload":"aGVsbG8=","user_headers":[
              {"key":{"kind":"string","value":"a2V5XzE="},"value":{"kind":"string","value":"dmFsdWUgMQ=="}},
              {"key":{"kind":"uint32","value":"Kg=="},"value":{"kind":"int32","value":"AAAA"}}]}]}
            """);
        Assert.Contains("\"user_headers\":\"AgUAAABrZXlfMQIHAAAAdmFsdWUgMQsBAAAAKgYDAAAAAAAA\"", (await client.AskAsync("GET", $"{topic}/messages?kind=last&count=1")).Body, StringComparison.Ordinal);
        await client.DoAsync("POST", $"{topic}/messages", """{"partitioning":{"kind":"balanced","value":""},"messages":[{"payload":"YQ==","user_headers":"AgUAAABrZXlfMQIHAAAAdmFsdWUgMQ=="}]}""");
        Assert.Contains($"\"user_headers\":{Headers}", (await client.AskAsync("GET", $"{topic}/messages?kind=l&count=1")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Poll_EachKind_StartsWhereItShould()
    {
        var (client, topic) = await fixture.NewTopicAsync(partitions: 2);
        using var _ = client;
        for (var i = 0; i < 10; i++)
            await client.DoAsync("POST", $"{topic}/messages", Send($"m{i}"));

        Assert.Equal("m0 m1 m2 m3 m4 m5 m6 m7 m8 m9", await PollAsync(client, topic, ""));
        Assert.Equal("m4 m5", await PollAsync(client, topic, "?kind=o&value=4&count=2"));
        Assert.Equal("m0 m1", await PollAsync(client, topic, "?kind=first&count=2"));
        Assert.Equal("m8 m9", await PollAsync(client, topic, "?kind=last&count=2"));
        Assert.Equal("m0", await PollAsync(client, topic, "?kind=timestamp&value=1&count=1"));
        Assert.Equal("m0 m1 m2", await PollAsync(client, topic, "?kind=next&count=3&auto_commit=true"));
        Assert.Equal("m3 m4", await PollAsync(client, topic, "?kind=n&count=2&auto_commit=false&unknown=1"));
        Assert.Equal("m0", await PollAsync(client, topic, "?kind=next&count=1&consumer_id=other"));
        Assert.Equal("", await PollAsync(client, topic, "?count=0"));
        // Nothing found: where the partition stands is told all the same.
        Assert.Equal("""{"partition_id":0,"current_offset":9,"count":0,"messages":[]}""", WithoutContext((await client.AskAsync("GET", $"{topic}/messages?value=100")).Body));
        Assert.Equal("""{"partition_id":1,"current_offset":0,"count":0,"messages":[]}""", WithoutContext((await client.AskAsync("GET", $"{topic}/messages?partition_id=1")).Body));

        foreach (var query in new[] { "kind=Next", "kind=x", "partition_id=", "partition_id=-1", "partition_id=x", "value=1.5", "count=x", "auto_commit=True", "auto_commit=1", "count=1&count=2", "partition_id=4294967296" })
            await client.RefusedAsync(400, 3, "GET", $"{topic}/messages?{query}");
        await client.RefusedAsync(400, 6, "GET", $"{topic}/messages?consumer_id=");
        await client.RefusedAsync(404, 3007, "GET", $"{topic}/messages?partition_id=2");
        await client.RefusedAsync(404, 2010, "GET", $"{topic}x/messages");
        await client.RefusedAsync(404, 1009, "GET", "/streams/nowhere/topics/t/messages");

        foreach (var fsync in new[] { "true", "false", "fsync=true", "fsync=false?partition_id=0&fsync=false" })
            Assert.Equal((200, ""), (await client.AskAsync("GET", $"{topic}/messages/flush/0/{fsync}")) is var flushed ? (flushed.Status, flushed.Body) : default);
        await client.RefusedAsync(400, 3, "GET", $"{topic}/messages/flush/0/maybe");
        await client.RefusedAsync(400, 3, "GET", $"{topic}/messages/flush/x/true");
        await client.RefusedAsync(404, 3007, "GET", $"{topic}/messages/flush/9/true");
    }

    [Fact]
    public async Task Send_WhatIsWrong_IsToldByStatusAndCode()
    {
        var (client, topic) = await fixture.NewTopicAsync();
        using var _ = client;
        var path = $"{topic}/messages";
        const string partitioning = "\"partitioning\":{\"kind\":\"partition_id\",\"value\":\"AAAAAA==\"}";
        foreach (var shape in new[]
        {
            "{}", "[]", "null", "1", $"{{{partitioning}}}", "{\"messages\":[]}", $"{{{partitioning},\"messages\":{{}}}}", $"{{{partitioning},\"messages\":[1]}}",
            $"{{{partitioning},\"messages\":[{{}}]}}", Message("\"payload\":\"\""), Message("\"payload\":null"), Message("\"payload\":\"a\""), Message("\"payload\":\"YQ\""), Message("\"payload\":\"-_==\""), Message("\"payload\":\" YQ==\""),
            Message("\"payload\":\"YQ==\",\"payload\":\"YQ==\""), Message("\"payload\":\"YQ==\",\"id\":-1"), Message("\"payload\":\"YQ==\",\"id\":1.5"), Message("\"payload\":\"YQ==\",\"id\":true"),
            Message("\"payload\":\"YQ==\",\"id\":\"x\""), Message("\"payload\":\"YQ==\",\"id\":340282366920938463463374607431768211456"), Message("\"payload\":\"YQ==\",\"user_headers\":1"),
            Message("\"payload\":\"YQ==\",\"user_headers\":\"x\""), Message("\"payload\":\"YQ==\",\"user_headers\":[{\"key\":{\"kind\":\"string\",\"value\":\"YQ==\"}}]"),
            Message("\"payload\":\"YQ==\",\"user_headers\":[{\"key\":{\"kind\":\"String\",\"value\":\"YQ==\"},\"value\":{\"kind\":\"raw\",\"value\":\"YQ==\"}}]"),
            Message("\"payload\":\"YQ==\",\"user_headers\":[{\"key\":{\"kind\":\"string\",\"value\":\"\"},\"value\":{\"kind\":\"raw\",\"value\":\"YQ==\"}}]"),
            "{\"partitioning\":{\"kind\":\"random\",\"value\":\"\"},\"messages\":[{\"payload\":\"YQ==\"}]}", "{\"partitioning\":{\"kind\":\"balanced\"},\"messages\":[{\"payload\":\"YQ==\"}]}",
        })
            await client.RefusedAsync(422, 3, "POST", path, shape);
        foreach (var text in new[] { "", "{", "{\"messages\":[", Message("\"payload\":\"YQ==\"") + "x", "{]", "\u0001" })
            await client.RefusedAsync(400, 3, "POST", path, text);

        await client.RefusedAsync(400, 4009, "POST", path, $"{{{partitioning},\"messages\":[]}}");
        await client.RefusedAsync(400, 4028, "POST", path, $"{{\"partitioning\":{{\"kind\":\"messages_key\",\"value\":\"\"}},\"messages\":[{{\"payload\":\"YQ==\"}}]}}");
        await client.RefusedAsync(400, 4028, "POST", path, $"{{\"partitioning\":{{\"kind\":\"messages_key\",\"value\":\"{Convert.ToBase64String(new byte[256])}\"}},\"messages\":[]}}");
        await client.RefusedAsync(400, 3, "POST", path, "{\"partitioning\":{\"kind\":\"partition_id\",\"value\":\"AAA\"},\"messages\":[{\"payload\":\"YQ==\"}]}");
        await client.RefusedAsync(404, 3007, "POST", path, "{\"partitioning\":{\"kind\":\"partition_id\",\"value\":\"AwAAAA==\"},\"messages\":[{\"payload\":\"YQ==\"}]}");
        await client.RefusedAsync(404, 2010, "POST", $"{topic}x/messages", Send("x"));
        await client.RefusedAsync(415, 3, "POST", path, Send("x"), contentType: "text/plain");
        await client.RefusedAsync(415, 3, "POST", path, Send("x"), contentType: null);
        await client.DoAsync("POST", path, "{\"partitioning\":{\"kind\":\"messages_key\",\"value\":\"a2V5\"},\"messages\":[{\"payload\":\"YQ==\"}]}");
        Assert.Equal(201, (await client.AskAsync("POST", path, Send("x"), "application/problem+json; charset=utf-8")).Status);
        await client.RefusedAsync(413, 3, "POST", path, Send(new string('x', 2_000_000)));
        await client.RefusedAsync(413, 3, "POST", path, Send(new string('x', 20_000_000))); // heard by who sends far more than fits a socket
        Assert.Equal("a x", await PollAsync(client, topic, "")); // nothing of what was refused is there
    }

    [Fact]
    public async Task Offsets_FromStoreToDelete_AnswerAsDocumented()
    {
        var (client, topic) = await fixture.NewTopicAsync(partitions: 3);
        using var _ = client;
        var offsets = $"{topic}/consumer-offsets";
        await client.RefusedAsync(400, 4100, "PUT", offsets, """{"offset":0}""");
        for (var i = 0; i < 4; i++)
            await client.DoAsync("POST", $"{topic}/messages", Send("x", "AgAAAA=="));
        await client.DoAsync("PUT", offsets, """{"consumer_id":7,"partition_id":2,"offset":2}""");
        Assert.Equal("""{"partition_id":2,"current_offset":3,"stored_offset":2}""", (await client.AskAsync("GET", $"{offsets}?consumer_id=7&partition_id=2")).Body);
        await client.DoAsync("PUT", offsets, """{"consumer_id":"7","partition_id":2,"offset":3}""");
        Assert.Equal("""{"partition_id":2,"current_offset":3,"stored_offset":3}""", (await client.AskAsync("GET", $"{offsets}?consumer_id=7&partition_id=2")).Body);
        await client.DoAsync("PUT", offsets, """{"consumer_id":"named","partition_id":2,"offset":1}""");
        Assert.Equal(1, (await client.DoAsync("GET", $"{offsets}?consumer_id=named&partition_id=2")).GetProperty("stored_offset").GetInt32());

        await client.RefusedAsync(400, 4100, "PUT", offsets, """{"consumer_id":7,"partition_id":2,"offset":4}""");
        Assert.Contains("\"field\":\"offset\"", (await client.AskAsync("PUT", offsets, """{"consumer_id":7,"partition_id":2,"offset":4}""")).Body, StringComparison.Ordinal);
        await client.RefusedAsync(404, 3007, "PUT", offsets, """{"partition_id":3,"offset":0}""");
        await client.RefusedAsync(422, 3, "PUT", offsets, """{"consumer_id":7}""");
        await client.RefusedAsync(422, 3, "PUT", offsets, """{"consumer_id":-7,"offset":1}""");
        await client.RefusedAsync(404, 404, "GET", offsets);
        await client.RefusedAsync(404, 404, "GET", $"{offsets}?partition_id=9");
        await client.RefusedAsync(404, 2010, "GET", $"{topic}x/consumer-offsets");
        Assert.Equal(204, (await client.AskAsync("DELETE", $"{offsets}/7?partition_id=2")).Status);
        await client.RefusedAsync(404, 3021, "DELETE", $"{offsets}/7?partition_id=2");
        await client.RefusedAsync(404, 3007, "DELETE", $"{offsets}/7?partition_id=3");
        await client.RefusedAsync(404, 3021, "DELETE", $"{offsets}/Apache.Iggy.Kinds.Consumer"); // what one released client sends
    }

    [Fact]
    public async Task SystemRoutes_AnswerAsDocumented()
    {
        using var client = await fixture.LogInAsync();
        var stats = await client.DoAsync("GET", "/stats");
        Assert.Equal(
            "process_id cpu_usage total_cpu_usage memory_usage total_memory available_memory run_time start_time read_bytes written_bytes messages_size_bytes streams_count topics_count partitions_count segments_count messages_count clients_count consumer_groups_count hostname os_name os_version kernel_version iggy_server_version iggy_server_semver cache_metrics threads_count free_disk_space total_disk_space",
            string.Join(' ', stats.EnumerateObject().Select(property => property.Name)));
        Assert.Equal(((uint)fixture.Server.ProcessId, 8000u, "{}"), (stats.GetProperty("process_id").GetUInt32(), stats.GetProperty("iggy_server_semver").GetUInt32(), stats.GetProperty("cache_metrics").GetRawText()));
        Assert.Contains('.', stats.GetProperty("cpu_usage").GetRawText());
        Assert.Matches(@"^\d+(\.\d+)? ([KMGT]i?)?B$", stats.GetProperty("memory_usage").GetString());

        var cluster = (await client.AskAsync("GET", "/cluster/metadata")).Body;
        Assert.Equal($$$"""{"name":"single-node","nodes":[{"name":"iggy-node","ip":"127.0.0.1","endpoints":{"tcp":{{{fixture.Server.Tcp.Port}}},"quic":0,"http":{{{fixture.Server.Http.Port}}},"websocket":0,"web_socket":0},"role":"leader","status":"healthy","replica_id":0}]}""", cluster);

        using var binary = await Testing.RawClient.LogInAsync(fixture.Server.Tcp);
        var me = (await client.DoAsync("GET", "/clients")).EnumerateArray().Single(one => one.GetProperty("address").GetString() == $"127.0.0.1:{binary.LocalAddress.Split(':')[^1]}"); // its own socket may show the address in the form of IPv6
        Assert.Equal(("tcp", 0u), (me.GetProperty("transport").GetString(), me.GetProperty("user_id").GetUInt32()));
        Assert.Equal(me.GetRawText()[..^1] + ",\"consumer_groups\":[]}", (await client.AskAsync("GET", $"/clients/{me.GetProperty("client_id").GetUInt32()}")).Body);
        await client.RefusedAsync(404, 404, "GET", "/clients/1");
        await client.RefusedAsync(404, 404, "GET", "/clients/0");
        await client.RefusedAsync(400, 3, "GET", "/clients/x");
    }

    private static string Message(string fields) => $"{{\"partitioning\":{{\"kind\":\"partition_id\",\"value\":\"AAAAAA==\"}},\"messages\":[{{{fields}}}]}}";

    private static string Send(string text, string partition = "AAAAAA==") =>
        $$$"""{"partitioning":{"kind":"partition_id","value":"{{{partition}}}"},"messages":[{"payload":"{{{Convert.ToBase64String(Encoding.UTF8.GetBytes(text))}}}"}]}""";

    private static async Task<string> PollAsync(ApiClient client, string topic, string query)
    {
        var reply = await client.DoAsync("GET", $"{topic}/messages{query}");
        Assert.Equal(reply.GetProperty("messages").GetArrayLength(), reply.GetProperty("count").GetInt32());
        return string.Join(' ', reply.GetProperty("messages").EnumerateArray().Select(message => Encoding.UTF8.GetString(message.GetProperty("payload").GetBytesFromBase64())));
    }

    private static string WithoutContext(string body) => Context().Replace(body, "");

    [GeneratedRegex("""\"context\":\{[^}]*\},""")]
    private static partial Regex Context();

    [GeneratedRegex("\"(checksum|timestamp|origin_timestamp)\":\\d+")]
    private static partial Regex Varying();
}
