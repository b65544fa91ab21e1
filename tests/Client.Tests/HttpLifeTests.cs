using Iggy.Protocol;
using Iggy.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Iggy.Client.Tests;

/// <summary>HTTP: logins and their tokens, broken connections, what is sent again and what is not.</summary>
public sealed class HttpLifeTests
{
    private const string NoStreams = "[]";

    private static readonly ApiAnswer _login = new(200, ScriptedApi.Login);

    private static IggyClientOptions Options(ScriptedApi api) => new()
    {
        Transport = TransportKind.Http,
        Address = ServerAddress.Parse(api.Address),
        Credentials = Credentials.ForUser("iggy", "secret"),
        Reconnect = new() { FirstDelay = TimeSpan.FromMilliseconds(1), MaxDelay = TimeSpan.FromMilliseconds(10), MaxAttempts = 3 },
    };

    private static Task<IggyClient> ConnectAsync(ScriptedApi api, Func<IggyClientOptions, IggyClientOptions>? change = null) =>
        IggyClient.ConnectAsync(change is null ? Options(api) : change(Options(api)), Setup.Cancellation).WaitAsync(ScriptedServer.Limit);

    private static Task SendAsync(IggyClient client) => client.SendMessageAsync(new("s"), new("t"), Partitioning.Balanced, new("m"), Setup.Cancellation).Within();

    private static ApiAnswer Token(string token, long seconds, TimeProvider clock) =>
        new(200, $$$"""{"user_id":7,"access_token":{"token":"{{{token}}}","expiry":{{{DateTimeOffset.UnixEpoch.AddDays(1).ToUnixTimeSeconds() + seconds}}}}}""")
        {
            Date = DateTimeOffset.UnixEpoch.AddDays(1), // the server's clock has nothing to do with the client's
        };

    [Fact]
    public async Task Connect_WithCredentials_LogsInAndSendsTheTokenFromThenOn()
    {
        await using var api = new ScriptedApi(request => request.Path == "/users/login" ? _login : new(200, NoStreams));
        await using (var client = await ConnectAsync(api))
            await client.GetStreamsAsync(Setup.Cancellation);
        Assert.Equal(["POST /users/login", "GET /streams"], api.Requests.Select(request => request.Line));
        Assert.Contains("\"username\":\"iggy\",\"password\":\"secret\"", api.Requests[0].Body, StringComparison.Ordinal);
        Assert.Equal([null, "token-1"], api.Requests.Select(request => request.Token));
    }

    [Fact]
    public async Task Connect_WithoutCredentials_AsksForASignOfLife()
    {
        await using var api = new ScriptedApi(request => request.Path == "/ping" ? new(200, "pong") : new(401));
        await using var client = await ConnectAsync(api, options => options with { Credentials = null });
        Assert.Equal(IggyError.Unauthenticated, (await Assert.ThrowsAsync<IggyException>(() => client.GetStreamsAsync(Setup.Cancellation).Within())).Error);
        Assert.Equal(["GET /ping", "GET /streams"], api.Requests.Select(request => request.Line)); // there is nothing to try again with
    }

    [Fact]
    public async Task Connect_ByToken_LogsInWithIt()
    {
        await using var api = new ScriptedApi(_ => _login);
        await using var client = await ConnectAsync(api, options => options with { Credentials = Credentials.ForToken("pat") });
        Assert.Equal(("POST /personal-access-tokens/login", """{"token":"pat"}"""), (api.Requests[0].Line, api.Requests[0].Body));
    }

    [Fact]
    public async Task Connect_NobodyListens_FailsAtOnceWithTheAddress()
    {
        var api = new ScriptedApi(_ => _login);
        await api.DisposeAsync();
        var fault = await Assert.ThrowsAsync<IggyConnectionException>(() => ConnectAsync(api));
        Assert.False(fault.IsOutcomeUnknown);
        Assert.Contains(api.Address, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connect_LoginRefused_IsTheServersError()
    {
        await using var api = new ScriptedApi(_ => new(400, """{"id":42,"code":"invalid_credentials","reason":"Invalid credentials.","field":null}"""));
        Assert.Equal(IggyError.InvalidCredentials, (await Assert.ThrowsAsync<IggyException>(() => ConnectAsync(api))).Error);
    }

    // Goal: a token is renewed before it ends, by the server's reckoning, and the renewal is one for all callers.
    [Fact]
    public async Task Token_NearItsEnd_IsRenewedOnce()
    {
        var clock = new FakeTimeProvider();
        await using var api = new ScriptedApi(request => request.Path switch
        {
            "/users/login" => Token("first", 1000, clock),
            "/users/refresh-token" => Token("second", 1000, clock),
            _ => new(200, NoStreams),
        });
        await using var client = await ConnectAsync(api, options => options with { Clock = clock });
        clock.Advance(TimeSpan.FromSeconds(799));
        await client.GetStreamsAsync(Setup.Cancellation).Within();
        clock.Advance(TimeSpan.FromSeconds(2));
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => client.GetStreamsAsync(Setup.Cancellation).Within()));
        Assert.Equal("first", api.Requests[1].Token);
        Assert.Equal("""{"token":"first"}""", Assert.Single(api.Requests, request => request.Path == "/users/refresh-token").Body);
        Assert.Equal(5, api.Requests.Count(request => request is { Path: "/streams", Token: "second" }));
    }

