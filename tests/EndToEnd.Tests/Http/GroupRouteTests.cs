using Iggy.EndToEnd.Tests.Setup;

namespace Iggy.EndToEnd.Tests.Http;

/// <summary>Consumer groups: their routes, and what clients are told of memberships.</summary>
public sealed class GroupRouteTests(HttpFixture fixture)
{
    [Fact]
    public async Task Groups_FromBirthToEnd_AnswerAsDocumented()
    {
        var (client, topic) = await fixture.NewTopicAsync(partitions: 3);
        using var _ = client;
        var groups = $"{topic}/consumer-groups";
        Assert.Equal((200, "[]"), Of(await client.AskAsync("GET", groups)));
        const string workers = """{"id":0,"name":"workers","partitions_count":3,"members_count":0,"members":[]}""";
        Assert.Equal((201, workers), Of(await client.AskAsync("POST", groups, """{"name":"workers"}""")));
        Assert.Equal((201, workers.Replace("\"id\":0", "\"id\":1", StringComparison.Ordinal).Replace("workers", "ü /", StringComparison.Ordinal)), Of(await client.AskAsync("POST", groups, """{"name":"ü /"}""")));
        Assert.Equal((200, """[{"id":0,"name":"workers","partitions_count":3,"members_count":0},{"id":1,"name":"ü /","partitions_count":3,"members_count":0}]"""), Of(await client.AskAsync("GET", groups)));
        foreach (var one in new[] { "0", "workers", "+0", "00" })
            Assert.Equal((200, workers), Of(await client.AskAsync("GET", $"{groups}/{one}")));
        Assert.Equal(1, (await client.DoAsync("GET", $"{groups}/%C3%BC%20%2F")).GetProperty("id").GetInt32());

        await client.RefusedAsync(400, 5004, "POST", groups, """{"name":"workers"}""");
        Assert.EndsWith("\"field\":\"name\"}", (await client.AskAsync("POST", groups, """{"name":"workers"}""")).Body, StringComparison.Ordinal);
        await client.RefusedAsync(400, 5005, "POST", groups, """{"name":""}""");
        await client.RefusedAsync(400, 5005, "POST", "/streams/nowhere/topics/t/consumer-groups", $$"""{"name":"{{new string('x', 256)}}"}""");
        await client.RefusedAsync(422, 3, "POST", groups, """{"name":null}""");
        await client.RefusedAsync(422, 3, "POST", groups, "{}");
        await client.RefusedAsync(415, 3, "POST", groups, """{"name":"x"}""", contentType: "text/plain");
        await client.RefusedAsync(400, 6, "GET", $"{groups}/{new string('x', 256)}");
        foreach (var (method, path, body) in new[] { ("GET", "", null), ("POST", "", """{"name":"x"}"""), ("GET", "/workers", null), ("DELETE", "/workers", null), ("PUT", "/workers/membership", null), ("DELETE", "/workers/membership", null) })
        {
            await client.RefusedAsync(404, 1009, method, $"/streams/nowhere/topics/t/consumer-groups{path}", body);
            await client.RefusedAsync(404, 2010, method, $"{topic}x/consumer-groups{path}", body);
        }
        foreach (var (method, path) in new[] { ("GET", ""), ("DELETE", ""), ("PUT", "/membership"), ("DELETE", "/membership") })
            await client.RefusedAsync(404, 5000, method, $"{groups}/nobody{path}");
        Assert.Equal((405, "DELETE, GET, HEAD"), await client.AskAsync("PUT", $"{groups}/0", "{}") is var answer ? (answer.Status, answer.Headers["allow"]) : default);

        Assert.Equal((204, ""), Of(await client.AskAsync("DELETE", $"{groups}/workers")));
        await client.RefusedAsync(404, 5000, "DELETE", $"{groups}/0");
        await client.RefusedAsync(404, 5000, "GET", $"{groups}/workers");
        Assert.Equal((200, """[{"id":1,"name":"ü /","partitions_count":3,"members_count":0}]"""), Of(await client.AskAsync("GET", groups)));
    }

    [Fact]
    public async Task Members_OfTheBinaryProtocol_AreShownWithGroupAndClient()
    {
        using var topic = await GroupTopic.MakeAsync(fixture.Server, partitions: 3);
        using var client = await fixture.LogInAsync();
        var member = await topic.JoinAsync();
        var name = System.Text.Encoding.UTF8.GetString(topic.Stream.AsSpan(2));
        var stream = (await client.DoAsync("GET", $"/streams/{name}")).GetProperty("id").GetUInt32();
        Assert.Equal((200, """{"id":0,"name":"g","partitions_count":3,"members_count":1,"members":[{"id":0,"partitions_count":3,"partitions":[0,1,2]}]}"""), Of(await client.AskAsync("GET", $"/streams/{name}/topics/t/consumer-groups/g")));
        Assert.Equal((200, """[{"id":0,"name":"g","partitions_count":3,"members_count":1}]"""), Of(await client.AskAsync("GET", $"/streams/{name}/topics/t/consumer-groups")));

        var me = (await client.DoAsync("GET", "/clients")).EnumerateArray().Single(one => one.GetProperty("address").GetString() == $"127.0.0.1:{member.LocalAddress.Split(':')[^1]}");
        Assert.Equal(1, me.GetProperty("consumer_groups_count").GetInt32());
        Assert.Equal($$"""[{"stream_id":{{stream}},"topic_id":0,"group_id":0,"consumer_group_id":0}]""",
            (await client.DoAsync("GET", $"/clients/{me.GetProperty("client_id").GetUInt32()}")).GetProperty("consumer_groups").GetRawText());
    }

    private static (int, string) Of(ApiAnswer answer) => (answer.Status, answer.Body);
}
