using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Iggy.Testing;

namespace Iggy.Silo.Tests;

/// <summary>The real process: exit codes, the first start and the stop.</summary>
[Trait("kind", "process")]
public sealed partial class ProcessTests : IDisposable
{
    private static readonly Dictionary<string, string> _noRoot = new() { ["IGGY_ROOT_USERNAME"] = "", ["IGGY_ROOT_PASSWORD"] = "" };
    private readonly string _folder = Directory.CreateTempSubdirectory("iggy-silo-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Start_NoRootGiven_TellsAGeneratedPasswordOnceThatLogsIn()
    {
        string password;
        await using (var server = await ServerProcess.StartAsync(_folder, _noRoot))
        {
            password = PasswordLine().Match(server.Output).Groups[1].Value;
            Assert.Equal(32, password.Length);
            using var client = await RawClient.ConnectAsync(server.Tcp);
            await client.DoAsync(38, RawClient.Login("iggy", password));
            Assert.Contains($"address = \"{server.Tcp}\"", await File.ReadAllTextAsync(Path.Combine(_folder, "runtime", "current_config.toml"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
            Assert.Equal(0, await server.StopAsync());
        }

        // Later starts: the user stays, whatever is configured now, and nothing is printed.
        await using var again = await ServerProcess.StartAsync(_folder, new Dictionary<string, string> { ["IGGY_ROOT_USERNAME"] = "other", ["IGGY_ROOT_PASSWORD"] = "" });
        Assert.DoesNotContain("password", again.Output, StringComparison.Ordinal);
        using var later = await RawClient.ConnectAsync(again.Tcp);
        await later.DoAsync(38, RawClient.Login("iggy", password));
    }

    [Fact]
    public async Task Start_FolderInUse_Leaves3AndNamesTheHolder()
    {
        await using var server = await ServerProcess.StartAsync(_folder);
        var (code, output) = await ServerProcess.RunToEndAsync(_folder);
        Assert.Equal(3, code);
        Assert.Contains($"process {server.ProcessId} ", output, StringComparison.Ordinal);
        (code, _) = await ServerProcess.RunToEndAsync(_folder, null, "--fresh");
        Assert.Equal(3, code);
        using var client = await RawClient.LogInAsync(server.Tcp); // unharmed
    }

    [Fact]
    public async Task Start_AddressInUse_Leaves4()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var (code, output) = await ServerProcess.RunToEndAsync(_folder, new Dictionary<string, string> { ["IGGY_TCP_ADDRESS"] = taken.LocalEndpoint.ToString()! });
        Assert.True(code == 4, output);
        Assert.Contains($"Iggy:Tcp:Address is {taken.LocalEndpoint}", output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal); // foreseen, so no trace
    }

    [Theory]
    [InlineData("127.0.0.1:0", true)]
    [InlineData("0.0.0.0:0", false)]
    public async Task Start_InAContainer_WarnsOfListenersThatNobodyReaches(string address, bool warns)
    {
        var settings = new Dictionary<string, string>
        {
            ["IGGY_TCP_ADDRESS"] = address, ["IGGY_HTTP_ADDRESS"] = address, ["IGGY_QUIC_ADDRESS"] = address, ["IGGY_WEBSOCKET_ADDRESS"] = address,
            ["DOTNET_RUNNING_IN_CONTAINER"] = "true",
        };
        await using var server = await ServerProcess.StartAsync(_folder, settings);
        await server.StopAsync();
        Assert.Equal(warns, server.Output.Contains("nobody outside of it reaches", StringComparison.Ordinal));
        Assert.Equal(warns, server.Output.Contains("(Iggy:Tcp:Address)", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Start_FileOfApacheIggy_IsFollowed()
    {
        var file = Path.Combine(_folder, "my.toml");
        await File.WriteAllTextAsync(file, "[system.topic]\nmessage_expiry = \"1 h\"\n[system.segment]\nsize = \"1 MiB\"\n[tcp]\naddress = \"127.0.0.1:1\"\n", TestContext.Current.CancellationToken);
        await using var server = await ServerProcess.StartAsync(_folder, new Dictionary<string, string> { ["IGGY_CONFIG_PATH"] = file });
        using var client = await RawClient.LogInAsync(server.Tcp); // where the environment says
        await client.DoAsync(202, RawClient.Name("s"));
        Assert.Equal(3_600_000_000ul, BitConverter.ToUInt64(await client.DoAsync(302, RawClient.NewTopic(RawClient.Id("s"), "t", 1)), 16));

        await File.WriteAllTextAsync(file, "[tcp]\naddress = 1\naddress = 2\n", TestContext.Current.CancellationToken);
        var (code, output) = await ServerProcess.RunToEndAsync(_folder, new Dictionary<string, string> { ["IGGY_CONFIG_PATH"] = file });
        Assert.True(code == 2, output);
        Assert.Contains("line 3", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WrongConfiguration_Leaves2AndMakesNothing()
    {
        var data = Path.Combine(_folder, "data");
        var (code, output) = await ServerProcess.RunToEndAsync(_folder, new Dictionary<string, string>
        {
            ["IGGY_SYSTEM_PATH"] = data, ["IGGY_TCP_ENABLED"] = "perhaps", ["Iggy__Tcp__Backlog"] = "0",
        });
        Assert.Equal(2, code);
        Assert.Contains("IGGY_TCP_ENABLED", output, StringComparison.Ordinal);
        Assert.Contains("Iggy:Tcp:Backlog is '0'", output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(data));
    }

    [Fact]
    public async Task Start_RuleAcrossOptions_Leaves2()
    {
        var (code, output) = await ServerProcess.RunToEndAsync(_folder, new Dictionary<string, string> { ["IGGY_SYSTEM_TOPIC_MAX_SIZE"] = "1 MiB" });
        Assert.True(code == 2, output);
        Assert.Contains("Iggy:Storage:SegmentBytes", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_HalfARootUser_Leaves2()
    {
        var (code, output) = await ServerProcess.RunToEndAsync(_folder, new Dictionary<string, string> { ["IGGY_ROOT_PASSWORD"] = "" });
        Assert.True(code == 2, output);
        Assert.Contains("IGGY_ROOT_PASSWORD", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_DataThatIsNoDatabase_Leaves5()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "metadata.db"), new string('x', 5000), TestContext.Current.CancellationToken);
        var (code, output) = await ServerProcess.RunToEndAsync(_folder);
        Assert.True(code == 5, output);
        Assert.Contains("metadata.db", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_MetadataGone_Leaves5AndSaysWhatToDoInOneLine()
    {
        await using (var server = await ServerProcess.StartAsync(_folder))
        {
            using var client = await RawClient.LogInAsync(server.Tcp);
            await client.DoAsync(202, RawClient.Name("s"));
            await client.DoAsync(302, RawClient.NewTopic(RawClient.Id("s"), "t", 1));
            await server.KillAsync();
        }

        foreach (var file in Directory.GetFiles(_folder, "metadata.db*"))
            File.Delete(file);
        var (code, output) = await ServerProcess.RunToEndAsync(_folder);
        Assert.True(code == 5, output);
        Assert.Contains("Restore metadata.db from a backup", output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder, "metadata.db*"));
    }

    [Fact]
    public async Task ResetPassword_OfAStoppedServer_LogsInWithTheNewOneOnly()
    {
        await using (var server = await ServerProcess.StartAsync(_folder))
        {
            var (busy, told) = await ServerProcess.RunToEndAsync(_folder, null, "user", "reset-password");
            Assert.True(busy == 3, told);
            Assert.Equal(0, await server.StopAsync());
        }

        var (code, output) = await ServerProcess.RunToEndAsync(_folder, null, "user", "reset-password", "nobody");
        Assert.True(code == 2, output);
        Assert.Contains("'nobody'", output, StringComparison.Ordinal);
        (code, output) = await ServerProcess.RunToEndAsync(_folder, null, "user", "reset-password");
        Assert.True(code == 0, output);
        var password = NewPasswordLine().Match(output).Groups[1].Value;
        Assert.Equal(32, password.Length);

        await using var again = await ServerProcess.StartAsync(_folder);
        using var client = await RawClient.ConnectAsync(again.Tcp);
        Assert.NotEqual(0u, (await client.AskAsync(38, RawClient.Login("iggy", ServerProcess.Password))).Status);
        await client.DoAsync(38, RawClient.Login("iggy", password));
    }

    [Fact]
    public async Task ResetPassword_WhereNoServerWas_Leaves5AndMakesNothing()
    {
        var (code, output) = await ServerProcess.RunToEndAsync(_folder, new Dictionary<string, string> { ["IGGY_SYSTEM_PATH"] = Path.Combine(_folder, "nowhere") }, "user", "reset-password");
        Assert.True(code == 5, output);
        Assert.False(Directory.Exists(Path.Combine(_folder, "nowhere")));
    }

    // Twenty topics that are looked at all the time: some are when the server stops.
    [Fact]
    public async Task Stop_DuringRetention_TellsNoFailure()
    {
        await using var server = await ServerProcess.StartAsync(_folder, new Dictionary<string, string> { ["IGGY_SYSTEM_TOPIC_MESSAGE_EXPIRY"] = "1 h", ["Iggy__Retention__Interval"] = "00:00:00.010" });
        using (var client = await RawClient.LogInAsync(server.Tcp))
        {
            await client.DoAsync(202, RawClient.Name("s"));
            for (var i = 0; i < 20; i++)
                await client.DoAsync(302, RawClient.NewTopic(RawClient.Id("s"), $"t{i}", 3));
        }
        Assert.Equal(0, await server.StopAsync());
        Assert.False(server.Output.Contains("fail:", StringComparison.Ordinal) || server.Output.Contains("warn: Iggy.Grains", StringComparison.Ordinal), server.Output);
    }

    [Fact]
    public async Task Fresh_OnUsedFolder_StartsWithNothing()
    {
        await using (var server = await ServerProcess.StartAsync(_folder))
        {
            using var client = await RawClient.LogInAsync(server.Tcp);
            await client.DoAsync(202, RawClient.Name("gone"));
            await server.KillAsync();
        }

        // The wipe comes first, so a start that fails later shows it too.
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var settings = new Dictionary<string, string> { ["IGGY_ROOT_PASSWORD"] = "another", ["IGGY_TCP_ADDRESS"] = taken.LocalEndpoint.ToString()! };
        Assert.Equal(4, (await ServerProcess.RunToEndAsync(_folder, settings, "--fresh")).ExitCode);

        await using var fresh = await ServerProcess.StartAsync(_folder);
        using var after = await RawClient.ConnectAsync(fresh.Tcp);
        await after.DoAsync(38, RawClient.Login("iggy", "another"));
        Assert.Empty(await after.DoAsync(201));
    }

    [Theory]
    [InlineData("--version", 0, "compatible with Apache Iggy 0.8.0")]
    [InlineData("-V", 0, "compatible with Apache Iggy 0.8.0")]
    [InlineData("--help", 0, "another server holds the data folder")]
    [InlineData("--configuration", 0, "Iggy:Root:Password = ******")]
    [InlineData("--Iggy:Tcp:Backlog=0", 2, "allowed: 1 to 65535")]
    [InlineData("--bogus", 2, "--bogus")]
    [InlineData("--config-provider=etcd", 2, "etcd")]
    public async Task CommandLine_LeavesAtOnce(string argument, int expected, string part)
    {
        var (code, output) = await ServerProcess.RunToEndAsync(_folder, null, argument);
        Assert.Equal(expected, code);
        Assert.Contains(part, output, StringComparison.Ordinal);
    }

    [GeneratedRegex("User 'iggy' has the new password '([A-Za-z0-9]+)'")]
    private static partial Regex NewPasswordLine();

    [GeneratedRegex("log in as user 'iggy' with password '([A-Za-z0-9]+)'")]
    private static partial Regex PasswordLine();
}
