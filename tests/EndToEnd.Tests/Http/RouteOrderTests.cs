using System.Text.Json;
using Iggy.Testing;

namespace Iggy.EndToEnd.Tests.Http;

/// <summary>Which of several wrongs of a request is told, route by route, in the documented order; and that no route works without a token or a right.</summary>
public sealed class RouteOrderTests(HttpFixture fixture)
{
    private const string Topic = """{"name":"x","partitions_count":1,"compression_algorithm":"none","message_expiry":0,"max_topic_size":0}""";
    private const string Message = """{"partitioning":{"kind":"partition_id","value":"BwAAAA=="},"messages":[{"payload":"YQ=="}]}""";

    // Goal: whoever may do nothing hears no more than is documented. Each row is asked by a user without any permission: what is wrong before the
    // permission is told, what is wrong after it is not.
    private static readonly (string Method, string Path, string? Body, int Status, uint Id)[] s_byStranger =
    [
        ("GET", "/stats", null, 403, 41), ("GET", "/clients", null, 403, 41), ("GET", "/clients/1", null, 403, 41), ("GET", "/clients/x", null, 400, 3),
        ("POST", "/snapshot", """{"compression":"Deflated","snapshot_types":["ProcessList"]}""", 403, 41),
        ("GET", "/users", null, 403, 41), ("GET", "/users/0", null, 403, 41), ("GET", "/users/4000000", null, 404, 404),
        ("POST", "/users", """{"username":"ab","password":"x","status":"active"}""", 400, 43), ("POST", "/users", """{"username":"abc","password":"x","status":"active"}""", 400, 44),
        ("POST", "/users", """{"username":"iggy","password":"abc","status":"active"}""", 403, 41),
        ("PUT", "/users/4000000", """{"username":"ab"}""", 400, 43), ("PUT", "/users/4000000", """{"username":"abc"}""", 403, 41),
        ("PUT", "/users/4000000/permissions", "{}", 403, 41), ("PUT", "/users/0/permissions", "{}", 403, 41),
        ("PUT", "/users/4000000/password", """{"current_password":"a","new_password":"abc"}""", 400, 44), ("PUT", "/users/4000000/password", """{"current_password":"abc","new_password":"abc"}""", 404, 20),
        ("PUT", "/users/0/password", """{"current_password":"abc","new_password":"abc"}""", 403, 41), ("DELETE", "/users/4000000", null, 403, 41), ("DELETE", "/users/0", null, 403, 41),
        ("GET", "/streams", null, 403, 41), ("GET", "{s}", null, 403, 41), ("GET", "/streams/nowhere", null, 404, 404),
        ("POST", "/streams", """{"name":""}""", 400, 1013), ("POST", "/streams", """{"name":"{name}"}""", 403, 41),
        ("PUT", "/streams/{long}", """{"name":""}""", 400, 6), ("PUT", "/streams/nowhere", """{"name":""}""", 400, 1013), ("PUT", "/streams/nowhere", """{"name":"x"}""", 404, 1009), ("PUT", "{s}", """{"name":"x"}""", 403, 41),
        ("DELETE", "/streams/nowhere", null, 404, 1009), ("DELETE", "{s}", null, 403, 41), ("DELETE", "/streams/nowhere/purge", null, 404, 1009), ("DELETE", "{s}/purge", null, 403, 41),
        ("GET", "{s}/topics", null, 403, 41), ("GET", "/streams/nowhere/topics", null, 404, 404), ("GET", "{s}/topics/t", null, 403, 41), ("GET", "{s}/topics/none", null, 404, 404),
        ("POST", "/streams/nowhere/topics", Topic, 404, 404), ("POST", "/streams/nowhere/topics", """{"name":"","partitions_count":1,"compression_algorithm":"none","message_expiry":0,"max_topic_size":0}""", 400, 2014),
        ("POST", "/streams/nowhere/topics", """{"name":"x","partitions_count":1001,"compression_algorithm":"none","message_expiry":0,"max_topic_size":0}""", 400, 2015),
        ("POST", "/streams/{long}/topics", """{"name":"","partitions_count":1,"compression_algorithm":"none","message_expiry":0,"max_topic_size":0}""", 400, 6),
        ("POST", "{s}/topics", """{"name":"t","partitions_count":1,"compression_algorithm":"none","message_expiry":0,"max_topic_size":1}""", 403, 41),
        ("PUT", "{s}/topics/none", """{"name":"","compression_algorithm":"none","message_expiry":0,"max_topic_size":0}""", 400, 2014), ("PUT", "{s}/topics/none", Topic, 404, 2010), ("PUT", "{s}/topics/t", Topic, 403, 41),
        ("DELETE", "{s}/topics/none", null, 404, 2010), ("DELETE", "{s}/topics/t", null, 403, 41), ("DELETE", "{s}/topics/none/purge", null, 404, 2010), ("DELETE", "{s}/topics/t/purge", null, 403, 41),
        ("POST", "{s}/topics/none/partitions", """{"partitions_count":0}""", 400, 2015), ("POST", "{s}/topics/none/partitions", """{"partitions_count":1}""", 404, 2010), ("POST", "{s}/topics/t/partitions", """{"partitions_count":1}""", 403, 41),
        ("DELETE", "{s}/topics/none/partitions?partitions_count=0", null, 400, 2015), ("DELETE", "{s}/topics/none/partitions?partitions_count=1001", null, 400, 2015),
        ("DELETE", "{s}/topics/none/partitions?partitions_count=1", null, 404, 2010), ("DELETE", "{s}/topics/t/partitions?partitions_count=9", null, 403, 41),
        ("DELETE", "{s}/topics/t/partitions/9?segments_count=1", null, 404, 3007), ("DELETE", "{s}/topics/t/partitions/0?segments_count=1", null, 403, 41),
        ("POST", "{s}/topics/none/messages", """{"partitioning":{"kind":"partition_id","value":"BwAAAA=="},"messages":[]}""", 400, 4009), ("POST", "{s}/topics/none/messages", Message, 404, 2010), ("POST", "{s}/topics/t/messages", Message, 403, 41),
        ("GET", "{s}/topics/none/messages?partition_id=9", null, 404, 2010), ("GET", "{s}/topics/t/messages?partition_id=9", null, 403, 41), ("GET", "{s}/topics/{long}/messages", null, 400, 6),
        ("GET", "{s}/topics/t/messages/stream?partition_id=9", null, 403, 41), ("GET", "{s}/topics/none/messages/flush/9/true", null, 404, 2010), ("GET", "{s}/topics/t/messages/flush/9/true", null, 403, 41),
        ("GET", "{s}/topics/none/consumer-offsets", null, 404, 2010), ("GET", "{s}/topics/t/consumer-offsets?partition_id=9", null, 403, 41),
        ("PUT", "{s}/topics/none/consumer-offsets", """{"offset":0}""", 404, 2010), ("PUT", "{s}/topics/t/consumer-offsets", """{"offset":9,"partition_id":9}""", 403, 41),
        ("DELETE", "{s}/topics/none/consumer-offsets/{long}", null, 404, 2010), ("DELETE", "{s}/topics/t/consumer-offsets/{long}", null, 403, 41), ("DELETE", "{s}/topics/t/consumer-offsets/1?partition_id=x", null, 400, 3),
        ("DELETE", "/personal-access-tokens/none", null, 404, 20), ("POST", "/personal-access-tokens", """{"name":"ab","expiry":0}""", 400, 50),
    ];

