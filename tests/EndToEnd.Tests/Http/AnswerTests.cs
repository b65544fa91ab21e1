using Iggy.Testing;

namespace Iggy.EndToEnd.Tests.Http;

/// <summary>What stands in answers beside what was asked for.</summary>
public sealed class AnswerTests(HttpFixture fixture)
{
    private const string Message = """{"partitioning":{"kind":"balanced","value":""},"messages":[{"id":0,"payload":"AQ=="}]}""";

    [Fact]
    public async Task Answers_NameTheView_ExceptPing()
    {
        using var client = await fixture.LogInAsync();
        foreach (var path in new[] { "/streams", "/streams/nowhere", "/nowhere", "/", "/metrics", "/users/login" })
            Assert.Equal("0", (await client.AskAsync("GET", path)).Headers["iggy-view"]);
        Assert.False((await client.AskAsync("GET", "/ping")).Headers.ContainsKey("iggy-view"));
        client.Token = null;
        Assert.Equal("0", (await client.AskAsync("GET", "/streams")).Headers["iggy-view"]);
    }

    [Theory]
    [InlineData("None", "replicated")]
    [InlineData("Interval", "replicated")]
    [InlineData("Always", "persisted")]
    public async Task Send_Answered_SaysHowDurableItIs(string durability, string word)
    {
        var settings = HttpFixture.Settings;
        settings["Iggy__Storage__Durability"] = durability;
        await using var server = await ServerProcess.StartAsync(settings: settings);
        using var client = await ApiClient.LogInAsync(server);
        await client.DoAsync("POST", "/streams", """{"name":"s"}""");
        await client.DoAsync("POST", "/streams/s/topics", """{"name":"t","partitions_count":1,"compression_algorithm":"none","message_expiry":0,"max_topic_size":0}""");
        foreach (var path in new[] { "/streams/s/topics/t/messages", "/streams/s/topics/t/messages?ack=none" })
        {
            var answer = await client.AskAsync("POST", path, Message);
            Assert.True(answer.Status is 201 or 202, answer.Body);
            Assert.Equal((word, "0"), (answer.Headers["iggy-durability"], answer.Headers["iggy-view"]));
        }
        Assert.False((await client.AskAsync("GET", "/streams/s/topics/t/messages")).Headers.ContainsKey("iggy-durability"));

        // A topic may ask for more than the server does.
        await client.DoAsync("POST", "/streams/s/topics", """{"name":"p","partitions_count":1,"compression_algorithm":"none","message_expiry":0,"max_topic_size":0,"options":{"durability":"persisted"}}""");
        Assert.Equal("persisted", (await client.AskAsync("POST", "/streams/s/topics/p/messages", Message)).Headers["iggy-durability"]);
    }

    [Theory]
    [InlineData("POST", "/streams", "{}", "name")]
    [InlineData("POST", "/streams", """{"name":7}""", "name")]
    [InlineData("POST", "/users", """{"username":"abc","status":"active"}""", "password")]
    [InlineData("POST", "/users", """{"username":null,"password":"secret","status":"active"}""", "username")]
    [InlineData("POST", "{t}", """{"name":"x","compression_algorithm":"none","message_expiry":0,"max_topic_size":0}""", "partitions_count")]
    [InlineData("POST", "{t}", """{"name":"x","partitions_count":-1,"compression_algorithm":"none","message_expiry":0,"max_topic_size":0}""", "partitions_count")]
    [InlineData("POST", "{t}/t/messages", """{"messages":[]}""", "partitioning")]
    [InlineData("POST", "{t}/t/messages", """{"partitioning":{"kind":"balanced","value":""}}""", "messages")]
    [InlineData("POST", "{t}/t/messages", """{"partitioning":{"kind":"balanced"},"messages":[]}""", "partitioning.value")]
    [InlineData("POST", "{t}/t/messages", """{"partitioning":{"kind":"balanced","value":""},"messages":[{"id":0}]}""", "messages.payload")]
    [InlineData("POST", "/users/login", """{"username":"iggy"}""", "password")]
    [InlineData("POST", "/streams", "[]", null)]
    public async Task Body_WithoutAField_OrWithAWrongOne_IsToldWhich(string method, string path, string body, string? field)
    {
        var (client, topic) = await fixture.NewTopicAsync();
        using var _ = client;
        var answer = await client.AskAsync(method, path.Replace("{t}", topic[..^"/t".Length], StringComparison.Ordinal), body);
        Assert.True(answer.Status == 422, $"{answer.Status} {answer.Body}");
        Assert.Equal(field, answer.Json.GetProperty("field").GetString());
        if (field is not null)
            Assert.Contains(field, answer.Json.GetProperty("reason").GetString(), StringComparison.Ordinal);
    }
}
