using System.Net;
using System.Net.Http.Headers;
using System.Net.WebSockets;

namespace Iggy.Ui.Tests;

/// <summary>Who gets in, without a browser: what one sends is what counts.</summary>
[Trait("kind", "process")]
public sealed class LoginTests(ConsoleFixture fixture) : IDisposable
{
    private readonly HttpClient _http = new(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false });

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // Goal: nobody sees a page without a login, and every answer is guarded.
    [Theory]
    [InlineData("", HttpStatusCode.Redirect)]
    [InlineData("streams", HttpStatusCode.Redirect)]
    [InlineData("_blazor", HttpStatusCode.Unauthorized)]
    [InlineData("_blazor/negotiate", HttpStatusCode.Unauthorized)]
    [InlineData("login", HttpStatusCode.OK)]
    [InlineData("assets/console.js", HttpStatusCode.OK)]
    [InlineData("_content/MudBlazor/MudBlazor.min.js", HttpStatusCode.OK)]
    [InlineData("_framework/blazor.web.js", HttpStatusCode.OK)]
    [InlineData("assets/login.html", HttpStatusCode.Redirect)]
    public async Task Get_WithoutALogin_IsRefusedOrPublic(string path, HttpStatusCode expected)
    {
        using var answer = await _http.GetAsync(new Uri(fixture.Address, path), Token);
        Assert.Equal(expected, answer.StatusCode);
        Assert.Contains("frame-ancestors 'none'", answer.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe-eval", answer.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
    }

    // Goal: a cookie that scripts cannot read and other sites do not send; wrong words give none.
    [Fact]
    public async Task Login_GivesACookieOfItsOwn_AndOnlyToWhoeverKnowsThePassword()
    {
        using (var refused = await LogInAsync("wrong"))
        {
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
            Assert.False(refused.Headers.Contains("Set-Cookie"));
        }
        using var login = await LogInAsync("iggy");
        Assert.Equal("/ui/", login.Headers.Location!.ToString());
        var cookie = login.Headers.GetValues("Set-Cookie").Single();
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("path=/ui", cookie, StringComparison.OrdinalIgnoreCase);

        Assert.Equal(HttpStatusCode.OK, await GetAsync("", cookie.Split(';')[0]));
        using (var leave = await PostAsync("logout", [], cookie.Split(';')[0]))
            Assert.Equal(HttpStatusCode.Redirect, leave.StatusCode);
        Assert.Equal(HttpStatusCode.Redirect, await GetAsync("", cookie.Split(';')[0]));
    }

    // Goal: a page of somebody else cannot log in, log out or open a connection in a user's name.
    [Fact]
    public async Task Requests_OfAnotherOrigin_AreRefused()
    {
        using var login = await LogInAsync("iggy");
        var cookie = login.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
        using (var foreign = await PostAsync("login", new() { ["username"] = "iggy", ["password"] = "iggy" }, origin: "http://elsewhere.test"))
            Assert.Equal(HttpStatusCode.MethodNotAllowed, foreign.StatusCode);
        using (var foreign = await PostAsync("logout", [], cookie, "http://elsewhere.test"))
            Assert.Equal(HttpStatusCode.MethodNotAllowed, foreign.StatusCode);

        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Cookie", cookie);
        socket.Options.SetRequestHeader("Origin", "http://elsewhere.test");
        await Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(new Uri($"ws://{fixture.Server.Http}/ui/_blazor"), Token));
        Assert.Equal(HttpStatusCode.OK, await GetAsync("", cookie)); // still logged in
    }

    // Goal: where the login leads is a page of the console, whatever the address says.
    [Theory]
    [InlineData("/streams", "/ui/streams")]
    [InlineData("//elsewhere.test", "/ui//elsewhere.test")]
    [InlineData("https://elsewhere.test", "/ui/")]
    [InlineData("/\\elsewhere.test", "/ui/")]
    public async Task Login_LeadsBack_WithinTheConsole(string back, string expected)
    {
        using var login = await PostAsync($"login?back={Uri.EscapeDataString(back)}", new() { ["username"] = "iggy", ["password"] = "iggy" });
        Assert.Equal(expected, login.Headers.Location!.ToString());
    }

    // Goal: other transports than WebSocket, which would be requests without an end, are not served.
    [Fact]
    public async Task Connection_WithoutAWebSocket_IsRefused()
    {
        using var login = await LogInAsync("iggy");
        Assert.Equal(HttpStatusCode.BadRequest, await GetAsync("_blazor?id=1", login.Headers.GetValues("Set-Cookie").Single().Split(';')[0]));
    }

    public void Dispose() => _http.Dispose();

    private async Task<HttpStatusCode> GetAsync(string path, string cookie)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(fixture.Address, path));
        request.Headers.Add("Cookie", cookie);
        using var answer = await _http.SendAsync(request, Token);
        return answer.StatusCode;
    }

    private Task<HttpResponseMessage> LogInAsync(string password) => PostAsync("login", new() { ["username"] = "iggy", ["password"] = password });

    private async Task<HttpResponseMessage> PostAsync(string path, Dictionary<string, string> form, string? cookie = null, string? origin = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(fixture.Address, path)) { Content = new FormUrlEncodedContent(form) };
        if (cookie is not null)
            request.Headers.Add("Cookie", cookie);
        if (origin is not null)
            request.Headers.Add("Origin", origin);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/html"));
        return await _http.SendAsync(request, Token);
    }
}
