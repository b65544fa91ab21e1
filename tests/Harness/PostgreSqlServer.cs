using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Iggy.Testing;

/// <summary>A PostgreSQL server of the tests' own: Debian's programs, a folder and a free port of their own, gone with the test program.</summary>
public sealed class PostgreSqlServer : IAsyncDisposable
{
    private static readonly SemaphoreSlim s_gate = new(1);
    private static PostgreSqlServer? s_shared;
    private static int s_databases;

    private readonly string _folder;
    private readonly int _port;
    private Process? _process;

    private PostgreSqlServer(string folder, int port) => (_folder, _port) = (folder, port);

    /// <summary>Why no server can be started here, or null.</summary>
    public static string? Missing { get; } = Programs is null ? "PostgreSQL is not installed: apt-get install postgresql" : null;

    // The newest; Debian keeps them out of the path.
    private static string? Programs => Directory.Exists("/usr/lib/postgresql")
        ? Directory.EnumerateDirectories("/usr/lib/postgresql").OrderByDescending(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var version) ? version : 0)
            .Select(folder => Path.Combine(folder, "bin")).FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")))
        : null;

    /// <summary>One server for all tests of a program.</summary>
    public static async Task<PostgreSqlServer> SharedAsync()
    {
        await s_gate.WaitAsync();
        try
        {
            if (s_shared is null)
            {
                s_shared = await StartAsync();
                AppDomain.CurrentDomain.ProcessExit += (_, _) => s_shared.Remove();
            }
            return s_shared;
        }
        finally
        {
            s_gate.Release();
        }
    }

    /// <summary>Starts one.</summary>
    public static async Task<PostgreSqlServer> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("iggy-postgresql-").FullName;
        if (Environment.IsPrivilegedProcess)
            await RunAsync("chown", "postgres", folder); // it refuses to run as root
        await RunAsync(Program("initdb", ["-D", folder, "-A", "trust", "-U", "iggy", "--no-sync", "-E", "UTF8", "--locale=C"]));
        var server = new PostgreSqlServer(folder, FreePort());
        await server.ResumeAsync();
        return server;
    }

    /// <summary>Makes an empty database.</summary>
    /// <returns>Its connection string.</returns>
    public async Task<string> NewDatabaseAsync()
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"test{Interlocked.Increment(ref s_databases)}");
        await RunAsync(Program("createdb", ["-h", "127.0.0.1", "-p", Port, "-U", "iggy", name]));
        return $"Host=127.0.0.1;Port={Port};Database={name};Username=iggy;Pooling=true";
    }

    /// <summary>Runs SQL and returns what it answers, one line a row.</summary>
    public async Task<string> QueryAsync(string connectionString, string sql)
    {
        var database = connectionString.Split(';').First(part => part.StartsWith("Database=", StringComparison.Ordinal))["Database=".Length..];
        return (await RunAsync(Program("psql", ["-h", "127.0.0.1", "-p", Port, "-U", "iggy", "-d", database, "-qAtX", "-v", "ON_ERROR_STOP=1", "-c", sql]))).Trim();
    }

    /// <summary>Stops it as a crash would: open connections are cut.</summary>
    public async Task StopAsync()
    {
        if (_process is not { } process)
            return;
        await RunAsync(Program("pg_ctl", ["-D", _folder, "stop", "-m", "immediate"]));
        await process.WaitForExitAsync();
        process.Dispose();
        _process = null;
    }

    /// <summary>Starts it again.</summary>
    public async Task ResumeAsync()
    {
        var start = Program("postgres", ["-D", _folder, "-p", Port, "-k", _folder, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "max_connections=200"]);
        start.RedirectStandardError = start.RedirectStandardOutput = true;
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var process = new Process { StartInfo = start };
        process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data?.Contains("ready to accept connections", StringComparison.Ordinal) is true)
                ready.TrySetResult();
        };
        process.OutputDataReceived += (_, _) => { };
        // The system ends it with the thread that started it, and those of the pool come and go.
        new Thread(() =>
        {
            process.Start();
            process.BeginErrorReadLine();
            process.BeginOutputReadLine();
            process.WaitForExit();
        }) { IsBackground = true }.Start();
        _process = process;
        await ready.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private string Port => _port.ToString(CultureInfo.InvariantCulture);

    // At the end of the program nobody can be waited for any more.
    private void Remove()
    {
        using var stop = Process.Start(Program("pg_ctl", ["-D", _folder, "stop", "-m", "immediate"]));
        stop?.WaitForExit(10_000);
        Directory.Delete(_folder, recursive: true);
    }

    private static ProcessStartInfo Program(string name, IReadOnlyList<string> arguments)
    {
        var program = Path.Combine(Programs ?? throw new InvalidOperationException(Missing), name);
        return Environment.IsPrivilegedProcess
            ? new ProcessStartInfo("setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", "--pdeathsig=KILL", program, .. arguments]) { WorkingDirectory = "/tmp" }
            : new ProcessStartInfo(program, arguments) { WorkingDirectory = "/tmp" };
    }

    private static Task<string> RunAsync(string program, params string[] arguments) => RunAsync(new ProcessStartInfo(program, arguments));

    private static async Task<string> RunAsync(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? await output : throw new InvalidOperationException($"{start.FileName} {string.Join(' ', start.ArgumentList)}: {await error}");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
