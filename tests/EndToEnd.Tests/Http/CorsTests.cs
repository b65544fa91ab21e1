using Iggy.Testing;

namespace Iggy.EndToEnd.Tests.Http;

/// <summary>What browsers are told.</summary>
public sealed class CorsTests(HttpFixture fixture)
{
    [Fact]
    public async Task Cors_ByDefault_LetsEveryPageReadEveryAnswer()
    {
        using var client = new ApiClient(fixture.Server.Http);
        foreach (var path in new[] { "/streams", "/users/login", "/nowhere", "/" })
        {
            var preflight = await client.AskAsync("OPTIONS", path, headers: [("Origin", "http://page.example"), ("Access-Control-Request-Method", "POST")]);
            Assert.Equal((200, ""), (preflight.Status, preflight.Body));
            Assert.Equal(("*", "GET,POST,PUT,DELETE", "content-type,authorization", "origin, access-control-request-method, access-control-request-headers"),
                (preflight.Headers["access-control-allow-origin"], preflight.Headers["access-control-allow-methods"], preflight.Headers["access-control-allow-headers"], preflight.Headers["vary"]));
            Assert.False(preflight.Headers.ContainsKey("access-control-max-age"));
        }
        foreach (var (method, path, status) in new[] { ("GET", "/ping", 200), ("GET", "/streams", 401), ("POST", "/ping", 405), ("POST", "/users/login", 415) })
        {
            var answer = await client.AskAsync(method, path);
            Assert.Equal((status, "*"), (answer.Status, answer.Headers["access-control-allow-origin"]));
        }
    }

    [Fact]
    public async Task Cors_WithOrigins_EchoesThoseAndNoOther()
    {
        var settings = HttpFixture.Settings;
        settings["IGGY_HTTP_CORS_ALLOWED_ORIGINS"] = "[http://a.example, http://b.example]";
        settings["IGGY_HTTP_CORS_ALLOW_CREDENTIALS"] = "true";
        settings["IGGY_HTTP_CORS_EXPOSED_HEADERS"] = "[x-one]";
        await using var server = await ServerProcess.StartAsync(settings: settings);
        using var client = new ApiClient(server.Http);
        var answer = await client.AskAsync("GET", "/ping", headers: ("Origin", "http://b.example"));
        Assert.Equal(("http://b.example", "true", "x-one"), (answer.Headers["access-control-allow-origin"], answer.Headers["access-control-allow-credentials"], answer.Headers["access-control-expose-headers"]));
        Assert.False((await client.AskAsync("GET", "/ping", headers: ("Origin", "http://c.example"))).Headers.ContainsKey("access-control-allow-origin"));
    }

    [Fact]
    public async Task Cors_Off_AsksForATokenLikeEveryOtherRequest()
    {
        var settings = HttpFixture.Settings;
        settings["IGGY_HTTP_CORS_ENABLED"] = "false";
        await using var server = await ServerProcess.StartAsync(settings: settings);
        using var client = new ApiClient(server.Http);
        Assert.Equal(401, (await client.AskAsync("OPTIONS", "/streams")).Status);
        client.Token = (await ApiClient.LogInAsync(server)).Token;
        var answer = await client.AskAsync("OPTIONS", "/streams");
        Assert.Equal(405, answer.Status);
        Assert.False(answer.Headers.ContainsKey("access-control-allow-origin"));
    }

    [Fact]
    public async Task Cors_CredentialsForEveryPage_StopsTheStart()
    {
        var settings = HttpFixture.Settings;
        settings["IGGY_HTTP_CORS_ALLOW_CREDENTIALS"] = "true";
        var (code, output) = await ServerProcess.RunToEndAsync(settings: settings);
        Assert.Equal(2, code);
        Assert.Contains("Iggy:Http:Cors:AllowCredentials", output, StringComparison.Ordinal);
    }
}
