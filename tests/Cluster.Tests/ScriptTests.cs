using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.Cluster.Tests;

/// <summary><c>deploy/local/cluster.sh</c> does what its head says.</summary>
[Trait("kind", "process")]
public sealed class ScriptTests
{
    public ScriptTests() => Assert.SkipUnless(PostgreSqlServer.Missing is null, PostgreSqlServer.Missing ?? "");

    [Fact]
    public async Task Script_FromUpToDown_StartsKillsAddsAndStops()
    {
        var data = Directory.CreateTempSubdirectory("iggy-local-").FullName;
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(data, (UnixFileMode)0b111_101_101); // the database's user has to come in
        try
        {
            var up = await StatusAsync("up", "2", "--data", data);
            Assert.Equal([(1, "ready"), (2, "ready")], up.Select(silo => (silo.Number, silo.State)));
            using (var client = await LogInAsync(up[1].Tcp))
                await client.DoAsync(202, Name("kept"));

            await RunAsync("kill", "2", "--data", data);
            var killed = await StatusAsync("status", "--data", data);
            Assert.Equal(("stopped", null), (killed[1].State, killed[1].Pid));
            await RunAsync("start", "2", "--data", data);
            var added = await StatusAsync("add", "--data", data);
            Assert.Equal(["ready", "ready", "ready"], added.Select(silo => silo.State));
            using (var client = await LogInAsync(added[2].Tcp))
                Assert.NotEmpty(await client.DoAsync(200, Id("kept")));
        }
        finally
        {
            await RunAsync("down", "--data", data);
            Directory.Delete(data, recursive: true);
        }
    }

    private static async Task<Silo[]> StatusAsync(params string[] arguments) =>
        [.. (await RunAsync(arguments)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<JsonElement>(line)).Select(silo => new Silo(
            silo.GetProperty("silo").GetInt32(), silo.GetProperty("pid").ValueKind is JsonValueKind.Null ? null : silo.GetProperty("pid").GetInt32(),
            IPEndPoint.Parse(silo.GetProperty("tcp").GetString()!), silo.GetProperty("state").GetString()!))];

    private static async Task<string> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(RepositoryPaths.Root, "deploy", "local", "cluster.sh"), arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["IGGY_SERVER"] = RepositoryPaths.Server;
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, await error + await output);
        return await output;
    }

    private sealed record Silo(int Number, int? Pid, IPEndPoint Tcp, string State);
}