    // Goal: a renewal that is refused costs a login.
    [Fact]
    public async Task Token_CannotBeRenewed_IsReplacedByALogin()
    {
        var clock = new FakeTimeProvider();
        await using var api = new ScriptedApi(request => request.Path switch
        {
            "/users/login" => Token("first", 10, clock),
            "/users/refresh-token" => new(401, """{"id":78,"code":"invalid_access_token","reason":"No.","field":null}"""),
            _ => new(200, NoStreams),
        });
        await using var client = await ConnectAsync(api, options => options with { Clock = clock });
        clock.Advance(TimeSpan.FromSeconds(60));
        await client.GetStreamsAsync(Setup.Cancellation).Within();
        Assert.Equal(["/users/login", "/users/refresh-token", "/users/login", "/streams"], api.Requests.Select(request => request.Path));
    }

    // Goal: a request whose token is taken no more was not looked at, so even a send goes again, with a new one; once.
    [Fact]
    public async Task Send_TokenIsTakenNoMore_GoesAgainAfterALogin()
    {
        var logins = 0;
        await using var api = new ScriptedApi(request => request switch
        {
            { Path: "/users/login" } => new(200, ScriptedApi.Login.Replace("token-1", $"token-{++logins}", StringComparison.Ordinal)),
            { Token: "token-1" } => new(401),
            _ => new(201),
        });
        await using var client = await ConnectAsync(api);
        await SendAsync(client);
        Assert.Equal([null, "token-1", null, "token-2"], api.Requests.Select(request => request.Token));

        await using var strict = new ScriptedApi(request => request.Path == "/users/login" ? _login : new(401));
        await using var refused = await ConnectAsync(strict);
        Assert.Equal(IggyError.Unauthenticated, (await Assert.ThrowsAsync<IggyException>(() => SendAsync(refused))).Error);
        Assert.Equal(2, strict.Requests.Count(request => request.Path.EndsWith("/messages", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task LogOut_EndsTheTokenAndSendsNoneAfterIt()
    {
        await using var api = new ScriptedApi(request => request.Path == "/users/login" ? _login : request.Token is null ? new(401) : new(204));
        await using var client = await ConnectAsync(api);
        await client.LogOutAsync(Setup.Cancellation);
        await Assert.ThrowsAsync<IggyException>(() => client.GetStreamsAsync(Setup.Cancellation).Within());
        Assert.Equal(["POST /users/login", "DELETE /users/logout", "GET /streams"], api.Requests.Select(request => request.Line));
        Assert.Equal([null, "token-1", null], api.Requests.Select(request => request.Token));
    }

    // Goal: a send is never repeated in silence, a delete neither; a question is. Method: the peer takes the first request and closes.
    [Fact]
    public async Task Ask_ConnectionBreaks_OnlyQuestionsAreRepeated()
    {
        var broken = 0;
        await using var api = new ScriptedApi(request => request.Path == "/users/login" ? _login : broken++ == 0 ? null : new(200, NoStreams));
        await using var client = await ConnectAsync(api);
        Assert.True((await Assert.ThrowsAsync<IggyConnectionException>(() => SendAsync(client))).IsOutcomeUnknown);
        broken = 0;
        Assert.True((await Assert.ThrowsAsync<IggyConnectionException>(() => client.PurgeTopicAsync(new(1), new(1), Setup.Cancellation).Within())).IsOutcomeUnknown);
        broken = 0;
        Assert.Empty(await client.GetStreamsAsync(Setup.Cancellation).Within());
        Assert.Equal(["/streams/s/topics/t/messages", "/streams/1/topics/1/purge", "/streams", "/streams"], api.Requests.Skip(1).Select(request => request.Path));
    }

    // Goal: what surely did not leave is sent when the server is back, also a send.
    [Fact]
    public async Task Send_ServerComesBack_ArrivesOnce()
    {
        var api = new ScriptedApi(request => request.Path == "/users/login" ? _login : new(201));
        var client = await ConnectAsync(api, options => options with { Reconnect = new() { FirstDelay = TimeSpan.FromMilliseconds(20), MaxDelay = TimeSpan.FromSeconds(1), MaxAttempts = 50 } });
        await using var owned = client;
        await api.DisposeAsync();
        var send = SendAsync(client);
        await using var again = new ScriptedApi(_ => new(201), api.Port);
        await send;
        Assert.Equal("/streams/s/topics/t/messages", Assert.Single(again.Requests).Path);
    }

    [Fact]
    public async Task Reply_StopsShort_IsNoReply()
    {
        await using var api = new ScriptedApi(request => request.Path == "/users/login" ? _login : new(201, "abc") { AnnouncedBytes = 10 });
        await using var client = await ConnectAsync(api);
        Assert.True((await Assert.ThrowsAsync<IggyConnectionException>(() => SendAsync(client))).IsOutcomeUnknown);
    }

    // Goal: a length from outside is judged before memory is taken.
    [Fact]
    public async Task Reply_LongerThanAllowed_IsRefused()
    {
        await using var api = new ScriptedApi(request => request.Path == "/users/login" ? _login : new(200, "abc") { AnnouncedBytes = 2_000_000_000 });
        await using var client = await ConnectAsync(api, options => options with { MaxReplyBytes = 1024 });
        Assert.Contains("MaxReplyBytes", (await Assert.ThrowsAsync<IggyException>(() => client.GetStreamsAsync(Setup.Cancellation).Within())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ask_NoReplyInTime_TimesOut()
    {
        var (clock, arrived, release) = (new FakeTimeProvider(), new TaskCompletionSource(), new ManualResetEventSlim());
        await using var api = new ScriptedApi(request =>
        {
            if (request.Path == "/users/login")
                return _login;
            arrived.TrySetResult();
            release.Wait(ScriptedServer.Limit);
            return null;
        });
        await using var client = await ConnectAsync(api, options => options with { Clock = clock });
        var send = SendAsync(client);
        await arrived.Task.WaitAsync(ScriptedServer.Limit, Setup.Cancellation);
        clock.Advance(TimeSpan.FromSeconds(31));
        Assert.Contains("RequestTimeout", (await Assert.ThrowsAsync<TimeoutException>(() => send)).Message, StringComparison.Ordinal);
        release.Set();
    }

    [Theory]
    [InlineData(404, """{"id":1009,"code":"stream_id_not_found","reason":"r","field":"stream_id"}""", IggyError.StreamIdNotFound)]
    [InlineData(404, """{"id":404,"code":"not_found","reason":"r","field":null}""", IggyError.ResourceNotFound)]
    [InlineData(404, "", IggyError.FeatureUnavailable)]
    [InlineData(403, "", IggyError.Unauthorized)]
    [InlineData(502, "<html>", IggyError.HttpResponseError)]
    [InlineData(302, "", IggyError.HttpResponseError)]
    public async Task Refusal_HasTheCodeOfTheBodyOrOfTheStatus(int status, string body, IggyError expected)
    {
        await using var api = new ScriptedApi(request => request.Path == "/users/login" ? _login : new(status, body));
        await using var client = await ConnectAsync(api);
        Assert.Equal(expected, (await Assert.ThrowsAsync<IggyException>(() => SendAsync(client))).Error);
    }

    // Goal: memberships are kept while the client lives, and given back at its end.
    [Fact]
    public async Task Membership_IsKeptAliveAndGivenBack()
    {
        var (clock, beats) = (new FakeTimeProvider(), new SemaphoreSlim(0));
        await using var api = new ScriptedApi(request =>
        {
            if (request.Line == "GET /session")
                beats.Release();
            return request.Path == "/users/login" ? _login : new(204);
        });
        await using (var client = await ConnectAsync(api, options => options with { Clock = clock }))
        {
            await client.JoinConsumerGroupAsync(new("s"), new("t"), new("g"), Setup.Cancellation);
            for (var i = 0; i < 2; i++)
            {
                // The timer may not stand yet, or wait for the last answer: the clock goes on until the beat has come.
                do
                    clock.Advance(TimeSpan.FromSeconds(5));
                while (!await beats.WaitAsync(TimeSpan.FromMilliseconds(50), Setup.Cancellation));
            }
            await client.LeaveConsumerGroupAsync(new("s"), new("t"), new("g"), Setup.Cancellation);
        }
        var lines = api.Requests.Select(request => request.Line).Where(line => line != "GET /session");
        Assert.Equal(
            ["POST /users/login", "PUT /streams/s/topics/t/consumer-groups/g/membership", "DELETE /streams/s/topics/t/consumer-groups/g/membership", "DELETE /session"], lines);
        Assert.Equal(32, Assert.Single(api.Requests.Skip(1).Select(request => request.Headers["Iggy-Session"]).Distinct()).Length);
    }
}
