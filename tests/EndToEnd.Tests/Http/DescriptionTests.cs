using System.Text.Json;
using System.Text.RegularExpressions;
using Iggy.Testing;

namespace Iggy.EndToEnd.Tests.Http;

/// <summary>What the API tells of itself: the document of its routes, and its figures.</summary>
public sealed partial class DescriptionTests(HttpFixture fixture)
{
    private const string Routes = """
        GET /; GET /ping; GET /metrics; GET /stats; GET /cluster/metadata; GET /clients; GET /clients/{client}; POST /users/login; POST /users/refresh-token; DELETE /users/logout;
        GET /users; POST /users; GET /users/{user}; PUT /users/{user}; DELETE /users/{user}; PUT /users/{user}/permissions; PUT /users/{user}/password;
        GET /personal-access-tokens; POST /personal-access-tokens; DELETE /personal-access-tokens/{name}; POST /personal-access-tokens/login;
        GET /streams; POST /streams; GET /streams/{stream}; PUT /streams/{stream}; DELETE /streams/{stream}; DELETE /streams/{stream}/purge;
        GET /streams/{stream}/topics; POST /streams/{stream}/topics; GET /streams/{stream}/topics/{topic}; PUT /streams/{stream}/topics/{topic}; DELETE /streams/{stream}/topics/{topic};
        DELETE /streams/{stream}/topics/{topic}/purge; POST /streams/{stream}/topics/{topic}/partitions; DELETE /streams/{stream}/topics/{topic}/partitions;
        DELETE /streams/{stream}/topics/{topic}/partitions/{partition}; GET /streams/{stream}/topics/{topic}/messages; POST /streams/{stream}/topics/{topic}/messages;
        GET /streams/{stream}/topics/{topic}/messages/stream; GET /streams/{stream}/topics/{topic}/messages/deferred; POST /streams/{stream}/topics/{topic}/messages/deferred; GET /streams/{stream}/topics/{topic}/messages/flush/{partition}/{fsync};
        GET /streams/{stream}/topics/{topic}/consumer-offsets; PUT /streams/{stream}/topics/{topic}/consumer-offsets; DELETE /streams/{stream}/topics/{topic}/consumer-offsets/{consumer};
        GET /streams/{stream}/topics/{topic}/consumer-groups; POST /streams/{stream}/topics/{topic}/consumer-groups;
        GET /streams/{stream}/topics/{topic}/consumer-groups/{group}; DELETE /streams/{stream}/topics/{topic}/consumer-groups/{group};
        PUT /streams/{stream}/topics/{topic}/consumer-groups/{group}/membership; DELETE /streams/{stream}/topics/{topic}/consumer-groups/{group}/membership;
        GET /session; DELETE /session; GET /health/live; GET /health/ready; GET /health/started; GET /health/storage; POST /snapshot
        """;

