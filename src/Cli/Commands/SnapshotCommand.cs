using System.CommandLine;
using System.Globalization;
using Iggy.Cli.Output;
using Iggy.Cli.Values;
using Iggy.Protocol;

namespace Iggy.Cli.Commands;

/// <summary><c>iggy snapshot</c>: fetches a support archive.</summary>
internal static class SnapshotCommand
{
    private static readonly Dictionary<string, SnapshotCompression> _compressions = Enum.GetValues<SnapshotCompression>().ToDictionary(Names.Of);

    private static readonly Dictionary<string, SnapshotType> _types = new()
    {
        ["filesystem_overview"] = SnapshotType.FilesystemOverview,
        ["process_list"] = SnapshotType.ProcessList,
        ["resource_usage"] = SnapshotType.ResourceUsage,
        ["test"] = SnapshotType.Test,
        ["server_logs"] = SnapshotType.ServerLogs,
        ["server_config"] = SnapshotType.ServerConfig,
        ["all"] = SnapshotType.All,
    };

    public static Command Create(CommandFactory factory)
    {
        var compression = new Option<string>("--compression", "-c") { Description = $"How it is packed: {string.Join(", ", _compressions.Keys)}. Default: deflated.", HelpName = "method", DefaultValueFactory = _ => "deflated" };
        compression.AcceptOnlyFromAmong([.. _compressions.Keys]);
        var types = new Option<string[]>("--snapshot-types", "-s") { Description = $"What to put in: {string.Join(", ", _types.Keys)}. Default: all.", HelpName = "types", AllowMultipleArgumentsPerToken = true };
        types.AcceptOnlyFromAmong([.. _types.Keys]);
        var folder = new Option<string>("--out-dir", "-o") { Description = "Where to put the file. Default: here.", HelpName = "folder", DefaultValueFactory = _ => "." };
        return factory.Create(
            "snapshot",
            null,
            "Fetch a support archive of the server, a ZIP file without secrets.",
            async (session, cancellationToken) =>
            {
                var archive = await session.Client.GetSnapshotAsync(
                    (session.Get(types) ?? []).Select(name => _types[name]).Distinct(), _compressions[session.Get(compression)!], cancellationToken);
                var now = session.Surroundings.Clock.GetUtcNow().ToString("yyyyMMdd_HHmmss", CultureInfo.InvariantCulture);
                var file = Path.Combine(session.Get(folder)!, $"snapshot_{now}.zip");
                Directory.CreateDirectory(session.Get(folder)!);
                await File.WriteAllBytesAsync(file, archive, cancellationToken);
                session.Printer.SayOrJson($"Snapshot written to {file}, {Texts.Size((ulong)archive.Length)}.", new(file, archive.Length), CliJson.Default.SnapshotJson);
            },
            compression,
            types,
            folder);
    }
}