    [Fact]
    public async Task Wrongs_OfAUserWithoutRights_AreToldInOrder()
    {
        using var root = await fixture.LogInAsync();
        var name = HttpFixture.NewName();
        await root.DoAsync("POST", "/streams", $$"""{"name":"{{name}}"}""");
        await root.DoAsync("POST", $"/streams/{name}/topics", Topic.Replace("\"x\"", "\"t\"", StringComparison.Ordinal));
        await root.DoAsync("POST", "/users", $$"""{"username":"{{name}}","password":"secret","status":"active"}""");
        using var stranger = await ApiClient.LogInAsync(fixture.Server, name, "secret");
        foreach (var (method, path, body, status, id) in s_byStranger)
        {
            var full = path.Replace("{s}", $"/streams/{name}", StringComparison.Ordinal).Replace("{long}", new string('x', 256), StringComparison.Ordinal);
            await stranger.RefusedAsync(status, id, method, full, body?.Replace("{name}", name, StringComparison.Ordinal));
        }

        // What needs no right but being somebody.
        Assert.Equal(name, (await stranger.DoAsync("GET", $"/users/{name}")).GetProperty("username").GetString());
        await stranger.DoAsync("GET", "/cluster/metadata");
        await stranger.DoAsync("POST", "/personal-access-tokens", """{"name":"mine","expiry":1000}"""); // a thousand microseconds
        Assert.Equal("mine", (await stranger.DoAsync("GET", "/personal-access-tokens"))[0].GetProperty("name").GetString());
        Assert.DoesNotContain("\"mine\"", (await root.AskAsync("GET", "/personal-access-tokens")).Body, StringComparison.Ordinal); // each sees its own
        Assert.Equal(204, (await stranger.AskAsync("PUT", $"/users/{name}/password", """{"current_password":"secret","new_password":"other"}""")).Status);
    }