    [Fact]
    public async Task OpenApi_ListsEveryRoute_WithWhatItTakesAndGives()
    {
        using var client = new ApiClient(fixture.Server.Http); // nobody has to log in to read it
        var document = await client.DoAsync("GET", "/openapi/v1.json");
        Assert.StartsWith("3.", document.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        var listed = document.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject().Select(operation => $"{operation.Name.ToUpperInvariant()} {path.Name}")).ToHashSet();
        Assert.Empty(Routes.Split(';', StringSplitOptions.TrimEntries).Except(listed));

        var operations = document.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject().Select(operation => (Path: path.Name, operation.Value))).ToArray();
        Assert.Equal(operations.Length, operations.Select(one => one.Value.GetProperty("operationId").GetString()).Distinct().Count());
        Assert.Equal("/", document.GetProperty("servers")[0].GetProperty("url").GetString());
        var tags = document.GetProperty("tags").EnumerateArray().Select(tag => tag.GetProperty("name").GetString()).ToHashSet();
        foreach (var (path, operation) in operations)
        {
            Assert.NotEmpty(operation.GetProperty("summary").GetString()!);
            Assert.Contains(operation.GetProperty("tags")[0].GetString(), tags);
            Assert.NotEmpty(operation.GetProperty("responses").EnumerateObject());
            var given = operation.TryGetProperty("parameters", out var parameters)
                ? parameters.EnumerateArray().Where(one => one.GetProperty("in").GetString() == "path").Select(one => one.GetProperty("name").GetString()!).ToArray() : [];
            Assert.Equal(Parameter().Matches(path).Select(found => found.Groups[1].Value), given);
        }
        var stream = document.GetProperty("paths").GetProperty("/streams").GetProperty("post").GetRawText();
        Assert.Contains("application/json", stream, StringComparison.Ordinal);
        Assert.Equal("#/components/schemas/TopicReply", document.GetProperty("components").GetProperty("schemas").GetProperty("StreamDetailsReply").GetProperty("properties").GetProperty("topics").GetProperty("items").GetProperty("$ref").GetString());
        foreach (var reference in Reference().Matches(document.GetRawText()).Select(found => found.Groups[1].Value.Split('/')))
            Assert.True(Resolve(document, reference), string.Join('/', reference));
    }

    [Fact]
    public async Task Metrics_HaveTheReleasedNames_AndAreTrueAfterARestart()
    {
        await using var server = await ServerProcess.StartAsync(settings: HttpFixture.Settings);
        using var client = await ApiClient.LogInAsync(server);
        await client.DoAsync("POST", "/streams", """{"name":"s"}""");
        await client.DoAsync("POST", "/streams/s/topics", """{"name":"t","partitions_count":3,"compression_algorithm":"none","message_expiry":0,"max_topic_size":0}""");
        for (var i = 0; i < 5; i++)
            await client.DoAsync("POST", "/streams/s/topics/t/messages", """{"partitioning":{"kind":"partition_id","value":"AAAAAA=="},"messages":[{"payload":"YQ=="},{"payload":"YQ=="}]}""");
        await client.DoAsync("PUT", "/streams/s/topics/t/consumer-offsets", """{"offset":3}""");
        await server.KillAsync();

        await using var again = await ServerProcess.StartAsync(server.DataPath, HttpFixture.Settings);
        using var anybody = new ApiClient(again.Http);
        await anybody.AskAsync("GET", "/streams");
        var metrics = await anybody.AskAsync("GET", "/metrics");
        Assert.Equal((200, "text/plain; charset=utf-8"), (metrics.Status, metrics.Headers["content-type"]));
        Assert.StartsWith("""
            # HELP http_requests total count of http_requests.
            # TYPE http_requests counter
            http_requests_total 2
            # HELP streams total count of streams.
            # TYPE streams gauge
            streams 1
            # HELP topics total count of topics.
            # TYPE topics gauge
            topics 1
            # HELP partitions total count of partitions.
            # TYPE partitions gauge
            partitions 3
            # HELP segments total count of segments.
            # TYPE segments gauge
            segments 3
            # HELP messages total count of messages.
            # TYPE messages gauge
            messages 10
            # HELP users total count of users.
            # TYPE users gauge
            users 1
            # HELP clients total count of clients.
            # TYPE clients gauge
            clients 0

            """, metrics.Body, StringComparison.Ordinal);
        Assert.EndsWith("# EOF\n", metrics.Body, StringComparison.Ordinal);
        Assert.Single(Regex.Matches(metrics.Body, "# EOF"));
        Assert.Matches(@"\niggy_storage_messages_size_bytes(\{[^}]*\})? 650( |\n)", metrics.Body);
        Assert.Matches(@"\niggy_consumer_lag[a-z_]*(\{[^}]*\})? 6( |\n)", metrics.Body);
        Assert.Contains("iggy_request_duration_seconds_bucket", metrics.Body, StringComparison.Ordinal);
        Assert.Matches("iggy_request_errors[a-z_]*\\{[^}]*error=\"unauthenticated\"[^}]*\\} 1", metrics.Body);

        using var binary = await RawClient.LogInAsync(again.Tcp);
        await binary.DoAsync(1);
        Assert.Matches("iggy_request_duration_seconds_count\\{[^}]*command=\"Ping\"[^}]*\\} 1", (await anybody.AskAsync("GET", "/metrics")).Body);
    }

    [Fact]
    public async Task Metrics_SwitchedOff_AreNotThere()
    {
        var settings = HttpFixture.Settings;
        settings["IGGY_HTTP_METRICS_ENABLED"] = "false";
        await using var server = await ServerProcess.StartAsync(settings: settings);
        using var client = new ApiClient(server.Http);
        Assert.Equal((404, ""), await client.AskAsync("GET", "/metrics") is var answer ? (answer.Status, answer.Body) : default);
    }

    private static bool Resolve(JsonElement document, string[] reference)
    {
        foreach (var part in reference)
        {
            if (!document.TryGetProperty(part.Replace("~1", "/", StringComparison.Ordinal), out document))
                return false;
        }
        return true;
    }

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Parameter();

    [GeneratedRegex("\"\\$ref\":\\s*\"#/([^\"]+)\"")]
    private static partial Regex Reference();
}
