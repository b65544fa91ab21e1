using System.Globalization;
using Iggy.Archive;
using Iggy.Archive.Layout;
using Iggy.Archive.Reports;
using Iggy.Archive.Restore;
using Iggy.Archive.Stores;
using Iggy.Grains.Options;
using Iggy.Silo.CommandLine;
using Iggy.Silo.Configuration;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Iggy.Silo.Hosting;

/// <summary><c>iggy-server restore</c> and <c>iggy-server backup</c>: work on the archive, with the settings and credentials of the server and without one.</summary>
public static class ArchiveProgram
{
    /// <summary>Does what the command line asks for.</summary>
    /// <param name="arguments">Says where the data is, or is to be.</param>
    /// <param name="wanted">What to do.</param>
    /// <param name="cancellationToken">Asks to leave.</param>
    public static async Task<ExitCode> RunAsync(ServerArguments arguments, ArchiveArguments wanted, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        try
        {
            var configuration = ServerProgram.ReadConfiguration(arguments, new ConfigurationNotes());
            var options = Options(configuration, wanted);
            using var store = new S3Store(options, TimeProvider.System);
            var keys = new ArchiveKeys(options.Prefix, await ServerAsync(store, options, wanted, cancellationToken));
            return await RunAsync(configuration, store, keys, options, wanted, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return await ServerProgram.TellAsync(ExitCode.Unexpected, ["Stopped before the end."]);
        }
        catch (Exception failure) when (ServerProgram.Explain(failure) is not null)
        {
            var (code, lines) = ServerProgram.Explain(failure)!.Value;
            return await ServerProgram.TellAsync(code, lines);
        }
    }

    private static ArchiveOptions Options(IConfigurationRoot configuration, ArchiveArguments wanted)
    {
        var options = configuration.GetSection(ArchiveOptions.Section).Get<ArchiveOptions>() ?? new ArchiveOptions();
        if (wanted.From is { } from)
        {
            if (!Uri.TryCreate(from, UriKind.Absolute, out var place) || place.Scheme != "s3" || place.Host.Length == 0)
                throw new ConfigurationException($"--from is '{from}'; allowed: s3://bucket or s3://bucket/prefix.");
            (options.Bucket, options.Prefix) = (place.Host, Uri.UnescapeDataString(place.AbsolutePath.Trim('/')));
        }
        return options.Bucket.Length > 0 ? options : throw new ConfigurationException("No archive is named: give --from s3://bucket/prefix, or set Iggy:Archive:Bucket.");
    }

    private static async Task<string> ServerAsync(S3Store store, ArchiveOptions options, ArchiveArguments wanted, CancellationToken cancellationToken)
    {
        if (wanted.Server is { } named)
            return named;
        var servers = await BackupReports.ServersAsync(store, options.Prefix, cancellationToken);
        return servers switch
        {
            [var only] => only,
            [] => throw new RestoreException($"There is no archive in s3://{options.Bucket} below {ArchiveKeys.Servers(options.Prefix)}."),
            _ when servers.Contains(options.Server) => options.Server,
            _ => throw new RestoreException($"There are archives of several servers, {string.Join(", ", servers)}: name one with --server."),
        };
    }

    private static async Task<ExitCode> RunAsync(
        IConfigurationRoot configuration, S3Store store, ArchiveKeys keys, ArchiveOptions options, ArchiveArguments wanted, CancellationToken cancellationToken)
    {
        var reports = new BackupReports(store, keys, TimeProvider.System);
        switch (wanted.Task)
        {
            case ArchiveTask.Points:
                return await PrintAsync(await reports.PointsAsync(cancellationToken));
            case ArchiveTask.Status:
                return await PrintAsync(await reports.StatusAsync(cancellationToken));
            case ArchiveTask.Verify:
                var found = await reports.VerifyAsync(await PointAsync(store, keys, wanted, cancellationToken), cancellationToken);
                await PrintAsync(found.Faults);
                if (found.FaultsCount > found.Faults.Count)
                    await PrintAsync([Text($"... and {found.FaultsCount - found.Faults.Count} more")]);
                await PrintAsync([Text($"{found.CheckedCount} parts were read, {found.FaultsCount} are missing or wrong.")]);
                return found.FaultsCount == 0 ? ExitCode.Ok : ExitCode.ArchiveUnusable;
            default:
                return await RestoreAsync(configuration, store, keys, options, wanted, cancellationToken);
        }
    }

    private static async Task<ExitCode> RestoreAsync(
        IConfigurationRoot configuration, S3Store store, ArchiveKeys keys, ArchiveOptions options, ArchiveArguments wanted, CancellationToken cancellationToken)
    {
        var dataPath = (configuration.GetSection(StorageOptions.Section).Get<StorageOptions>() ?? new StorageOptions()).DataPath;
        using var logging = LoggerFactory.Create(static console => console.SetMinimumLevel(LogLevel.Error).AddSimpleConsole(static line => line.SingleLine = true));
        var restorer = new Restorer(store, keys, options, TimeProvider.System, logging.CreateLogger("Restore"));
        var micros = wanted.At is null ? await NewestAsync(store, keys, cancellationToken) : Moment(wanted.At);
        var result = await restorer.RunAsync(dataPath, new RestoreRequest(micros, wanted.Stream, wanted.IsDry), cancellationToken);

        await PrintAsync(result.Missing);
        if (result.IsShort)
            await PrintAsync([Text($"The archive ends before {PointTime.Show(micros)}: what came after its last point is not in it.")]);
        return await PrintAsync(
        [
            wanted.IsDry
                ? Text($"{result.Partitions} partitions would be read from {result.Bytes} bytes of the archive. Nothing was done.")
                : Text($"{dataPath} is what it was at {PointTime.Show(micros)}: {result.Partitions} partitions with {result.Messages} messages."),
            Text($"Streams, topics, users and stored offsets are those of {PointTime.Show(result.PointMicros)}."),
        ]);
    }

    private static ulong Moment(string text) => PointTime.TryParse(text, out var micros)
        ? micros : throw new ConfigurationException($"--at is '{text}'; allowed: a time in UTC such as 2026-05-01T12:30:00Z.");

    private static async Task<ulong> NewestAsync(S3Store store, ArchiveKeys keys, CancellationToken cancellationToken) =>
        await new PointReader(store, keys).PointsAsync(cancellationToken) is [.., var newest] ? newest.Micros : ulong.MaxValue;

    private static async Task<Point?> PointAsync(S3Store store, ArchiveKeys keys, ArchiveArguments wanted, CancellationToken cancellationToken)
    {
        if (wanted.At is null)
            return null;
        var micros = Moment(wanted.At);
        return (await new PointReader(store, keys).PointsAsync(cancellationToken)).Cast<Point?>().LastOrDefault(point => point!.Value.Micros <= micros)
            ?? throw new RestoreException($"There is no point at or before {PointTime.Show(micros)}.");
    }

    private static async Task<ExitCode> PrintAsync(IReadOnlyList<string> lines)
    {
        foreach (var line in lines)
            await Console.Out.WriteLineAsync(line);
        return ExitCode.Ok;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
