using System.Text.RegularExpressions;

namespace Iggy.EndToEnd.Tests.Http;

/// <summary>Streams, topics, partitions, users and tokens, with the bodies that released clients send; replies are compared as text, times and ids aside.</summary>
public sealed partial class CatalogRouteTests(HttpFixture fixture)
{
    [Fact]
    public async Task Streams_FromBirthToEnd_AnswerAsDocumented()
    {
        using var client = await fixture.LogInAsync();
        var name = HttpFixture.NewName();
        var made = await client.AskAsync("POST", "/streams", $$"""{"name":"{{name}}"}""");
        Assert.Equal((200, $$"""{"id":#,"created_at":#,"name":"{{name}}","size":"0 B","messages_count":0,"topics_count":0,"topics":[],""" + "\"options\":{}}"), Shape(made, "id", "created_at"));
        Assert.Equal("application/json", made.Headers["content-type"]);
        var id = made.Json.GetProperty("id").GetUInt32();
        await client.RefusedAsync(400, 1012, "POST", "/streams", $$"""{"name":"{{name}}"}""");
        await client.RefusedAsync(400, 1013, "POST", "/streams", """{"name":""}""");
        await client.RefusedAsync(400, 1013, "POST", "/streams", $$"""{"name":"{{new string('x', 256)}}"}""");

        foreach (var path in new[] { $"/streams/{id}", $"/streams/{name}", $"/streams/0{id}", $"/streams/+{id}" })
            Assert.Equal(id, (await client.DoAsync("GET", path)).GetProperty("id").GetUInt32());
        Assert.Contains(name, (await client.AskAsync("GET", "/streams")).Body, StringComparison.Ordinal);
        Assert.Equal((204, ""), Shape(await client.AskAsync("PUT", $"/streams/{name}", $$"""{"name":"{{name}}/ü %2F"}""")));
        Assert.Equal(id, (await client.DoAsync("GET", $"/streams/{name}%2F%C3%BC%20%252F")).GetProperty("id").GetUInt32());
        Assert.Contains($"{name}/ü %2F", (await client.AskAsync("GET", $"/streams/{id}")).Body, StringComparison.Ordinal); // not escaped in JSON
        Assert.Equal((204, ""), Shape(await client.AskAsync("DELETE", $"/streams/{id}/purge")));
        Assert.Equal((204, ""), Shape(await client.AskAsync("DELETE", $"/streams/{id}")));

        const string missing = """{"id":404,"code":"not_found","reason":"Resource not found","field":null}""";
        Assert.Equal((404, missing), Shape(await client.AskAsync("GET", $"/streams/{name}")));
        await client.RefusedAsync(404, 1009, "PUT", $"/streams/{name}", """{"name":"x"}""");
        await client.RefusedAsync(404, 1009, "DELETE", $"/streams/{name}");
        await client.RefusedAsync(404, 1009, "DELETE", $"/streams/{name}/purge");
        await client.RefusedAsync(400, 6, "GET", $"/streams/{new string('x', 256)}");
        await client.RefusedAsync(400, 3, "GET", "/streams/%FF");
    }

