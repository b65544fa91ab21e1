using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Iggy.Examples.Tests;

/// <summary>A part of the example as a process of its own.</summary>
internal sealed class MarketProcess : IAsyncDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2); // a loaded machine, never a wait that a test relies on
    private readonly Process _process;
    private readonly TaskCompletionSource<string> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<string> _output = [];

    private MarketProcess(string? readyLine, string[] arguments)
    {
        var program = Path.Combine(Folder, "bin", "Release", "net10.0", "market-analytics");
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Folder };
        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        void Take(object sender, DataReceivedEventArgs line)
        {
            lock (_output)
                _output.Add(line.Data ?? "");
            if (readyLine is not null && line.Data?.StartsWith(readyLine, StringComparison.Ordinal) == true)
                _ready.TrySetResult(line.Data);
        }
        _process.OutputDataReceived += Take;
        _process.ErrorDataReceived += Take;
        _process.Exited += (_, _) => _ready.TrySetException(new InvalidOperationException($"{arguments[0]} left with {_process.ExitCode}: {Output}"));
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        if (readyLine is null)
            _ready.TrySetResult("");
    }

    /// <summary>The example's folder in the tree.</summary>
    public static string Folder { get; } = Path.GetFullPath(Path.Combine(Here(), "..", "..", "examples", "market-analytics"));

    /// <summary>What it is, whether it runs, and what it said.</summary>
    public override string ToString() =>
        $"{string.Join(' ', _process.StartInfo.ArgumentList)}: {(_process.HasExited ? $"left with {_process.ExitCode}" : "runs")}. {Output}";

    private string Output
    {
        get
        {
            lock (_output)
                return string.Join('\n', _output);
        }
    }

    /// <summary>Starts one and waits for a line that begins so, if one is named.</summary>
    public static async Task<(MarketProcess Process, string Line)> StartAsync(string? readyLine, params string[] arguments)
    {
        var process = new MarketProcess(readyLine, arguments);
        return (process, await process._ready.Task.WaitAsync(s_limit));
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async Task<int> WaitAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(s_limit);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await KillAsync();
        _process.Dispose();
    }

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
