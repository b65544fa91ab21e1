using System.Net;
using Iggy.Gateway.Listeners;
using Iggy.Silo.CommandLine;
using Iggy.Silo.Configuration;
using Iggy.Silo.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Iggy.Testing;

/// <summary>
/// The real server inside a test's process: <c>await using var server = await IggyTestServer.StartAsync();</c>. It listens on free ports of this machine over
/// TCP, WebSocket and HTTP, and keeps its data in a folder of its own. Any number of them run side by side.
/// </summary>
/// <remarks>One caller at a time starts, stops and kills; clients connect from anywhere.</remarks>
public sealed class IggyTestServer : IAsyncDisposable
{
    /// <summary>Name and password of the root user.</summary>
    public const string Username = "iggy", Password = "iggy";

    private readonly IggyTestServerOptions _options;
    private readonly string _root;
    private Running? _running;
    private bool _isDisposed;

    private IggyTestServer(IggyTestServerOptions options)
    {
        _options = options;
        _root = options.DataPath ?? Directory.CreateTempSubdirectory("iggy-test-server-").FullName;
    }

    /// <summary>Where it listens for the binary protocol.</summary>
    public IPEndPoint Tcp { get; private set; } = new(IPAddress.Loopback, 0);

    /// <summary>Where it listens for the binary protocol over WebSocket.</summary>
    public IPEndPoint WebSocket { get; private set; } = new(IPAddress.Loopback, 0);

    /// <summary>Where its HTTP API is.</summary>
    public IPEndPoint Http { get; private set; } = new(IPAddress.Loopback, 0);

    /// <summary>For clients, with the root user: <c>iggy://iggy:iggy@127.0.0.1:port</c>. It stays the same over restarts.</summary>
    public string ConnectionString => $"iggy://{Username}:{Password}@{Tcp}";

    /// <summary>The clock it runs by. It goes with that of the machine until it is set forward.</summary>
    public TestClock Clock { get; } = new();

    /// <summary>Whether it runs.</summary>
    public bool IsRunning => _running is not null;

    /// <summary>Starts one; it takes requests when this returns.</summary>
    /// <exception cref="InvalidOperationException">A setting is not allowed; the message names it.</exception>
    public static async Task<IggyTestServer> StartAsync(IggyTestServerOptions? options = null, CancellationToken cancellationToken = default)
    {
        var server = new IggyTestServer(options ?? new IggyTestServerOptions());
        try
        {
            await server.StartHostAsync(cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops in order, if it runs, and starts again: same data, same ports.</summary>
    public async Task RestartAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        await StopAsync(cancellationToken);
        await StartHostAsync(cancellationToken);
    }

    /// <summary>Stops in order: what runs ends, everything is written and closed.</summary>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        if (_running is { } running)
            await EndAsync(running, cancellationToken);
    }

    /// <summary>Ends it so that the next start finds what the death of a process leaves: connections are cut, nothing is finished, and the files are those of
    /// that moment. <see cref="RestartAsync"/> starts it again. On systems that have <c>cp</c>.</summary>
    public async Task KillAsync(CancellationToken cancellationToken = default)
    {
        if (_running is not { } running)
            return;
        running.Death.IsAsked = true;
        await EndAsync(running, new CancellationToken(canceled: true)); // no time for anybody
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Stops it and removes its folder, unless that was given.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        await StopAsync(CancellationToken.None);
        if (_options.DataPath is null)
            Directory.Delete(_root, recursive: true);
    }

    private async Task StartHostAsync(CancellationToken cancellationToken)
    {
        var data = Path.Combine(_root, "data");
        var death = new DeathOfProcess(data);
        var notes = new ConfigurationNotes();
        var host = ServerHost.Build(Configuration(data), new ServerArguments(), notes, signals: null, builder =>
        {
            builder.Logging.ClearProviders();
            builder.Logging.SetMinimumLevel(_options.LogLevel);
            if (_options.Logs is { } logs)
                builder.Logging.AddProvider(logs);
            builder.Services.AddSingleton<TimeProvider>(Clock);
            builder.Services.AddSingleton<IHostedService>(death);
        });
        try
        {
            await host.StartAsync(cancellationToken);
        }
        catch
        {
            await CloseAsync(host);
            throw;
        }
        var endpoints = host.Services.GetRequiredService<GatewayEndpoints>();
        (Tcp, WebSocket, Http) = (endpoints.Tcp ?? Tcp, endpoints.WebSocket ?? WebSocket, endpoints.Http ?? Http);
        _running = new Running(host, death);
    }

    private IConfigurationRoot Configuration(string data)
    {
        var settings = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase)
        {
            ["Iggy:Storage:DataPath"] = data,
            ["Iggy:Root:Username"] = Username,
            ["Iggy:Root:Password"] = Password,
            ["Iggy:Users:PasswordWorkFactor"] = "4", // a test logs in often, and nobody attacks it
            ["Iggy:Tcp:Address"] = Tcp.ToString(),
            ["Iggy:WebSocket:Address"] = WebSocket.ToString(),
            ["Iggy:Http:Address"] = Http.ToString(),
            ["Iggy:Quic:Enabled"] = "false", // it needs a library of the machine
        };
        foreach (var (name, value) in _options.Settings)
            settings[name] = value;
        return new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
    }

    private async Task EndAsync(Running running, CancellationToken cancellationToken)
    {
        _running = null;
        try
        {
            await running.Host.StopAsync(cancellationToken);
        }
        catch (Exception e) when (running.Death.IsAsked && e is OperationCanceledException or AggregateException)
        {
            // What was cut says so, as it should.
        }
        finally
        {
            await CloseAsync(running.Host);
            running.Death.Finish();
        }
    }

    private static async ValueTask CloseAsync(IHost host)
    {
        if (host is IAsyncDisposable closing)
            await closing.DisposeAsync();
        else
            host.Dispose();
    }

    private sealed record Running(IHost Host, DeathOfProcess Death);
}
