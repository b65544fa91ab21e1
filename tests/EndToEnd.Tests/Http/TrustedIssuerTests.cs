using System.Security.Cryptography;
using System.Text;
using Iggy.Testing;

namespace Iggy.EndToEnd.Tests.Http;

/// <summary>Tokens that somebody else has signed.</summary>
public sealed class TrustedIssuerTests
{
    [Fact]
    public async Task Token_OfATrustedIssuer_IsTakenAsItsUser_AndEveryOtherRefused()
    {
        await using var issuer = new ForeignIssuer();
        using var rsa = RSA.Create(2048);
        using var curve = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var unknown = RSA.Create(2048);
        issuer.Keys = ForeignIssuer.Of(new() { ["r"] = rsa, ["e"] = curve });
        await using var server = await ServerProcess.StartAsync(settings: Settings(issuer));
        using var root = await ApiClient.LogInAsync(server);
        await root.DoAsync("POST", "/users", """{"username":"app","password":"secret","status":"active","permissions":{"global":{"manage_servers":false,"read_servers":false,"manage_users":false,"read_users":false,"manage_streams":true,"read_streams":true,"manage_topics":false,"read_topics":false,"poll_messages":false,"send_messages":false}}}""");

        using var client = new ApiClient(server.Http);
        Assert.Equal(0, issuer.Fetches); // nobody asked yet
        foreach (var good in new[]
        {
            ForeignIssuer.Sign(rsa, "r", ForeignIssuer.Claims()), ForeignIssuer.Sign(curve, "e", ForeignIssuer.Claims()),
            ForeignIssuer.Sign(rsa, "r", $"\"iss\":\"{ForeignIssuer.Name}\",\"aud\":\"iggy\",\"exp\":999999999999"), ForeignIssuer.Sign(rsa, "r", ForeignIssuer.Claims(audience: """["other","iggy"]""")), ForeignIssuer.Sign(rsa, "r", ForeignIssuer.Claims(secondsLeft: -30)), // the clocks may differ
        })
        {
            client.Token = good;
            await client.DoAsync("GET", "/streams");
            await client.RefusedAsync(403, 41, "GET", "/stats"); // no more than its user may
        }
        Assert.Equal(1, issuer.Fetches);
        Assert.Equal("app", (await client.DoAsync("GET", "/users/1")).GetProperty("username").GetString());

        foreach (var (why, bad) in new[]
        {
            ("expired", ForeignIssuer.Sign(rsa, "r", ForeignIssuer.Claims(secondsLeft: -90))), ("without end", ForeignIssuer.Sign(rsa, "r", $"\"iss\":\"{ForeignIssuer.Name}\",\"aud\":\"iggy\"")),
            ("audience", ForeignIssuer.Sign(rsa, "r", ForeignIssuer.Claims(audience: "\"other\""))), ("issuer", ForeignIssuer.Sign(rsa, "r", ForeignIssuer.Claims("https://elsewhere.example"))),
            ("issuer in capitals", ForeignIssuer.Sign(rsa, "r", ForeignIssuer.Claims("HTTPS://ISSUER.EXAMPLE/Tenant"))), ("unnamed key", ForeignIssuer.Sign(rsa, null, ForeignIssuer.Claims())),
            ("wrong key", ForeignIssuer.Sign(unknown, "r", ForeignIssuer.Claims())), ("key of another kind", ForeignIssuer.Sign(rsa, "e", ForeignIssuer.Claims())),
            ("issuer that is a number", ForeignIssuer.Sign(rsa, "r", "\"iss\":5,\"aud\":{},\"exp\":\"x\"")), ("no claims", ForeignIssuer.Sign(rsa, "r", "")), ("for root", ForeignIssuer.Sign(rsa, "r", ForeignIssuer.Claims("https://root.example"))), ("no signature", NoSignature()), ("shared secret", SharedSecret(rsa)),
            ("not yet good", ForeignIssuer.Sign(rsa, "r", $"{ForeignIssuer.Claims()},\"nbf\":{TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + 200}")),
        })
        {
            client.Token = bad;
            Assert.True((await client.AskAsync("GET", "/streams")) is { Status: 401 }, why);
        }

        client.Token = ForeignIssuer.Sign(rsa, "r", ForeignIssuer.Claims());
        await client.RefusedAsync(401, 78, "POST", "/users/refresh-token", $$"""{"token":"{{client.Token}}"}""");
        await client.DoAsync("DELETE", "/users/logout");
        await client.RefusedAsync(401, 40, "GET", "/streams");
        client.Token = ForeignIssuer.Sign(rsa, "r", ForeignIssuer.Claims(secondsLeft: 100)); // far from the other, whose end a second later would be that of 299
        await client.DoAsync("GET", "/streams"); // that one was taken back, and no other
        await root.DoAsync("PUT", "/users/1", """{"status":"inactive"}""");
        await client.RefusedAsync(401, 40, "GET", "/streams");
    }

