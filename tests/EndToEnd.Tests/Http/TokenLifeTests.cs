using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Iggy.Testing;

namespace Iggy.EndToEnd.Tests.Http;

/// <summary>What a token is, and what ends it.</summary>
public sealed class TokenLifeTests(HttpFixture fixture)
{
    [Fact]
    public async Task Token_OfALogin_SaysWhatIsDocumented()
    {
        using var client = await fixture.LogInAsync();
        var parts = client.Token!.Split('.');
        Assert.Equal(("HS256", "JWT"), (Part(parts[0]).GetProperty("alg").GetString(), Part(parts[0]).GetProperty("typ").GetString()));
        var claims = Part(parts[1]);
        Assert.Equal(("0", "iggy.apache.org", "iggy.apache.org"), (claims.GetProperty("sub").GetString(), claims.GetProperty("iss").GetString(), claims.GetProperty("aud").GetString()));
        Assert.Equal(7, Guid.Parse(claims.GetProperty("jti").GetString()!).Version);
        var issued = claims.GetProperty("iat").GetInt64();
        Assert.Equal((issued + 3600, issued), (claims.GetProperty("exp").GetInt64(), claims.GetProperty("nbf").GetInt64()));

        var login = await client.DoAsync("POST", "/users/login", """{"username":"iggy","password":"iggy","version":null,"context":"test"}""");
        var expiry = Part(login.GetProperty("access_token").GetProperty("token").GetString()!.Split('.')[1]).GetProperty("exp").GetUInt64();
        Assert.Equal(expiry, login.GetProperty("access_token").GetProperty("expiry").GetUInt64()); // seconds
        await client.RefusedAsync(400, 42, "POST", "/users/login", """{"username":"iggy","password":"wrong"}""");
        await client.RefusedAsync(400, 42, "POST", "/users/login", """{"username":"nobody","password":"x"}""");
        await client.RefusedAsync(400, 42, "POST", "/users/login", """{"username":"0","password":"iggy"}"""); // a name, not an id
        await client.RefusedAsync(400, 6, "POST", "/users/login", """{"username":"","password":"iggy"}""");
        await client.RefusedAsync(413, 3, "POST", "/users/login", $$"""{"username":"iggy","password":"{{new string('x', 70_000)}}"}"""); // before a login little is taken
        await client.RefusedAsync(422, 3, "POST", "/users/login", """{"username":"iggy"}""");
        await client.RefusedAsync(422, 3, "POST", "/users/login", """{"username":"iggy","username":"iggy","password":"iggy"}""");
    }

    [Fact]
    public async Task Routes_WithoutAGoodToken_Answer401WithABody()
    {
        using var client = await fixture.LogInAsync();
        var good = client.Token!;
        var parts = good.Split('.');
        foreach (var bad in new[] { null, "", "x", "a.b.c", $"{parts[0]}.{parts[1]}.{parts[2][..^2]}AA", $"{parts[0]}.{parts[1]}.", Convert.ToBase64String(new byte[50]) })
        {
            client.Token = bad;
            foreach (var (method, path) in new[] { ("GET", "/streams"), ("POST", "/streams"), ("DELETE", "/users/logout"), ("PATCH", "/streams"), ("GET", "/nowhere"), ("GET", "/streams/"), ("GET", "/STREAMS"), ("GET", "/users/0") })
                await client.RefusedAsync(401, 40, method, path, method == "POST" ? "{}" : null);
            foreach (var path in new[] { "/", "/ping", "/health/live" })
                Assert.Equal(200, (await client.AskAsync("GET", path)).Status);
        }

        client.Token = null;
        Assert.Equal(401, (await client.AskAsync("GET", "/streams", headers: ("Authorization", $"bearer {good}"))).Status);
        Assert.Equal(401, (await client.AskAsync("GET", "/streams", headers: ("Authorization", $"Bearer  {good}"))).Status);
        Assert.Equal(200, (await client.AskAsync("GET", "/streams", headers: ("Authorization", $"Bearer {good}"))).Status);
        var wrong = await client.AskAsync("GET", "/users/login"); // known, public, but not by this method
        Assert.Equal((405, "POST"), (wrong.Status, wrong.Headers["allow"]));
        client.Token = good;
        var patch = await client.AskAsync("PATCH", "/streams");
        Assert.Equal(405, patch.Status);
        Assert.Contains("GET", patch.Headers["allow"], StringComparison.Ordinal);
        foreach (var path in new[] { "/nowhere", "/streams/", "/STREAMS", "/streams//topics", "/users/" })
            await client.RefusedAsync(404, 404, "GET", path);
        Assert.Equal(200, (await client.AskAsync("HEAD", "/streams")).Status);
    }