    [Fact]
    public async Task Routes_OfTheDocument_NeedATokenUnlessTheySayOtherwise()
    {
        using var client = new ApiClient(fixture.Server.Http);
        var document = await client.DoAsync("GET", "/openapi/v1.json");
        var (open, closed) = (new List<string>(), 0);
        foreach (var path in document.GetProperty("paths").EnumerateObject())
        {
            foreach (var operation in path.Value.EnumerateObject())
            {
                var method = operation.Name.ToUpperInvariant();
                if (!operation.Value.TryGetProperty("security", out _))
                {
                    open.Add($"{method} {path.Name}");
                    continue;
                }
                closed++;
                await client.RefusedAsync(401, 40, method, path.Name.Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal), method is "POST" or "PUT" ? "{}" : null);
                if (method == "GET")
                    Assert.Equal(401, (await client.AskAsync("HEAD", path.Name.Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal))).Status);
            }
        }
        Assert.Equal(["GET /", "GET /health/live", "GET /health/ready", "GET /health/started", "GET /health/storage", "GET /metrics", "GET /ping", "POST /personal-access-tokens/login", "POST /users/login", "POST /users/refresh-token"], open.Order(StringComparer.Ordinal));
        Assert.True(closed > 40, $"{closed}");
    }

    [Theory]
    [InlineData("PUT", "/streams/nowhere", """{"name":"x"}""", "stream_id")]
    [InlineData("DELETE", "{s}/topics/none", null, "topic_id")]
    [InlineData("GET", "{s}/topics/t/messages?partition_id=9", null, "partition_id")]
    [InlineData("POST", "/streams", """{"name":"{name}"}""", "name")]
    [InlineData("POST", "{s}/topics", """{"name":"t","partitions_count":1,"compression_algorithm":"none","message_expiry":0,"max_topic_size":0}""", "name")]
    [InlineData("POST", "{s}/topics", """{"name":"","partitions_count":1,"compression_algorithm":"none","message_expiry":0,"max_topic_size":0}""", "name")]
    [InlineData("POST", "/users", """{"username":"iggy","password":"secret","status":"active"}""", "username")]
    [InlineData("PUT", "{s}/topics/t/consumer-offsets", """{"offset":99}""", "offset")]
    [InlineData("PUT", "/users/4000000", "{}", null)]
    [InlineData("GET", "{s}/topics/t/consumer-groups/none", null, null)]
    public async Task Error_OfAField_NamesIt(string method, string path, string? body, string? field)
    {
        var (client, topic) = await fixture.NewTopicAsync();
        using var _ = client;
        var stream = topic[..^"/topics/t".Length];
        var answer = await client.AskAsync(method, path.Replace("{s}", stream, StringComparison.Ordinal), body?.Replace("{name}", stream["/streams/".Length..], StringComparison.Ordinal));
        Assert.True(answer.Status is 400 or 404, answer.Body);
        Assert.Equal(field, answer.Json.GetProperty("field").GetString());
        Assert.DoesNotContain(": ", answer.Body, StringComparison.Ordinal); // compact
    }

    [Fact]
    public async Task Metrics_AtAnotherPath_NeedAToken()
    {
        var settings = HttpFixture.Settings;
        settings["IGGY_HTTP_METRICS_ENDPOINT"] = "/figures";
        settings["IGGY_PERSONAL_ACCESS_TOKEN_MAX_TOKENS_PER_USER"] = "1";
        settings["IGGY_HTTP_MAX_REQUEST_SIZE"] = "100 KB";
        await using var server = await ServerProcess.StartAsync(settings: settings);
        using var client = new ApiClient(server.Http);
        await client.RefusedAsync(401, 40, "GET", "/figures");
        client.Token = (await ApiClient.LogInAsync(server)).Token;
        Assert.StartsWith("# HELP http_requests", (await client.AskAsync("GET", "/figures")).Body, StringComparison.Ordinal);
        await client.RefusedAsync(404, 404, "GET", "/metrics");

        // Limits that are settings.
        await client.DoAsync("POST", "/personal-access-tokens", """{"name":"one","expiry":0}""");
        await client.RefusedAsync(400, 52, "POST", "/personal-access-tokens", """{"name":"two","expiry":0}""");
        var large = $$"""{"name":"{{new string('x', 100_000)}}"}""";
        await client.RefusedAsync(413, 3, "POST", "/streams", large);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://{server.Http}/streams") { Content = new StringContent(large, new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")) };
        (request.Headers.TransferEncodingChunked, request.Headers.Authorization) = (true, new("Bearer", client.Token)); // its length comes out on the way
        using var sender = new HttpClient();
        using var answer = await sender.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(413, (int)answer.StatusCode);
        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal("invalid_command", body.RootElement.GetProperty("code").GetString());
    }
}
