using System.Diagnostics;
using Iggy.Testing;

namespace Iggy.EndToEnd.Tests.Quic;

/// <summary>Runs client.ts: QUIC by quinn and rustls, the libraries of Apache Iggy's own client.</summary>
internal static class DenoClient
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    private static string Folder { get; } = Path.Combine(RepositoryPaths.Root, "tests", "EndToEnd.Tests", "Quic");

    /// <summary>The program, which test.sh installs.</summary>
    private static string Program { get; } = Environment.GetEnvironmentVariable("TEST_DENO") is { Length: > 0 } named
        ? named
        : Path.Combine(Folder, "node_modules", "@deno", "linux-x64-glibc", "deno");

    /// <summary>Runs a scenario.</summary>
    /// <param name="port">Of the server, on the loopback address.</param>
    /// <param name="certificate">A file with whom to trust; empty trusts any server, as Apache Iggy's client does.</param>
    /// <param name="alpn">The protocol name to offer; empty for none, as Apache Iggy's client does.</param>
    /// <param name="scenario">Its name in client.ts.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <returns>What it counted: the text after its last "ok".</returns>
    public static async Task<string> RunAsync(int port, string certificate, string alpn, string scenario, params string[] arguments)
    {
        Assert.SkipUnless(File.Exists(Program), $"{Program} is not there; ./test.sh installs it.");
        using var process = Process.Start(new ProcessStartInfo(
            Program, ["run", "--quiet", "--unstable-net", "-A", .. certificate.Length == 0 ? (string[])["--unsafely-ignore-certificate-errors"] : [], Path.Combine(Folder, "client.ts"), $"{port}", certificate, alpn, scenario, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["NO_COLOR"] = "1", ["DENO_NO_UPDATE_CHECK"] = "1" },
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync().WaitAsync(Limit);
        }
        catch (TimeoutException)
        {
            process.Kill();
            throw new TimeoutException($"Scenario {scenario} did not end within {Limit}: {await output} {await errors}");
        }
        var last = (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault() ?? "";
        return last.StartsWith("ok", StringComparison.Ordinal) ? last[2..].Trim() : throw new InvalidOperationException($"Scenario {scenario}: {last} {await errors}");
    }
}
