using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace Iggy.Testing;

/// <summary>A real server process on free loopback ports, with a data folder that outlives it so that it can be started again.</summary>
public sealed partial class ServerProcess : IAsyncDisposable
{
    /// <summary>The root user of every server started here.</summary>
    public const string Username = "iggy";

    /// <summary>Its password.</summary>
    public const string Password = "iggy";

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly TaskCompletionSource<IPEndPoint> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly List<(string Text, TaskCompletionSource Seen)> _awaited = [];

    private bool _isDisposed;

    private ServerProcess(Process process, string dataPath)
    {
        (_process, DataPath) = (process, dataPath);
        process.OutputDataReceived += (_, line) => OnLine(line.Data);
        process.ErrorDataReceived += (_, line) => OnLine(line.Data);
    }

    /// <summary>Where it keeps its data.</summary>
    public string DataPath { get; }

    /// <summary>Where it listens.</summary>
    public IPEndPoint Tcp { get; private set; } = new(IPAddress.Loopback, 0);

    /// <summary>Where it listens for HTTP; port 0 when it does not.</summary>
    public IPEndPoint Http => Listener("HTTP");

    /// <summary>Where it listens for WebSockets; port 0 when it does not.</summary>
    public WebSocketEndPoint WebSocket => new(Listener("WebSocket"));

    /// <summary>Where it listens for QUIC; port 0 when it does not.</summary>
    public IPEndPoint Quic => Listener("QUIC");

    /// <summary>Where it listens for gRPC; port 0 when it does not.</summary>
    public IPEndPoint Grpc => Listener("gRPC");

    /// <summary>Its process id.</summary>
    public int ProcessId => _process.Id;

    /// <summary>All that it has printed.</summary>
    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    /// <summary>Starts a server and waits until it says that it is ready.</summary>
    /// <param name="dataPath">An own folder when null; it is not removed.</param>
    /// <param name="settings">More environment variables.</param>
    /// <param name="openFiles">Limit of open files, by <c>prlimit</c>; null for that of the test.</param>
    public static async Task<ServerProcess> StartAsync(string? dataPath = null, IReadOnlyDictionary<string, string>? settings = null, int? openFiles = null)
    {
        dataPath ??= Directory.CreateTempSubdirectory("iggy-test-").FullName;
        var server = Launch(dataPath, await WithStoreAsync(dataPath, settings), openFiles);
        try
        {
            var exited = server._process.WaitForExitAsync();
            var first = await Task.WhenAny(Task.WhenAll(server._listening.Task, server._ready.Task), exited).WaitAsync(StartLimit);
            if (first == exited)
                throw new InvalidOperationException($"The server left with code {server._process.ExitCode} before it was ready:\n{server.Output}");
            server.Tcp = await server._listening.Task;
            return server;
        }
        catch (TimeoutException)
        {
            await server.DisposeAsync();
            throw new TimeoutException($"The server did not say that it is ready within {StartLimit}:\n{server.Output}");
        }
    }

    /// <summary>Starts a server that is expected to leave by itself.</summary>
    /// <returns>Its exit code and all that it printed.</returns>
    public static async Task<(int ExitCode, string Output)> RunToEndAsync(string? dataPath = null, IReadOnlyDictionary<string, string>? settings = null, params string[] arguments)
    {
        dataPath ??= Directory.CreateTempSubdirectory("iggy-test-").FullName;
        await using var server = Launch(dataPath, await WithStoreAsync(dataPath, settings), openFiles: null, arguments);
        await server._process.WaitForExitAsync().WaitAsync(StartLimit);
        return (server._process.ExitCode, server.Output);
    }

