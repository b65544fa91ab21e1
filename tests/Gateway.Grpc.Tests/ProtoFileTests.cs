using System.Diagnostics;
using Iggy.Testing;

namespace Iggy.Gateway.Grpc.Tests;

/// <summary>The published files: as others expect such files to be, and never changed under those who use them.</summary>
public sealed class ProtoFileTests
{
    private static string Protos => Path.Combine(RepositoryPaths.Root, "src", "Gateway.Grpc", "Protos");

    // Goal: the files follow the rules that buf knows: names, versions, comments everywhere.
    [Fact]
    public async Task Files_FollowTheRules() => await RunAsync("lint");

    // Goal: no field changes its number, its type or its name, and nothing goes. Method: against the files as they were published, which are kept beside this test; what is
    // added is written there by: buf build -o ../../../tests/Gateway.Grpc.Tests/published.binpb, in src/Gateway.Grpc/Protos.
    [Fact]
    public async Task Files_BreakNothingThatWasPublished() =>
        await RunAsync("breaking", "--against", Path.Combine(RepositoryPaths.Root, "tests", "Gateway.Grpc.Tests", "published.binpb"));

    private static async Task RunAsync(params string[] arguments)
    {
        var buf = Path.Combine(RepositoryPaths.Root, "tests", "Gateway.Grpc.Tests", "node_modules", "@bufbuild", "buf-linux-x64", "bin", "buf");
        Assert.SkipUnless(File.Exists(buf), "buf is not here: npm install in tests/Gateway.Grpc.Tests brings it");
        using var process = Process.Start(new ProcessStartInfo(buf, arguments) { WorkingDirectory = Protos, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, output + await error);
    }
}
