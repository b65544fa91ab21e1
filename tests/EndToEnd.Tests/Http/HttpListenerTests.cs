using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Iggy.Testing;

namespace Iggy.EndToEnd.Tests.Http;

/// <summary>The HTTP listener itself: where it is found, what it answers to anybody, and what happens when it cannot be opened.</summary>
public sealed class HttpListenerTests
{
    private static readonly Dictionary<string, string> _on = new() { ["IGGY_HTTP_ENABLED"] = "true", ["IGGY_HTTP_ADDRESS"] = "127.0.0.1:0" };

    [Fact]
    public async Task Listener_OnAFreePort_IsToldEverywhereAndAnswersAnybody()
    {
        await using var server = await ServerProcess.StartAsync(settings: _on);
        using var client = new HttpClient { BaseAddress = new Uri($"http://{server.Http}") };
        var cancellation = TestContext.Current.CancellationToken;
        foreach (var (path, text) in new[] { ("/", "Iggy API"), ("/ping", "pong"), ("/health/storage", "whole") })
        {
            using var answer = await client.GetAsync(new Uri(path, UriKind.Relative), cancellation);
            Assert.Equal((HttpStatusCode.OK, text), (answer.StatusCode, await answer.Content.ReadAsStringAsync(cancellation)));
            Assert.Equal("text/plain; charset=utf-8", answer.Content.Headers.ContentType?.ToString());
            using var head = await client.SendAsync(new HttpRequestMessage(HttpMethod.Head, path), cancellation);
            Assert.Equal((HttpStatusCode.OK, (long?)text.Length), (head.StatusCode, head.Content.Headers.ContentLength));
        }

        foreach (var (path, status, checks) in new[] { ("live", "live", ""), ("started", "started", "start"), ("ready", "ready", "start stop storage disk descriptors archive") })
        {
            using var answer = await client.GetAsync(new Uri($"/health/{path}", UriKind.Relative), cancellation);
            Assert.Equal((HttpStatusCode.OK, "application/json"), (answer.StatusCode, answer.Content.Headers.ContentType?.ToString()));
            var health = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(cancellation)).RootElement;
            Assert.Equal(status, health.GetProperty("status").GetString());
            Assert.Equal(checks, string.Join(' ', health.GetProperty("checks").EnumerateObject().Select(static check => check.Name)));
            Assert.All(health.GetProperty("checks").EnumerateObject(), static check => Assert.Equal("ok", check.Value.GetProperty("status").GetString()));
        }
        Assert.NotEqual(0, server.Http.Port);
        var runtime = await File.ReadAllTextAsync(Path.Combine(server.DataPath, "runtime", "current_config.toml"), cancellation);
        Assert.Contains($"[http]\nenabled = true\naddress = \"{server.Http}\"\n", runtime, StringComparison.Ordinal);
        using var binary = await RawClient.LogInAsync(server.Tcp);
        var cluster = await binary.DoAsync(12);
        byte[] ports = [.. BitConverter.GetBytes((ushort)server.Tcp.Port), 0, 0, .. BitConverter.GetBytes((ushort)server.Http.Port), 0, 0];
        Assert.True(cluster.AsSpan().IndexOf(ports) > 0);
        Assert.Equal(0, await server.StopAsync());
    }

    [Fact]
    public async Task Listener_AddressInUse_Leaves4AndNamesTheSetting()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var address = taken.LocalEndpoint.ToString()!;
        var (code, output) = await ServerProcess.RunToEndAsync(settings: new Dictionary<string, string> { ["IGGY_HTTP_ENABLED"] = "true", ["IGGY_HTTP_ADDRESS"] = address });
        Assert.True(code == 4, output);
        Assert.Contains($"Iggy:Http:Address is '{address}', which cannot be listened on: it is in use.", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Listener_WithTls_SpeaksHttp2AndTheWholeApi()
    {
        var settings = HttpFixture.Settings;
        settings["IGGY_HTTP_TLS_ENABLED"] = "true"; // without files: a certificate for localhost is made
        await using var server = await ServerProcess.StartAsync(settings: settings);
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate?.Subject == "CN=localhost"; // made in memory: there is no root to check it by
        using var client = new HttpClient(handler)
        {
            BaseAddress = new Uri($"https://localhost:{server.Http.Port}"), DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var login = new StringContent("""{"username":"iggy","password":"iggy"}""", System.Text.Encoding.UTF8, "application/json");
        using var answer = await client.PostAsync(new Uri("/users/login", UriKind.Relative), login, TestContext.Current.CancellationToken);
        Assert.Equal((HttpStatusCode.OK, HttpVersion.Version20), (answer.StatusCode, answer.Version));
        using var body = System.Text.Json.JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        client.DefaultRequestHeaders.Authorization = new("Bearer", body.RootElement.GetProperty("access_token").GetProperty("token").GetString());
        Assert.Equal("[]", await client.GetStringAsync(new Uri("/streams", UriKind.Relative), TestContext.Current.CancellationToken));

        using var plain = new HttpClient { BaseAddress = new Uri($"http://{server.Http}") };
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => plain.GetAsync(new Uri("/ping", UriKind.Relative), TestContext.Current.CancellationToken));
    }
}
