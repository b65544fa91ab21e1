using System.Text;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Authorization;
using Iggy.Gateway.Sessions;
using Iggy.Gateway.Snapshots;
using Iggy.Protocol;
using Iggy.Protocol.Classic;
using Microsoft.Extensions.Logging;

namespace Iggy.Gateway.Commands;

/// <summary>The support archive.</summary>
internal sealed partial class SnapshotCommand(IEnumerable<ISnapshotPart> parts, TimeProvider clock, ILogger<SnapshotCommand> logger) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1); // one archive in memory at a time

    /// <summary>Makes an archive of the texts asked for, each once; without one that cannot be had at the moment.</summary>
    /// <returns>The bytes of a ZIP file.</returns>
    /// <exception cref="CommandRefusedException"><see cref="IggyError.InvalidCommand"/> for unknown values; <see cref="IggyError.Unauthorized"/>
    /// for everybody but administrators; <see cref="IggyError.SnapshotFileCompletionFailed"/> when it cannot be made.</exception>
    public async ValueTask<ReadOnlyMemory<byte>> MakeAsync(Session session, GetSnapshotRequest request)
    {
        CommandRefusedException.ThrowIf(request.Validate());
        UserAccess.Demand(session.Access.MayTakeSnapshot());
        await _turn.WaitAsync();
        try
        {
            // Reads files of unknown number: not on the connection's loop.
            var archive = await Task.Run(() => SnapshotArchive.Pack(Collect(request), request.Compression, clock.GetUtcNow()));
            LogMade(logger, archive.Length, session.ClientId, session.UserId);
            return archive;
        }
        catch (Exception failed) when (failed is not CommandRefusedException)
        {
            LogNotMade(logger, failed);
            throw new CommandRefusedException(IggyError.SnapshotFileCompletionFailed);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    private List<(string Name, byte[] Content)> Collect(GetSnapshotRequest request)
    {
        var entries = new List<(string, byte[])>();
        var isAll = request.Types is [SnapshotType.All];
        foreach (var part in parts)
        {
            if (isAll ? part.Type is SnapshotType.Test : !request.Types.Contains(part.Type))
                continue;
            try
            {
                using var content = new MemoryStream();
                using (var text = new StreamWriter(content, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true))
                    part.Write(text);
                entries.Add((NameOf(part.Type), content.ToArray()));
            }
            catch (Exception missing) when (missing is IOException or UnauthorizedAccessException)
            {
                LogPartMissing(logger, part.Type, missing);
            }
        }
        return entries;
    }

    private static string NameOf(SnapshotType type) => type switch
    {
        SnapshotType.FilesystemOverview => "filesystem_overview.txt",
        SnapshotType.ProcessList => "process_list.txt",
        SnapshotType.ResourceUsage => "resource_usage.txt",
        SnapshotType.Test => "test.txt",
        SnapshotType.ServerLogs => "server_logs.txt",
        SnapshotType.ServerConfig => "server_config.txt",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "No part of an archive."),
    };

    [LoggerMessage(3060, LogLevel.Information, "A snapshot of {Bytes} B was made for client {ClientId}, user {UserId}")]
    private static partial void LogMade(ILogger logger, int bytes, uint clientId, uint userId);

    [LoggerMessage(3061, LogLevel.Warning, "The snapshot goes without its part {Part}")]
    private static partial void LogPartMissing(ILogger logger, SnapshotType part, Exception exception);

    [LoggerMessage(3062, LogLevel.Error, "A snapshot could not be made")]
    private static partial void LogNotMade(ILogger logger, Exception exception);
}
