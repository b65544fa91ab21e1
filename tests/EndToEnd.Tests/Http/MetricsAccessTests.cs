using System.Net;
using System.Net.Sockets;
using Iggy.Testing;

namespace Iggy.EndToEnd.Tests.Http;

/// <summary>Who may read the server's figures.</summary>
public sealed class MetricsAccessTests(HttpFixture fixture)
{
    [Fact]
    public async Task Metrics_WhereOnlyTheMachineReachesThem_NeedNoToken()
    {
        using var stranger = new ApiClient(fixture.Server.Http);
        var answer = await stranger.AskAsync("GET", "/metrics");
        Assert.Equal(200, answer.Status);
        Assert.StartsWith("# HELP http_requests ", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_WhereOthersReachThem_NeedAUserWhoMayReadTheServer_OrTheirOwnAddress()
    {
        var port = FreePort();
        var settings = HttpFixture.Settings;
        settings["IGGY_HTTP_ADDRESS"] = "0.0.0.0:0";
        settings["Iggy__Http__MetricsAddress"] = $"127.0.0.1:{port}";
        await using var server = await ServerProcess.StartAsync(settings: settings);
        var http = new IPEndPoint(IPAddress.Loopback, server.Http.Port);
        using var client = new ApiClient(http);
        await client.RefusedAsync(401, 40, "GET", "/metrics");
        var login = await client.DoAsync("POST", "/users/login", $$"""{"username":"{{ServerProcess.Username}}","password":"{{ServerProcess.Password}}"}""");
        client.Token = login.GetProperty("access_token").GetProperty("token").GetString();
        Assert.Equal(200, (await client.AskAsync("GET", "/metrics")).Status);

        await client.DoAsync("POST", "/users", """{"username":"nobody","password":"secret","status":"active"}""");
        login = await client.DoAsync("POST", "/users/login", """{"username":"nobody","password":"secret"}""");
        client.Token = login.GetProperty("access_token").GetProperty("token").GetString();
        await client.RefusedAsync(403, 41, "GET", "/metrics");

        using var scraper = new ApiClient(new IPEndPoint(IPAddress.Loopback, port));
        var figures = await scraper.AskAsync("GET", "/metrics");
        Assert.Equal(200, figures.Status);
        Assert.Contains("\nstreams 0\n", figures.Body, StringComparison.Ordinal);
        Assert.Contains("iggy_", figures.Body, StringComparison.Ordinal);
        Assert.Equal(404, (await scraper.AskAsync("GET", "/streams")).Status);
        Assert.Equal(405, (await scraper.AskAsync("POST", "/metrics", "{}")).Status);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
