using Iggy.Protocol;
using Iggy.Protocol.Classic;
using static Iggy.Testing.ScriptedServer;

namespace Iggy.Cli.Tests;

/// <summary>What the tool keeps between two runs: contexts, tokens and sessions.</summary>
public sealed class HomeTests
{
    private static async Task<ToolResult> RunAsync(Tool tool, string arguments, ExitCode expected = ExitCode.Ok)
    {
        var result = await tool.RunAsync(arguments, (code, _) => (CommandCode)code switch
        {
            CommandCode.CreatePersonalAccessToken => Ok(Tool.Bytes(new NewTokenReply("the-secret"))),
            _ => Empty(),
        });
        Assert.True(expected == result.Code, $"{arguments}: {result.Code} {result.Error}");
        return result;
    }

    private static string Read(Tool tool, string file) => File.ReadAllText(Path.Combine(tool.Home, file));

    [Fact]
    public async Task Context_CreateUseListDelete()
    {
        using var tool = new Tool();
        await RunAsync(tool, "context create prod --tcp-server-address 10.0.0.1:8090 -u bob --tcp-tls-enabled");
        var file = Read(tool, "contexts.toml");
        Assert.All(["[prod]", "tcp_server_address = \"10.0.0.1:8090\"", "username = \"bob\"", "tcp_tls_enabled = true"], line => Assert.Contains(line, file, StringComparison.Ordinal));
        Assert.Equal(["Name: default*", "Name: prod"], (await RunAsync(tool, "ctx l -l list")).Out.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));

        await RunAsync(tool, "ctx use prod");
        Assert.Equal("prod", Read(tool, ".active_context"));
        Assert.Contains("Name: prod*", (await RunAsync(tool, "context list --list-mode list")).Out, StringComparison.Ordinal);

        await RunAsync(tool, "context create prod", ExitCode.Usage);
        await RunAsync(tool, "context use other", ExitCode.NotFound);
        await RunAsync(tool, "context delete default", ExitCode.Usage);
        await RunAsync(tool, "context delete prod");
        Assert.Equal("default", Read(tool, ".active_context"));
    }

    [Fact]
    public async Task Context_Show_LeavesSecretsOut()
    {
        using var tool = new Tool();
        await RunAsync(tool, "context create prod --tcp-server-address 10.0.0.1:8090 -u bob -p hidden --encryption-key alsohidden");
        var shown = (await RunAsync(tool, "context show prod --output json")).Out;
        Assert.Contains("""{"name":"tcp_server_address","value":"10.0.0.1:8090"}""", shown, StringComparison.Ordinal);
        Assert.Contains("""{"name":"password","value":"(kept)"}""", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", shown, StringComparison.Ordinal);
        Assert.Equal("[]", (await RunAsync(tool, "context show --output json")).Out.Trim());
        await RunAsync(tool, "context show other", ExitCode.NotFound);
    }

    // Goal: the active context says where to connect and as whom, unless the command line or the environment do.
    [Fact]
    public async Task Context_Active_IsUsedUnlessTheCommandLineSaysElse()
    {
        using var second = new Tool { HidesAddress = true };
        second.Variables.Clear();
        await File.WriteAllTextAsync(Path.Combine(second.Home, "contexts.toml"), $"[mine]\ntcp_server_address = \"{second.Address}\"\ntoken = \"from-context\"\nunknown = 1\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(second.Home, ".active_context"), "mine\n", TestContext.Current.CancellationToken);
        var result = await RunAsync(second, "message flush s t 0");
        Assert.Equal("\u000cfrom-context"u8.ToArray(), result.Requests[0].Payload);

        using var third = new Tool();
        third.Variables.Clear();
        await File.WriteAllTextAsync(Path.Combine(third.Home, "contexts.toml"), "[default]\ntcp_server_address = \"nowhere:1\"\ntoken = \"from-context\"\n", TestContext.Current.CancellationToken);
        Assert.Equal("\u0005given"u8.ToArray(), (await RunAsync(third, "-t given message flush s t 0")).Requests[0].Payload);
    }

    [Fact]
    public async Task Contexts_ThatAreNoToml_AreUsageWithoutTheirContent()
    {
        using var tool = new Tool();
        await File.WriteAllTextAsync(Path.Combine(tool.Home, "contexts.toml"), "[prod]\npassword = secret\n", TestContext.Current.CancellationToken);
        var result = await RunAsync(tool, "me", ExitCode.Usage);
        Assert.Contains("contexts.toml", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Token_Stored_IsUsedByName_AndReadableByItsOwnerOnly()
    {
        using var tool = new Tool();
        Assert.DoesNotContain("the-secret", (await RunAsync(tool, "pat create ci --store-token")).Out, StringComparison.Ordinal);
        Assert.Contains("ci = \"the-secret\"", Read(tool, "tokens.toml"), StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(tool.Home, "tokens.toml")));

        using var next = new Tool();
        next.Variables.Clear();
        await File.WriteAllTextAsync(Path.Combine(next.Home, "tokens.toml"), $"[\"{next.Address}\"]\nci = \"kept\"\n", TestContext.Current.CancellationToken);
        Assert.Equal("\u0004kept"u8.ToArray(), (await RunAsync(next, "-n ci message flush s t 0")).Requests[0].Payload);
    }

    [Theory]
    [InlineData("-n unknown me")]
    [InlineData("-n a -t b me")]
    [InlineData("-u a -t b me")]
    public async Task Credentials_UnknownOrTwice_AreUsage(string arguments)
    {
        using var tool = new Tool();
        await RunAsync(tool, arguments, ExitCode.Usage);
    }

    [Theory]
    [InlineData("login", 900_000_000UL)]
    [InlineData("li 8hours", 28_800_000_000UL)]
    public async Task Login_KeepsAShortLivedToken(string arguments, ulong micros)
    {
        using var tool = new Tool();
        var request = Tool.Read<CreatePersonalAccessTokenRequest>((await RunAsync(tool, arguments)).Request.Payload);
        Assert.Equal(micros, request.ExpiryMicros);
        var file = Read(tool, "tokens.toml");
        Assert.Contains($"name = \"{request.Name}\"", file, StringComparison.Ordinal);
        Assert.Contains("token = \"the-secret\"", file, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Session_Open_NeedsNoCredentials_UntilLogout()
    {
        using var tool = new Tool();
        tool.Variables.Clear();
        await File.WriteAllTextAsync(Path.Combine(tool.Home, "tokens.toml"), $"[\"{tool.Address}\".\".session\"]\nname = \"iggy-cli-1\"\ntoken = \"kept\"\n", TestContext.Current.CancellationToken);
        var result = await tool.RunAsync("logout", (code, _) => (CommandCode)code is CommandCode.GetPersonalAccessTokens ? Ok(Tool.Bytes(new TokenRecord("iggy-cli-1", 0))) : Empty());
        Assert.Equal((ExitCode.Ok, ""), (result.Code, result.Error));
        Assert.Equal([44u, (uint)CommandCode.GetPersonalAccessTokens, (uint)CommandCode.DeletePersonalAccessToken], result.Requests.Select(request => request.Code));
        Assert.DoesNotContain("kept", Read(tool, "tokens.toml"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logout_WithoutSession_IsNotFound()
    {
        using var tool = new Tool();
        await RunAsync(tool, "logout", ExitCode.NotFound);
    }
}
