using System.Net.Sockets;
using Iggy.Archive.Manifests;
using Iggy.Archive.Restore;
using Iggy.Archive.Stores;
using Iggy.Gateway.Listeners;
using Iggy.Grains;
using Iggy.Grains.Metadata;
using Iggy.Silo.CommandLine;
using Iggy.Silo.Configuration;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iggy.Silo.Hosting;

/// <summary>One run of the server, from the command line's wishes to an exit code.</summary>
public static partial class ServerProgram
{
    /// <summary>Runs until a signal, or until the start fails. What went wrong is on standard error or in the log.</summary>
    public static async Task<ExitCode> RunAsync(ServerArguments arguments)
    {
        using var signals = new StopSignals();
        try
        {
            var notes = new ConfigurationNotes();
            var configuration = ReadConfiguration(arguments, notes);
            if (arguments.ShowConfiguration)
            {
                await Console.Out.WriteAsync(ConfigurationReport.Write(configuration));
                return ExitCode.Ok;
            }
            return await RunHostAsync(ServerHost.Build(configuration, arguments, notes, signals), signals);
        }
        catch (ConfigurationException wrong)
        {
            return await TellAsync(ExitCode.Configuration, wrong.Errors);
        }
    }

    /// <summary>The exit code for a failed start, and the lines that tell it; null for what nobody foresaw.</summary>
    public static (ExitCode Code, IReadOnlyList<string> Lines)? Explain(Exception failure) => failure switch
    {
        ConfigurationException wrong => (ExitCode.Configuration, wrong.Errors),
        OptionsValidationException wrong => (ExitCode.Configuration, [.. wrong.Failures]),
        DataFolderInUseException => (ExitCode.DataFolderInUse, [failure.Message]),
        AddressUnavailableException => (ExitCode.AddressUnavailable, [failure.Message]),
        SocketException => (ExitCode.AddressUnavailable, [$"An address cannot be listened on: {failure.Message}."]),
        ArchiveStoreException or ArchiveDamagedException => (ExitCode.ArchiveUnusable, [failure.Message]),
        RestoreException => (ExitCode.ArchiveUnusable, [failure.Message]),
        MetadataStoreException or UnusableDataFolderException => (ExitCode.DataUnusable, [failure.Message]),
        IOException or UnauthorizedAccessException => (ExitCode.DataUnusable, [$"The data cannot be opened: {failure.Message}"]),
        AggregateException many => ExplainAll(many.Flatten().InnerExceptions),
        _ when failure.InnerException is { } inner => Explain(inner),
        _ => null,
    };

    internal static IConfigurationRoot ReadConfiguration(ServerArguments arguments, ConfigurationNotes notes)
    {
        var folder = Environment.CurrentDirectory;
        if (DotEnvFile.Load(folder, Environment.GetEnvironmentVariable("IGGY_ENV_PATH")) is { } file)
            notes.Details.Add($"{file} was read into the environment.");
        var configuration = ServerConfiguration.Read(ServerConfiguration.ProcessVariables(), arguments.Settings, folder, notes);
        if (arguments.Follower)
            notes.Warnings.Add("--follower has no effect: this server runs alone and leads.");
        return notes.Errors.Count == 0 ? configuration : throw new ConfigurationException(notes.Errors);
    }

    private static async Task<ExitCode> RunHostAsync(IHost host, StopSignals signals)
    {
        var logger = host.Services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(ServerProgram));
        WatchUnhandled(logger);
        var started = false;
        try
        {
            await host.StartAsync(signals.Asked);
            started = true;
            ProgramStart.NoteOver();
            await host.WaitForShutdownAsync(CancellationToken.None);
            return ExitCode.Ok;
        }
        catch (OperationCanceledException) when (signals.Asked.IsCancellationRequested && !started)
        {
            return ExitCode.Ok; // asked to stop before the start was through
        }
        catch (Exception failure)
        {
            if (!started && Explain(failure) is var (code, lines))
                return await TellAsync(code, lines);
            LogFailed(logger, failure);
            return ExitCode.Unexpected;
        }
        finally
        {
            await CloseAsync(host); // also writes out what the log still holds
        }
    }

    private static async Task CloseAsync(IHost host)
    {
        if (host is IAsyncDisposable closing)
            await closing.DisposeAsync();
        else
            host.Dispose();
    }

    internal static async Task<ExitCode> TellAsync(ExitCode code, IReadOnlyList<string> lines)
    {
        foreach (var line in lines)
            await Console.Error.WriteLineAsync(line);
        return code;
    }

    private static (ExitCode Code, IReadOnlyList<string> Lines)? ExplainAll(IReadOnlyList<Exception> failures)
    {
        (ExitCode Code, List<string> Lines)? all = null;
        foreach (var failure in failures)
        {
            if (Explain(failure) is not var (code, lines))
                return null;
            all ??= (code, []);
            all.Value.Lines.AddRange(lines);
        }
        return all;
    }

    private static void WatchUnhandled(ILogger logger)
    {
        AppDomain.CurrentDomain.UnhandledException += (_, unhandled) =>
        {
            LogUnhandled(logger, unhandled.ExceptionObject as Exception);
            Environment.Exit((int)ExitCode.Unexpected); // the runtime would abort, with a core dump of everybody's messages
        };
        TaskScheduler.UnobservedTaskException += (_, unobserved) => LogUnobserved(logger, unobserved.Exception);
    }

    [LoggerMessage(1920, LogLevel.Critical, "The server failed")]
    private static partial void LogFailed(ILogger logger, Exception exception);

    [LoggerMessage(1921, LogLevel.Critical, "An exception reached nobody: the server ends")]
    private static partial void LogUnhandled(ILogger logger, Exception? exception);

    [LoggerMessage(1922, LogLevel.Error, "A background task failed and nobody looked")]
    private static partial void LogUnobserved(ILogger logger, Exception exception);
}