    [Fact]
    public async Task Keys_Changed_AreFetchedWhenATokenNamesANewOne_AndOldOnesEnd()
    {
        await using var issuer = new ForeignIssuer();
        using var first = RSA.Create(2048);
        using var second = RSA.Create(2048);
        issuer.Keys = ForeignIssuer.Of(new() { ["1"] = first });
        await using var server = await ServerProcess.StartAsync(settings: Settings(issuer));
        using var root = await ApiClient.LogInAsync(server);
        await root.DoAsync("POST", "/users", """{"username":"app","password":"secret","status":"active"}""");
        using var client = new ApiClient(server.Http) { Token = ForeignIssuer.Sign(first, "1", ForeignIssuer.Claims()) };
        await client.RefusedAsync(403, 41, "GET", "/streams");

        issuer.Keys = ForeignIssuer.Of(new() { ["2"] = second });
        var old = client.Token;
        client.Token = ForeignIssuer.Sign(second, "2", ForeignIssuer.Claims());
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while ((await client.AskAsync("GET", "/streams")).Status == 401) // made-up names must not have the issuer asked without end
            limit.Token.ThrowIfCancellationRequested();
        Assert.Equal(2, issuer.Fetches);
        client.Token = old;
        await client.RefusedAsync(401, 40, "GET", "/streams");

        // What is no key set leaves what is known.
        issuer.Keys = "{";
        client.Token = ForeignIssuer.Sign(second, "3", ForeignIssuer.Claims());
        while (issuer.Fetches == 2)
        {
            await client.RefusedAsync(401, 40, "GET", "/streams");
            limit.Token.ThrowIfCancellationRequested();
        }
        client.Token = ForeignIssuer.Sign(second, "2", ForeignIssuer.Claims());
        await client.RefusedAsync(403, 41, "GET", "/streams");
    }

    [Theory]
    [InlineData("ISSUER", "iggy.apache.org", "whose tokens are this server's own")]
    [InlineData("JWKS_URL", "file:///etc/passwd", "Iggy:Http:Jwt:TrustedIssuers:0:JwksUrl is 'file:///etc/passwd'; allowed: an address with https or http.")]
    [InlineData("AUDIENCE", " ", "Iggy:Http:Jwt:TrustedIssuers:0:Audience")]
    public async Task Settings_ThatCannotBeMeant_StopTheStart(string name, string value, string told)
    {
        await using var issuer = new ForeignIssuer();
        var settings = Settings(issuer);
        settings[$"IGGY_HTTP_JWT_TRUSTED_ISSUERS_0_{name}"] = value;
        var (code, output) = await ServerProcess.RunToEndAsync(settings: settings);
        Assert.Equal(2, code);
        Assert.Contains(told, output, StringComparison.Ordinal);
    }

    private static Dictionary<string, string> Settings(ForeignIssuer issuer)
    {
        var settings = HttpFixture.Settings;
        foreach (var (number, name, user) in new[] { (0, ForeignIssuer.Name, 1), (1, "https://root.example", 0) })
        {
            settings[$"IGGY_HTTP_JWT_TRUSTED_ISSUERS_{number}_ISSUER"] = name;
            settings[$"IGGY_HTTP_JWT_TRUSTED_ISSUERS_{number}_AUDIENCE"] = ForeignIssuer.Audience;
            settings[$"IGGY_HTTP_JWT_TRUSTED_ISSUERS_{number}_JWKS_URL"] = issuer.Address;
            settings[$"IGGY_HTTP_JWT_TRUSTED_ISSUERS_{number}_USER_ID"] = $"{user}";
        }
        return settings;
    }

    private static string NoSignature() => $"{Text("""{"alg":"none","kid":"r"}""")}.{Text($"{{{ForeignIssuer.Claims()}}}")}.";

    // The old trick: the public key as the secret of a hash.
    private static string SharedSecret(RSA key)
    {
        var content = $"{Text("""{"alg":"HS256","kid":"r"}""")}.{Text($"{{{ForeignIssuer.Claims()}}}")}";
        return $"{content}.{System.Buffers.Text.Base64Url.EncodeToString(HMACSHA256.HashData(key.ExportSubjectPublicKeyInfo(), Encoding.ASCII.GetBytes(content)))}";
    }

    private static string Text(string json) => System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));
}
