using System.Net;
using System.Net.WebSockets;
using Iggy.Testing;

namespace Iggy.Ui.Tests;

[Trait("kind", "process")]
public sealed class PageLimitTests
{
    private const int MaxPages = 3;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // Goal: open pages are bounded, and one that closes makes room. Method: connections as pages open them.
    [Fact]
    public async Task Page_BeyondTheMost_IsRefusedUntilAnotherCloses()
    {
        await using var server = await ServerProcess.StartAsync(settings: new Dictionary<string, string>
        {
            ["IGGY_HTTP_ENABLED"] = "true", ["IGGY_HTTP_ADDRESS"] = "127.0.0.1:0", ["Iggy__Ui__MaxPages"] = $"{MaxPages}",
        });
        using var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false });
        using var login = await http.PostAsync(new Uri($"http://{server.Http}/ui/login"), new FormUrlEncodedContent([new("username", "iggy"), new("password", "iggy")]), Token);
        var cookie = login.Headers.GetValues("Set-Cookie").Single().Split(';')[0];

        var open = new List<ClientWebSocket>();
        for (var i = 0; i < MaxPages; i++)
            open.Add(await ConnectAsync(server.Http, cookie));
        var refused = await Assert.ThrowsAsync<WebSocketException>(() => ConnectAsync(server.Http, cookie));
        Assert.Contains("503", refused.Message, StringComparison.Ordinal);
        await server.WaitForOutputAsync("Iggy:Ui:MaxPages");

        open[0].Dispose();
        for (var again = (ClientWebSocket?)null; again is null;) // the server sees the end a moment later
        {
            try
            {
                open.Add(again = await ConnectAsync(server.Http, cookie));
            }
            catch (WebSocketException stillFull) when (stillFull.Message.Contains("503", StringComparison.Ordinal))
            {
                await Task.Yield();
            }
        }
        open.ForEach(static socket => socket.Dispose());
        Assert.Equal(0, await server.StopAsync());
    }

    // Goal: where others reach the listener the console is off unless somebody wants it.
    [Theory]
    [InlineData("0.0.0.0:0", null, HttpStatusCode.Unauthorized)]
    [InlineData("0.0.0.0:0", "true", HttpStatusCode.Redirect)]
    [InlineData("127.0.0.1:0", "false", HttpStatusCode.Unauthorized)]
    public async Task Console_IsOn_WhereItIsWanted(string address, string? enabled, HttpStatusCode expected)
    {
        var settings = new Dictionary<string, string> { ["IGGY_HTTP_ENABLED"] = "true", ["IGGY_HTTP_ADDRESS"] = address };
        if (enabled is not null)
            settings["Iggy__Ui__Enabled"] = enabled;
        await using var server = await ServerProcess.StartAsync(settings: settings);
        using var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false });
        using var answer = await http.GetAsync(new Uri($"http://127.0.0.1:{server.Http.Port}/ui/"), Token);
        Assert.Equal(expected, answer.StatusCode);
    }

    private static async Task<ClientWebSocket> ConnectAsync(IPEndPoint server, string cookie)
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Cookie", cookie);
        await socket.ConnectAsync(new Uri($"ws://{server}/ui/_blazor"), Token);
        return socket;
    }
}