    [Fact]
    public async Task Tokens_WithAnotherSignerOrClaim_AreRefused()
    {
        var settings = HttpFixture.Settings;
        settings["IGGY_HTTP_JWT_ENCODING_SECRET"] = "short"; // taken, as Apache Iggy takes it
        await using var server = await ServerProcess.StartAsync(settings: settings);
        using var client = new ApiClient(server.Http);
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        string Claims(string change = "") => Sign("short", "HS256", $$"""{"jti":"a{{change.Length}}","iss":"iggy.apache.org","aud":["x","iggy.apache.org"],"sub":"0","iat":{{now}},"exp":{{now + 100}},"nbf":{{now + 50}}{{change}}}""");
        client.Token = Claims();
        await client.DoAsync("GET", "/streams");
        foreach (var bad in new[]
        {
            Sign("other", "HS256", $$"""{"jti":"a","iss":"iggy.apache.org","aud":"iggy.apache.org","sub":"0","iat":{{now}},"exp":{{now + 100}},"nbf":{{now}}}"""),
            Sign("short", "HS512", $$"""{"jti":"a","iss":"iggy.apache.org","aud":"iggy.apache.org","sub":"0","iat":{{now}},"exp":{{now + 100}},"nbf":{{now}}}"""),
            Sign("short", "HS256", $$"""{"jti":"a","iss":"else","aud":"iggy.apache.org","sub":"0","iat":{{now}},"exp":{{now + 100}},"nbf":{{now}}}"""),
            Sign("short", "HS256", $$"""{"jti":"a","iss":"iggy.apache.org","aud":"else","sub":"0","iat":{{now}},"exp":{{now + 100}},"nbf":{{now}}}"""),
            Sign("short", "HS256", $$"""{"jti":"a","iss":"iggy.apache.org","aud":"iggy.apache.org","sub":"0","iat":{{now}},"exp":{{now - 100}},"nbf":{{now}}}"""),
            Sign("short", "HS256", $$"""{"jti":"a","iss":"iggy.apache.org","aud":"iggy.apache.org","sub":"77","iat":{{now}},"exp":{{now + 100}},"nbf":{{now}}}"""),
            Sign("short", "HS256", $$"""{"jti":"a","iss":"iggy.apache.org","aud":"iggy.apache.org","sub":"root","iat":{{now}},"exp":{{now + 100}},"nbf":{{now}}}"""),
            Sign("short", "HS256", $$"""{"jti":"a","iss":"iggy.apache.org","aud":"iggy.apache.org","sub":"0","iat":{{now}},"exp":{{now + 100}}}"""),
            Sign("short", "HS256", $$"""{"jti":"a","iss":"iggy.apache.org","aud":"iggy.apache.org","sub":"0","iat":{{now}},"exp":"{{now + 100}}","nbf":{{now}}}"""),
            Sign("short", "HS256", $$"""{"jti":"a","iss":"iggy.apache.org","aud":"iggy.apache.org","sub":0,"iat":{{now}},"exp":{{now + 100}},"nbf":{{now}}}"""),
            Sign("short", "none", $$"""{"jti":"a","iss":"iggy.apache.org","aud":"iggy.apache.org","sub":"0","iat":{{now}},"exp":{{now + 100}},"nbf":{{now}}}"""),
        })
        {
            client.Token = bad;
            await client.RefusedAsync(401, 40, "GET", "/streams");
            await client.RefusedAsync(401, 40, "DELETE", "/users/logout");
        }

        client.Token = null;
        await client.RefusedAsync(401, 78, "POST", "/users/refresh-token", """{"token":""}""");
        await client.RefusedAsync(401, 78, "POST", "/users/refresh-token", """{"token":"a.b.c"}""");
        await client.RefusedAsync(401, 40, "POST", "/users/refresh-token", $$"""{"token":"{{Sign("other", "HS256", "{\"iss\":\"iggy.apache.org\"}")}}"}""");
        await client.RefusedAsync(400, 73, "POST", "/users/refresh-token", $$"""{"token":"{{Sign("short", "HS512", "{\"iss\":\"iggy.apache.org\"}")}}"}""");
    }

    [Fact]
    public async Task Refresh_AToken_LeavesItGoodUntilItIsTakenBack()
    {
        using var client = await fixture.LogInAsync();
        var first = client.Token!;
        await client.DoAsync("POST", "/users/refresh-token", $$"""{"token":"{{first}}"}""");
        await client.DoAsync("GET", "/streams");
        var reply = await client.DoAsync("POST", "/users/refresh-token", $$"""{"token":"{{first}}"}"""); // whose answer was lost asks again
        await client.DoAsync("DELETE", "/users/logout");
        await client.RefusedAsync(401, 40, "GET", "/streams");
        await client.RefusedAsync(401, 78, "POST", "/users/refresh-token", $$"""{"token":"{{first}}"}""");
        client.Token = reply.GetProperty("access_token").GetProperty("token").GetString();
        await client.DoAsync("GET", "/streams");
        Assert.Equal(204, (await client.AskAsync("DELETE", "/users/logout")).Status);
        await client.RefusedAsync(401, 40, "GET", "/streams");
    }