    [Fact]
    public async Task Topics_FromBirthToEnd_AnswerAsDocumented()
    {
        using var client = await fixture.LogInAsync();
        var stream = $"/streams/{HttpFixture.NewName()}";
        await client.DoAsync("POST", "/streams", $$"""{"name":"{{stream[9..]}}"}""");
        const string body = """{"name":"created","compression_algorithm":"none","message_expiry":0,"partitions_count":1,"replication_factor":null,"max_topic_size":0}""";
        const string topic = """
            {"id":0,"created_at":#,"name":"created","size":"0 B","message_expiry":18446744073709551615,"compression_algorithm":"none","max_topic_size":18446744073709551615,"replication_factor":1,"messages_count":0,"partitions_count":1,"options":{"compression_algorithm":{"value":"none","explicit":false,"kind":"string"},"consumer_offset_durability":{"value":"replicated","explicit":false,"kind":"string"},"durability":{"value":"replicated","explicit":false,"kind":"string"},"max_topic_size":{"value":"18446744073709551615","explicit":false,"kind":"uint64"},"message_expiry":{"value":"18446744073709551615","explicit":false,"kind":"uint64"},"messages_required_to_save":{"value":"1024","explicit":false,"kind":"uint32"},"partition_resize_policy":{"value":"mutable","explicit":false,"kind":"string"},"preallocate_segments":{"value":"false","explicit":false,"kind":"bool"},"replication_factor":{"value":"1","explicit":false,"kind":"uint32"},"segment_size":{"value":"1073741824","explicit":false,"kind":"uint64"},"size_of_messages_required_to_save":{"value":"1048576","explicit":false,"kind":"uint64"}},"partitions":[{"id":0,"created_at":#,"segments_count":1,"current_offset":0,"size":"0 B","messages_count":0,"context":{"incarnation":#,"owner_generation":0,"metadata_op":#},"members":[0],"in_sync_members":[0]}]}
            """;
        Assert.Equal((200, topic), Shape(await client.AskAsync("POST", $"{stream}/topics", body), "created_at", "incarnation", "metadata_op"));
        Assert.Equal((200, topic), Shape(await client.AskAsync("GET", $"{stream}/topics/created"), "created_at", "incarnation", "metadata_op"));
        Assert.Equal((200, $"[{topic[..topic.IndexOf(",\"partitions\":", StringComparison.Ordinal)]}}}]"), Shape(await client.AskAsync("GET", $"{stream}/topics"), "created_at"));
        await client.RefusedAsync(400, 2013, "POST", $"{stream}/topics", body);
        await client.RefusedAsync(400, 2014, "POST", $"{stream}/topics", body.Replace("created", "", StringComparison.Ordinal));
        await client.RefusedAsync(400, 2015, "POST", $"{stream}/topics", body.Replace("\"partitions_count\":1", "\"partitions_count\":1001", StringComparison.Ordinal));
        await client.RefusedAsync(400, 2018, "POST", $"{stream}/topics", body.Replace("null", "0", StringComparison.Ordinal));
        await client.RefusedAsync(400, 1019, "POST", $"{stream}/topics", body.Replace("created", "small", StringComparison.Ordinal).Replace("\"max_topic_size\":0", "\"max_topic_size\":1", StringComparison.Ordinal));
        await client.RefusedAsync(422, 3, "POST", $"{stream}/topics", body.Replace("none", "zip", StringComparison.Ordinal));
        await client.RefusedAsync(404, 404, "POST", "/streams/nowhere/topics", body);
        await client.RefusedAsync(404, 404, "GET", "/streams/nowhere/topics");
        await client.RefusedAsync(404, 404, "GET", $"{stream}/topics/nothing");

        Assert.Equal((204, ""), Shape(await client.AskAsync("PUT", $"{stream}/topics/0", """{"name":"updated","compression_algorithm":"GZIP","message_expiry":1000,"max_topic_size":18446744073709551615,"replication_factor":2}""")));
        var updated = await client.DoAsync("GET", $"{stream}/topics/updated");
        Assert.Equal(("gzip", 1000ul, 2), (updated.GetProperty("compression_algorithm").GetString(), updated.GetProperty("message_expiry").GetUInt64(), updated.GetProperty("replication_factor").GetInt32()));
        await client.RefusedAsync(404, 1009, "PUT", "/streams/nowhere/topics/0", """{"name":"x","compression_algorithm":"none","message_expiry":0,"max_topic_size":0}""");
        await client.RefusedAsync(404, 2010, "PUT", $"{stream}/topics/nothing", """{"name":"x","compression_algorithm":"none","message_expiry":0,"max_topic_size":0}""");

        Assert.Equal((201, ""), Shape(await client.AskAsync("POST", $"{stream}/topics/0/partitions", """{"partitions_count":3}""")));
        Assert.Equal(4, (await client.DoAsync("GET", $"{stream}/topics/0")).GetProperty("partitions_count").GetInt32());
        await client.RefusedAsync(400, 2015, "POST", $"{stream}/topics/0/partitions", """{"partitions_count":0}""");
        await client.RefusedAsync(400, 2015, "POST", $"{stream}/topics/0/partitions", """{"partitions_count":1001}""");
        await client.RefusedAsync(404, 2010, "POST", $"{stream}/topics/9/partitions", """{"partitions_count":1}""");
        Assert.Equal((204, ""), Shape(await client.AskAsync("DELETE", $"{stream}/topics/0/partitions?partitions_count=1")));
        await client.RefusedAsync(400, 2019, "DELETE", $"{stream}/topics/0/partitions?partitions_count=9");
        await client.RefusedAsync(400, 2015, "DELETE", $"{stream}/topics/0/partitions?partitions_count=0");
        await client.RefusedAsync(400, 3, "DELETE", $"{stream}/topics/0/partitions");
        await client.RefusedAsync(400, 3, "DELETE", $"{stream}/topics/0/partitions?partitions_count=x");
        Assert.Equal((204, ""), Shape(await client.AskAsync("DELETE", $"{stream}/topics/0/partitions/0?segments_count=3")));
        await client.RefusedAsync(404, 3007, "DELETE", $"{stream}/topics/0/partitions/9?segments_count=1");
        await client.RefusedAsync(400, 3, "DELETE", $"{stream}/topics/0/partitions/x?segments_count=1");
        await client.RefusedAsync(400, 3, "DELETE", $"{stream}/topics/0/partitions/0");
        Assert.Equal((204, ""), Shape(await client.AskAsync("DELETE", $"{stream}/topics/0/purge")));
        Assert.Equal((204, ""), Shape(await client.AskAsync("DELETE", $"{stream}/topics/0")));
        await client.RefusedAsync(404, 2010, "DELETE", $"{stream}/topics/0");
    }

    [Fact]
    public async Task Users_FromBirthToEnd_AnswerAsDocumented()
    {
        using var client = await fixture.LogInAsync();
        var name = HttpFixture.NewName();
        const string permissions = """{"global":{"manage_servers":false,"read_servers":true,"manage_users":true,"read_users":true,"manage_streams":false,"read_streams":true,"manage_topics":false,"read_topics":true,"poll_messages":true,"send_messages":true},"streams":{"1":{"manage_stream":false,"read_stream":true,"manage_topics":false,"read_topics":true,"poll_messages":true,"send_messages":true,"topics":{"1":{"manage_topic":false,"read_topic":true,"poll_messages":true,"send_messages":true}}}}}""";
        var made = await client.AskAsync("POST", "/users", $$"""{"username":"{{name}}","password":"secret","status":"active","permissions":null}""");
        Assert.Equal((200, $$"""{"id":#,"created_at":#,"status":"active","username":"{{name}}","permissions":null,""" + "\"options\":{}}"), Shape(made, "id", "created_at"));
        var id = made.Json.GetProperty("id").GetUInt32();
        Assert.Contains($$"""{"id":{{id}},"created_at":#,"status":"active","username":"{{name}}",""" + "\"options\":{}", Shape(await client.AskAsync("GET", "/users"), "created_at").Body, StringComparison.Ordinal);
        await client.RefusedAsync(400, 46, "POST", "/users", $$"""{"username":"{{name}}","password":"secret","status":"active"}""");
        await client.RefusedAsync(400, 43, "POST", "/users", """{"username":"ab","password":"secret","status":"active"}""");
        await client.RefusedAsync(400, 44, "POST", "/users", """{"username":"abc","password":"ab","status":"active"}""");
        await client.RefusedAsync(422, 3, "POST", "/users", """{"username":"abc","password":"abc","status":"Active"}""");

        Assert.Equal((204, ""), Shape(await client.AskAsync("PUT", $"/users/{id}/permissions", $$"""{"permissions":{{permissions}}}""")));
        Assert.Contains($"\"permissions\":{permissions}", (await client.AskAsync("GET", $"/users/{name}")).Body, StringComparison.Ordinal);
        await client.RefusedAsync(422, 3, "PUT", $"/users/{id}/permissions", """{"permissions":{"global":{"read_servers":true}}}""");
        Assert.Equal((204, ""), Shape(await client.AskAsync("PUT", $"/users/{id}/permissions", "{}")));
        Assert.Equal((204, ""), Shape(await client.AskAsync("PUT", $"/users/{id}", """{"user_status":"inactive","permissions":null}"""))); // as the C# client says it
        Assert.Equal("inactive", (await client.DoAsync("GET", $"/users/{id}")).GetProperty("status").GetString());
        Assert.Equal((204, ""), Shape(await client.AskAsync("PUT", $"/users/{id}", $$"""{"username":"{{name}}x","status":"active"}""")));
        await client.RefusedAsync(400, 43, "PUT", $"/users/{id}", """{"username":"ab"}""");
        await client.RefusedAsync(404, 20, "PUT", "/users/4000000", """{"username":"abc"}""");
        await client.RefusedAsync(400, 46, "PUT", $"/users/{id}", """{"username":"iggy"}""");
        await client.RefusedAsync(400, 49, "PUT", "/users/0/permissions", """{"permissions":null}""");
        await client.RefusedAsync(404, 20, "PUT", "/users/nobody/permissions", """{"permissions":null}""");

        Assert.Equal((204, ""), Shape(await client.AskAsync("PUT", $"/users/{id}/password", """{"current_password":"secret","new_password":"secret2"}""")));
        await client.RefusedAsync(400, 42, "PUT", $"/users/{id}/password", """{"current_password":"secret","new_password":"secret3"}""");
        await client.RefusedAsync(400, 44, "PUT", $"/users/{id}/password", """{"current_password":"secret2","new_password":"x"}""");
        await client.RefusedAsync(404, 20, "PUT", "/users/nobody/password", """{"current_password":"secret2","new_password":"secret"}""");
        await client.RefusedAsync(400, 48, "DELETE", "/users/0");
        Assert.Equal((204, ""), Shape(await client.AskAsync("DELETE", $"/users/{id}")));
        await client.RefusedAsync(404, 20, "DELETE", $"/users/{id}");
        await client.RefusedAsync(404, 404, "GET", $"/users/{id}");
        Assert.Equal(0u, (await client.DoAsync("GET", "/users/iggy")).GetProperty("id").GetUInt32());
    }

    [Fact]
    public async Task AccessTokens_FromBirthToEnd_AnswerAsDocumented()
    {
        using var client = await fixture.LogInAsync();
        var name = HttpFixture.NewName();
        var token = (await client.DoAsync("POST", "/personal-access-tokens", $$"""{"name":"{{name}}","expiry":0}""")).GetProperty("token").GetString()!;
        Assert.Equal(50, Convert.FromBase64String(token).Length);
        Assert.Contains($$"""{"name":"{{name}}","expiry_at":null}""", (await client.AskAsync("GET", "/personal-access-tokens")).Body, StringComparison.Ordinal);
        await client.RefusedAsync(400, 51, "POST", "/personal-access-tokens", $$"""{"name":"{{name}}","expiry":0}""");
        await client.RefusedAsync(400, 50, "POST", "/personal-access-tokens", """{"name":"ab","expiry":0}""");
        await client.RefusedAsync(422, 3, "POST", "/personal-access-tokens", """{"name":"abc"}""");
        await client.RefusedAsync(422, 3, "POST", "/personal-access-tokens", """{"name":"abc","expiry":"1 h"}""");

        using var other = new ApiClient(fixture.Server.Http);
        Assert.Equal(0u, (await other.DoAsync("POST", "/personal-access-tokens/login", $$"""{"token":"{{token}}"}""")).GetProperty("user_id").GetUInt32());
        other.Token = token; // a bearer by itself
        await other.DoAsync("GET", "/streams");
        Assert.Equal((204, ""), Shape(await other.AskAsync("DELETE", $"/personal-access-tokens/{name}")));
        await other.RefusedAsync(401, 40, "GET", "/streams");
        var unknown = await other.AskAsync("POST", "/personal-access-tokens/login", $$"""{"token":"{{token}}"}""");
        Assert.Equal((404, 20u), (unknown.Status, unknown.Json.GetProperty("id").GetUInt32()));
        Assert.DoesNotContain(token, unknown.Body, StringComparison.Ordinal);
        await client.RefusedAsync(404, 20, "DELETE", $"/personal-access-tokens/{name}");
        var ending = (await client.DoAsync("POST", "/personal-access-tokens", $$"""{"name":"{{name}}","expiry":1}""")).GetProperty("token").GetString()!;
        await other.RefusedAsync(400, 54, "POST", "/personal-access-tokens/login", $$"""{"token":"{{ending}}"}""");
    }

    // Numbers that differ from run to run become a sign.
    private static (int Status, string Body) Shape(ApiAnswer answer, params string[] numbers) => (answer.Status,
        Number().Replace(answer.Body, field => numbers.Contains(field.Groups[1].Value) ? $"\"{field.Groups[1].Value}\":#" : field.Value)
            .Replace("\"partitions\":[{\"id\":#", "\"partitions\":[{\"id\":0", StringComparison.Ordinal));

    [GeneratedRegex("\"(\\w+)\":\\d+")]
    private static partial Regex Number();
}
