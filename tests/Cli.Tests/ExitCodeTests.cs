using static Iggy.Testing.ScriptedServer;

namespace Iggy.Cli.Tests;

/// <summary>Exit codes and logins.</summary>
public sealed class ExitCodeTests
{
    [Theory]
    [InlineData("stream create s", 1012u, 1, "StreamNameAlreadyExists (1012)")]
    [InlineData("stream delete s", 1009u, 4, "StreamIdNotFound (1009)")]
    [InlineData("topic delete s t", 2010u, 4, "TopicIdNotFound (2010)")]
    [InlineData("message flush s t 7", 3007u, 4, "PartitionNotFound (3007)")]
    [InlineData("me", 41u, 1, "Unauthorized (41)")]
    public async Task Refusal_BecomesItsCode(string arguments, uint status, int code, string message)
    {
        using var tool = new Tool();
        var result = await tool.RunAsync(arguments, (_, _) => Empty(status));
        Assert.Equal((ExitCode)code, result.Code);
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
        Assert.Empty(result.Out);
    }

    [Theory]
    [InlineData("stream get s")]
    [InlineData("topic get s t")]
    [InlineData("topic list s")]
    [InlineData("partition list s t")]
    [InlineData("client get 5")]
    [InlineData("consumer-offset get 1 s t 0")]
    public async Task MissingThing_IsNotFound(string arguments)
    {
        using var tool = new Tool();
        var result = await tool.RunAsync(arguments);
        Assert.Equal(ExitCode.NotFound, result.Code);
        Assert.NotEmpty(result.Error);
        Assert.Empty(result.Out);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("stream")]
    [InlineData("stream create")]
    [InlineData("stream create a b")]
    [InlineData("stream list --output xml")]
    [InlineData("topic create s t many none")]
    [InlineData("topic create s t 1 zip")]
    [InlineData("topic create s t 1 none soon")]
    [InlineData("topic create s t 1 none -m big")]
    [InlineData("topic create s t 1 none --set segment_size=1MiB")] // the classic dialect has none
    [InlineData("topic create s t 1 none --set =1")]
    [InlineData("options topic")]
    [InlineData("options nothing")]
    [InlineData("partition create s t 0")]
    [InlineData("partition create s t 100001")]
    [InlineData("ping -c 0")]
    [InlineData("message poll s t 0 -f -l")]
    [InlineData("message poll s t 0 -m 0")]
    [InlineData("message send s t -p 1 -m key x")]
    [InlineData("message send s t --lines a b")]
    [InlineData("message send s t -H k:nokind:v x")]
    [InlineData("message send s t -H k:int8:300 x")]
    [InlineData("message send s t --input-file /does/not/exist")]
    [InlineData("--tcp-server-address nowhere ping")]
    [InlineData("--transport pigeon ping")]
    [InlineData("--dialect modern ping")]
    [InlineData("--token t -u u me")]
    public async Task CommandLine_ThatCannotBeUsed_IsRefused(string arguments)
    {
        using var tool = new Tool();
        var result = await tool.RunAsync(arguments);
        Assert.Equal(ExitCode.Usage, result.Code);
        Assert.NotEmpty(result.Error);
        Assert.DoesNotContain(result.Requests, request => request.Code != 38);
    }

    [Fact]
    public async Task NameTooLong_IsUsage()
    {
        using var tool = new Tool();
        Assert.Equal(ExitCode.Usage, (await tool.RunAsync($"stream create {new string('x', 256)}")).Code);
    }

    [Fact]
    public async Task NobodyListens_IsNoConnection()
    {
        using var tool = new Tool();
        var address = tool.Address;
        tool.StopServer();
        var result = await tool.RunAsync($"--tcp-server-address {address} me");
        Assert.Equal(ExitCode.NoConnection, result.Code);
        Assert.Contains(address, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Credentials_FromOptions_GoBeforeTheEnvironment()
    {
        using var tool = new Tool();
        var result = await tool.RunAsync("-u bob -p secret message flush s t 0");
        Assert.Equal("\u0003bob\u0006secret"u8, result.Requests[0].Payload.AsSpan(0, 11));
    }

    [Fact]
    public async Task Password_Missing_IsAskedFor()
    {
        using var tool = new Tool { TypedPassword = "typed" };
        tool.Variables.Clear();
        var result = await tool.RunAsync("-u bob message flush s t 0");
        Assert.Equal(ExitCode.Ok, result.Code);
        Assert.Equal("\u0003bob\u0005typed"u8, result.Requests[0].Payload.AsSpan(0, 10));
    }

    [Theory]
    [InlineData("me")]
    [InlineData("-u bob me")]
    public async Task Credentials_MissingAndNobodyThere_IsUsage(string arguments)
    {
        using var tool = new Tool();
        tool.Variables.Clear();
        var result = await tool.RunAsync(arguments);
        Assert.Equal(ExitCode.Usage, result.Code);
        Assert.Empty(result.Requests);
    }

    [Fact]
    public async Task Token_IsALoginByToken()
    {
        using var tool = new Tool();
        tool.Variables.Clear();
        var result = await tool.RunAsync("-t secret message flush s t 0");
        Assert.Equal((ExitCode.Ok, 44u), (result.Code, result.Requests[0].Code));
    }
}
