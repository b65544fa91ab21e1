using Iggy.Storage.AtRest;
using Iggy.Storage.Files;
using Microsoft.Extensions.Logging;

namespace Iggy.Storage.Context;

/// <summary>What the parts of one open log share.</summary>
internal sealed record LogContext(PartitionFolder Folder, PartitionLogOptions Options, IDisk Disk, TimeProvider Clock, ILogger Logger,
    DamageList Damage, RecordBodies Bodies, Inventory Inventory)
{
    /// <summary>What its files carry to be known as its own.</summary>
    public ulong LogId { get; } = FileFormat.LogId(Options.Name);

    /// <summary>Held by whoever makes or takes the spare segment file.</summary>
    public Lock SpareGate { get; } = new();

    /// <summary>Message bytes after which a segment is sealed.</summary>
    public long SegmentBytes { get; set; } = Options.SegmentBytes;

    /// <summary>Messages from here on are not to be seen yet. A log without replicas has no such place.</summary>
    public ulong CommittedEnd { get; set; } = Options.IsReplica ? 0 : ulong.MaxValue;

    /// <summary>What the opening found missing.</summary>
    public LossCount Losses { get; } = new();

    /// <summary>Whether a file with this in its head is another log's.</summary>
    public bool IsForeign(ulong logId) => logId != 0 && LogId != 0 && logId != LogId;

    /// <summary>Whether files are synced before steps that a power failure must not reorder.</summary>
    public bool SyncsFiles => Options.SyncsFiles;

    /// <summary>A position up to which records are on disk, as commit slots tell it: only where nothing is acknowledged before its sync.</summary>
    public uint SyncedMark(uint position) => Options.AnswersAfterSync ? position : 0;

    /// <summary>Bytes to map for a segment: of memory only, so twice what it should hold costs nothing.</summary>
    /// <param name="endPosition">End of its records.</param>
    /// <param name="neededBytes">What has to fit behind them at least.</param>
    public uint CapacityFor(uint endPosition, ulong neededBytes)
    {
        const ulong SlackBytes = 8 << 20; // batches of usual size then fit behind a full segment, as the roll rule wants
        var usual = (2 * (ulong)SegmentBytes) + SlackBytes;
        return (uint)Math.Min(Math.Max(usual, endPosition + neededBytes + SlackBytes), FileFormat.MaxEndPosition);
    }

    public void FlushFolder()
    {
        if (SyncsFiles)
            Disk.FlushFolder(Folder.Path);
    }
}