    [Fact]
    public async Task Tokens_EndWithWhatTheyWereGivenFor()
    {
        using var root = await fixture.LogInAsync();
        var name = HttpFixture.NewName();
        var id = (await root.DoAsync("POST", "/users", $$"""{"username":"{{name}}","password":"secret","status":"active"}""")).GetProperty("id").GetUInt32();
        using var user = await ApiClient.LogInAsync(fixture.Server, name, "secret");
        await user.RefusedAsync(403, 41, "GET", "/streams");
        await user.DoAsync("GET", $"/users/{name}");

        // The password.
        using var other = await ApiClient.LogInAsync(fixture.Server, name, "secret");
        await user.DoAsync("PUT", $"/users/{id}/password", """{"current_password":"secret","new_password":"secret2"}""");
        await user.DoAsync("GET", $"/users/{name}"); // the one that made the change
        await user.DoAsync("POST", "/users/refresh-token", $$"""{"token":"{{user.Token}}"}""");
        await other.RefusedAsync(401, 40, "GET", $"/users/{name}");
        await other.RefusedAsync(401, 40, "POST", "/users/refresh-token", $$"""{"token":"{{other.Token}}"}""");
        await user.DoAsync("DELETE", "/users/logout");
        await user.RefusedAsync(401, 40, "GET", $"/users/{name}");

        // The password, changed by somebody else or once more with another token: nothing is kept.
        using var first = await ApiClient.LogInAsync(fixture.Server, name, "secret2");
        using var second = await ApiClient.LogInAsync(fixture.Server, name, "secret2");
        await first.DoAsync("PUT", $"/users/{id}/password", """{"current_password":"secret2","new_password":"secret3"}""");
        await first.DoAsync("PUT", $"/users/{id}/password", """{"current_password":"secret3","new_password":"secret2"}""");
        await first.DoAsync("GET", $"/users/{name}");
        await second.RefusedAsync(401, 40, "GET", $"/users/{name}");
        await root.DoAsync("PUT", $"/users/{id}/password", """{"current_password":"secret2","new_password":"secret4"}""");
        await first.RefusedAsync(401, 40, "GET", $"/users/{name}");
        await root.DoAsync("PUT", $"/users/{id}/password", """{"current_password":"secret4","new_password":"secret2"}""");
        await root.DoAsync("GET", $"/users/{name}");

        // The status, also after it is set back.
        using var active = await ApiClient.LogInAsync(fixture.Server, name, "secret2");
        await root.DoAsync("PUT", $"/users/{id}", """{"status":"inactive"}""");
        await active.RefusedAsync(401, 40, "GET", $"/users/{name}");
        await active.RefusedAsync(400, 47, "POST", "/users/login", $$"""{"username":"{{name}}","password":"secret2"}""");
        await root.DoAsync("PUT", $"/users/{id}", """{"status":"active"}""");
        await active.RefusedAsync(401, 40, "GET", $"/users/{name}");

        // The user. A name alone ends nothing.
        using var last = await ApiClient.LogInAsync(fixture.Server, name, "secret2");
        await root.DoAsync("PUT", $"/users/{id}", $$"""{"username":"{{name}}x"}""");
        await last.DoAsync("GET", $"/users/{id}");
        await root.DoAsync("DELETE", $"/users/{id}");
        await last.RefusedAsync(401, 40, "GET", $"/users/{id}");
    }

    [Fact]
    public async Task Restart_KeepsTokensAndWhatWasTakenBack()
    {
        string kept, ended;
        await using (var server = await ServerProcess.StartAsync(settings: HttpFixture.Settings))
        {
            using var client = await ApiClient.LogInAsync(server);
            kept = client.Token!;
            using var leaving = await ApiClient.LogInAsync(server);
            ended = leaving.Token!;
            await leaving.DoAsync("DELETE", "/users/logout");
            var key = Path.Combine(server.DataPath, "secrets", "jwt.key");
            if (!OperatingSystem.IsWindows())
            {
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(key));
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(key)!));
            }
            await server.KillAsync();

            await using var again = await ServerProcess.StartAsync(server.DataPath, HttpFixture.Settings);
            using var later = new ApiClient(again.Http) { Token = kept };
            await later.DoAsync("GET", "/streams");
            later.Token = ended;
            await later.RefusedAsync(401, 40, "GET", "/streams");
            Assert.DoesNotContain(kept, again.Output, StringComparison.Ordinal);
        }
    }

    private static JsonElement Part(string part)
    {
        using var document = JsonDocument.Parse(Base64Url.DecodeFromChars(part));
        return document.RootElement.Clone();
    }

    private static string Sign(string secret, string algorithm, string claims)
    {
        var text = $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes($$"""{"typ":"JWT","alg":"{{algorithm}}"}"""))}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims))}";
        var (key, bytes) = (Encoding.UTF8.GetBytes(secret), Encoding.ASCII.GetBytes(text));
        return $"{text}.{algorithm switch { "HS256" => Base64Url.EncodeToString(HMACSHA256.HashData(key, bytes)), "HS512" => Base64Url.EncodeToString(HMACSHA512.HashData(key, bytes)), _ => "" }}";
    }
}
