using Iggy.Client;
using static Iggy.Testing.ScriptedServer;

namespace Iggy.Cli.Tests;

/// <summary><c>iggy ping</c>, and waiting for a server that starts.</summary>
public sealed class PingTests
{
    [Fact]
    public async Task Ping_NeedsNoLogin_AndTellsStatistics()
    {
        using var tool = new Tool();
        tool.Variables.Clear();
        var result = await tool.RunAsync("ping -c 3");
        Assert.Equal([1u, 1u, 1u], result.Requests.Select(request => request.Code));
        Assert.Matches(@"3 pings: min/avg/max/mdev = [\d.]+/[\d.]+/[\d.]+/[\d.]+ ms", result.Out);
    }

    [Theory]
    [InlineData("ping --wait")]
    [InlineData("ping --wait 50s -c 1")]
    public async Task Wait_ServerComesUpLater_GoesOnOnceItAnswers(string arguments)
    {
        var tries = 0;
        using var tool = new Tool
        {
            Connect = (options, cancellationToken) => ++tries < 4 ? throw new IggyConnectionException("nobody yet") : IggyClient.ConnectAsync(options, cancellationToken),
        };
        var result = await tool.RunAsync(arguments);
        Assert.Equal((ExitCode.Ok, "", 4), (result.Code, result.Error, tries));
        Assert.Equal([1u, 1u], result.Requests.Select(request => request.Code)); // the one that was waited for, the one that is measured
    }

    [Fact]
    public async Task Wait_NobodyComes_IsNoConnection()
    {
        using var tool = new Tool();
        var address = tool.Address;
        tool.StopServer();
        var result = await tool.RunAsync($"--tcp-server-address {address} ping --wait 300ms");
        Assert.Equal(ExitCode.NoConnection, result.Code);
        Assert.StartsWith($"{address} was not ready within 300ms.", result.Error, StringComparison.Ordinal);
    }

    // A port that is open is not enough: what accepts and never answers, as a proxy of a container does, is not ready.
    [Fact]
    public async Task Wait_ServerAcceptsAndIsSilent_IsNoConnection()
    {
        using var silent = new Testing.ScriptedServer();
        using var tool = new Tool();
        var running = tool.RunAsync($"ping --tcp-server-address {silent.Address} --wait 500ms");
        using var peer = await silent.AcceptAsync();
        Assert.Equal(ExitCode.NoConnection, (await running).Code);
    }

    [Theory]
    [InlineData("ping --wait 0s")]
    [InlineData("ping --wait soon")]
    [InlineData("ping --wait 2years")]
    public async Task Wait_NoDuration_IsUsage(string arguments)
    {
        using var tool = new Tool();
        var result = await tool.RunAsync(arguments);
        Assert.Equal(ExitCode.Usage, result.Code);
        Assert.Contains("--wait", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wait_ServerRefuses_EndsAtOnce()
    {
        using var tool = new Tool();
        var result = await tool.RunAsync("ping --wait", (_, _) => Empty(3));
        Assert.Equal(ExitCode.Refused, result.Code);
        Assert.Single(result.Requests);
    }
}
