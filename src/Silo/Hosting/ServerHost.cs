using Iggy.Archive;
using Iggy.Gateway;
using Iggy.Gateway.Grpc;
using Iggy.Gateway.Host;
using Iggy.Gateway.Http;
using Iggy.Gateway.Snapshots;
using Iggy.Gateway.Wire;
using Iggy.Grains.Hosting;
using Iggy.Grains.Options;
using Iggy.Silo.CommandLine;
using Iggy.Silo.Configuration;
using Iggy.Silo.Options;
using Iggy.Silo.Snapshots;
using Iggy.Silo.Telemetry;
using Iggy.Ui;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace Iggy.Silo.Hosting;

/// <summary>Puts the server together: data folder, silo, root user, listeners, in this order; a stop goes the other way.</summary>
public static class ServerHost
{
    /// <summary>Builds the host. Nothing is opened before it starts.</summary>
    /// <param name="configuration">Read and checked.</param>
    /// <param name="arguments">The command line.</param>
    /// <param name="notes">Told to the log at start.</param>
    /// <param name="signals">What stops the host; null where that is the business of the program around it.</param>
    /// <param name="configure">Adds to a host inside another program: services that start here run after the silo and before the listeners, and stop after
    /// the listeners and before the silo. What it registers wins over what was registered before.</param>
    public static IHost Build(
        IConfigurationRoot configuration, ServerArguments arguments, ConfigurationNotes notes, StopSignals? signals, Action<HostApplicationBuilder>? configure = null)
    {
        // Without the defaults: they read files and the whole environment again, and watch the files.
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true, ApplicationName = "iggy-server" });
        builder.Configuration.AddConfiguration(configuration);
        var services = builder.Services;
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(arguments);
        services.AddSingleton(notes);
        if (signals is null)
        {
            services.AddSingleton<IHostLifetime, EmbeddedLifetime>();
        }
        else
        {
            services.AddSingleton(signals);
            services.AddSingleton<IHostLifetime, SignalLifetime>();
            services.AddWindowsService(static service => service.ServiceName = "Iggy.NET"); // takes the lifetime over, where it is one
        }
        services.AddSingleton<ISystemdNotifier, SystemdNotifier>();
        services.AddSingleton(ServiceNotices.Watchdog.Read(Environment.GetEnvironmentVariable, Environment.ProcessId));
        AddOptions<RootOptions>(services, RootOptions.Section).PostConfigure(root => root.UseDefaults |= arguments.WithDefaultRootCredentials);
        AddOptions<LoggingOptions>(services, LoggingOptions.Section);
        var server = configuration.GetSection(ServerOptions.Section).Get<ServerOptions>() ?? new ServerOptions();
        services.Configure<HostOptions>(host => host.ShutdownTimeout = server.StopTimeout);
        AddLogging(builder.Logging, configuration.GetSection(LoggingOptions.Section).Get<LoggingOptions>() ?? new LoggingOptions());

        services.AddSingleton<RecentLog>();
        services.AddSingleton<ILoggerProvider>(static provider => provider.GetRequiredService<RecentLog>());
        services.AddSingleton<ISnapshotPart, ServerLogsPart>();
        services.AddSingleton<ISnapshotPart, ServerConfigPart>();

        services.AddHostedService<ReadyAnnouncement>();
        services.AddHostedService<ServiceNotices>();
        services.AddHostedService<DataFolderSetup>();
        var node = configuration.GetSection(ClusterNodeOptions.Section).Get<ClusterNodeOptions>() ?? new ClusterNodeOptions();
        builder.UseOrleans(silo =>
        {
            silo.AddIggyGrains();
            silo.Configure<SiloMessagingOptions>(messaging =>
                (messaging.ResponseTimeout, messaging.SystemResponseTimeout) = (server.ResponseTimeout, server.ResponseTimeout));
            if (node.Enabled)
                silo.UseClusterNode(node);
            else
                silo.UseSingleNode();
            TelemetrySetup.Add(builder, silo, ServerConfiguration.ProcessVariables());
        });
        services.AddHostedService<RootUserSetup>();
        services.AddIggyArchive();
        configure?.Invoke(builder);
        services.AddSingleton(static provider => new DataDisk(provider.GetRequiredService<IOptions<StorageOptions>>().Value.DataPath));
        services.AddIggyGateway().AddIggyWire().AddIggyHttp().AddIggyUi().AddIggyGrpc();
        return builder.Build();
    }

    private static OptionsBuilder<T> AddOptions<T>(IServiceCollection services, string section) where T : class =>
        services.AddOptions<T>().BindConfiguration(section).ValidateDataAnnotations().ValidateOnStart();

    private static void AddLogging(ILoggingBuilder logging, LoggingOptions options)
    {
        logging.SetMinimumLevel(options.Level);
        // What these tell at lower levels is about themselves, not about this server.
        var quiet = options.Level > LogLevel.Warning ? options.Level : LogLevel.Warning;
        logging.AddFilter("Orleans", quiet).AddFilter("Microsoft", quiet).AddFilter("Polly", quiet);
        // The silo's only warnings at start are about server GC, which is off on purpose; the watchdog takes its first look for a stall
        // that has lasted since the machine was switched on.
        var quieter = options.Level > LogLevel.Error ? options.Level : LogLevel.Error;
        // The web server warns of every client that is gone without a word.
        logging.AddFilter("Orleans.Runtime.Silo", quieter).AddFilter("Orleans.Runtime.Watchdog", quieter).AddFilter("Microsoft.AspNetCore.Server.Kestrel", quieter);
        // What goes wrong in a call is told by the services themselves; this would tell of each malformed one.
        logging.AddFilter("Grpc", LogLevel.None);
        // These tell a start that fails with a trace, which the program tells too: in one line where it was foreseen.
        foreach (var category in (string[])["Microsoft.Extensions.Hosting.Internal.Host", "Orleans.Runtime.SiloLifecycleSubject", "Orleans.Runtime.MembershipService.MembershipTableManager"])
            logging.AddFilter(category, level => level >= quiet && ProgramStart.IsOver);
        // At a stop it tells, with a trace each, that there is no other node for a grain to move to.
        logging.AddFilter("Orleans.Grain", level => level >= (ProgramStart.IsStopping ? LogLevel.Critical : quiet));
        if (options.Json)
        {
            logging.AddJsonConsole(static json => (json.UseUtcTimestamp, json.TimestampFormat) = (true, "yyyy-MM-ddTHH:mm:ss.ffffffZ"));
            return;
        }
        logging.AddSimpleConsole(static text =>
        {
            (text.SingleLine, text.UseUtcTimestamp, text.TimestampFormat) = (true, true, "yyyy-MM-ddTHH:mm:ss.fffZ ");
            text.ColorBehavior = Console.IsOutputRedirected ? LoggerColorBehavior.Disabled : LoggerColorBehavior.Default;
        });
    }
}