    /// <summary>Waits until it has printed a text, within one line.</summary>
    public async Task WaitForOutputAsync(string text)
    {
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_output)
        {
            if (Output.Contains(text, StringComparison.Ordinal))
                return;
            _awaited.Add((text, seen));
        }
        try
        {
            await seen.Task.WaitAsync(StartLimit);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"The server did not print '{text}' within {StartLimit}:\n{Output}");
        }
    }

    /// <summary>Asks it to stop and waits for it.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> StopAsync()
    {
        using (var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]))
            await kill.WaitForExitAsync();
        await _process.WaitForExitAsync().WaitAsync(StartLimit);
        return _process.ExitCode;
    }

    /// <summary>Ends it at once, as <c>kill -9</c> does: nothing of it runs any more.</summary>
    public async Task KillAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, true))
            return;
        if (!_process.HasExited)
            await KillAsync();
        _process.Dispose();
    }

    // Where the whole suite runs on the other metadata store; what a test says itself is left alone.
    private static async Task<IReadOnlyDictionary<string, string>?> WithStoreAsync(string dataPath, IReadOnlyDictionary<string, string>? settings)
    {
        if (!TestStore.IsPostgreSql || settings?.ContainsKey("Iggy__Metadata__Store") is true)
            return settings;
        return new Dictionary<string, string>(settings ?? new Dictionary<string, string>())
        {
            ["Iggy__Metadata__Store"] = "PostgreSql",
            ["Iggy__Metadata__ConnectionString"] = await TestStore.DatabaseOfAsync(dataPath),
        };
    }

    private static ServerProcess Launch(string dataPath, IReadOnlyDictionary<string, string>? settings, int? openFiles, params string[] arguments)
    {
        var (program, words) = openFiles is { } limit ? ("prlimit", [$"--nofile={limit}:{limit}", RepositoryPaths.Server, .. arguments]) : (RepositoryPaths.Server, arguments);
        var start = new ProcessStartInfo(program, words)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = dataPath,
        };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("IGGY_", StringComparison.Ordinal)).ToArray())
            start.Environment.Remove(name);
        start.Environment["IGGY_SYSTEM_PATH"] = dataPath;
        start.Environment["IGGY_TCP_ADDRESS"] = "127.0.0.1:0";
        start.Environment["IGGY_HTTP_ENABLED"] = "false"; // one test asks for it; a listener costs time and memory
        start.Environment["IGGY_QUIC_ENABLED"] = "false";
        start.Environment["IGGY_WEBSOCKET_ENABLED"] = "false";
        start.Environment["Iggy__Grpc__Enabled"] = "false";
        start.Environment["Iggy__Users__PasswordWorkFactor"] = "4"; // or every start and every login would cost some tenths of a second of a core
        start.Environment["IGGY_ROOT_USERNAME"] = Username;
        start.Environment["IGGY_ROOT_PASSWORD"] = Password;
        foreach (var (name, value) in settings ?? new Dictionary<string, string>())
            start.Environment[name] = value;

        var process = new Process { StartInfo = start };
        var server = new ServerProcess(process, dataPath);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return server;
    }

    private IPEndPoint Listener(string transport) =>
        ListenersLine().Matches(Output).FirstOrDefault(line => line.Groups[2].Value == transport) is { } found
            ? IPEndPoint.Parse(found.Groups[1].Value)
            : new IPEndPoint(IPAddress.Loopback, 0);

    private void OnLine(string? line)
    {
        if (line is null)
            return;
        lock (_output)
        {
            _output.AppendLine(line);
            foreach (var (text, seen) in _awaited)
            {
                if (line.Contains(text, StringComparison.Ordinal))
                    seen.TrySetResult();
            }
        }
        if (ListeningLine().Match(line) is { Success: true } match)
            _listening.TrySetResult(IPEndPoint.Parse(match.Groups[1].Value));
        if (line.Contains("Iggy.NET is ready", StringComparison.Ordinal))
            _ready.TrySetResult();
    }

    [GeneratedRegex(@"Listening on (\S+) \(TCP\)")]
    private static partial Regex ListeningLine();

    [GeneratedRegex(@"Listening on (\S+) \((\w+)\)")]
    private static partial Regex ListenersLine();
}
