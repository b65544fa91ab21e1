using Iggy.Storage.AtRest;

namespace Iggy.Storage.Context;

/// <summary>Settings of one partition log. Immutable, so that many logs may share one.</summary>
public sealed record PartitionLogOptions
{
    /// <summary>Fewest message bytes of a segment.</summary>
    public const long SmallestSegmentBytes = 512;

    /// <summary>Most message bytes of a segment before its last batch.</summary>
    public const long LargestSegmentBytes = 1L << 30;

    /// <summary>Most segments of a log whose files are in an archive alone.</summary>
    public const int LargestColdSegments = 1 << 16;

    /// <summary>Message bytes after which a segment is sealed: 512 B to 1 GiB. Default 1 GiB, as Apache Iggy's <c>system.segment.size</c>.</summary>
    public long SegmentBytes { get; init; } = LargestSegmentBytes;

    /// <summary>What an acknowledgement stands for. Default <see cref="DurabilityMode.None"/>.</summary>
    public DurabilityMode Durability { get; init; }

    /// <summary>Whether the owner answers no append before <c>PartitionLog.CommitAsync(toDisk: true)</c> is complete, whatever the durability of the rest:
    /// then what a torn sync leaves is cut, for nobody was told of it.</summary>
    public bool SyncsEachAppend { get; init; }

    /// <summary>Longest time between a write and its sync under <see cref="DurabilityMode.Interval"/>. Default 1 s.</summary>
    public TimeSpan FlushInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How far the append times may be ahead of the clock before they follow it back. Default 5 s.</summary>
    public TimeSpan MaxClockLead { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Most message bytes of a reply when the request names none. Default 32 MiB: half of what the SDKs accept in one frame.</summary>
    public int MaxReplyBytes { get; init; } = 32 << 20;

    /// <summary>Most message bytes in a piece of a read too large for memory, unless one message alone is larger. Default 1 MiB.</summary>
    public int PieceBytes { get; init; } = 1 << 20;

    /// <summary>Most stored consumer offsets. Default 1,000,000, which is 32 MB of file.</summary>
    public int MaxConsumers { get; init; } = 1_000_000;

    /// <summary>Most producers whose sequence numbers are remembered, 1 to 10,000. Default 1,000, which is 4 MB of memory at most.</summary>
    public int MaxProducers { get; init; } = 1_000;

    /// <summary>Sealed segments whose files are kept open for readers. Default 4.</summary>
    public int MaxOpenSegments { get; init; } = 4;

    /// <summary>Most segments whose files are in an archive alone; beyond it they stay in the folder. 0 to <see cref="LargestColdSegments"/>, the default.</summary>
    public int MaxColdSegments { get; init; } = LargestColdSegments;

    /// <summary>What the log is called, always the same for one log: encrypted records can be read under this name only. Default: empty.</summary>
    public string Name { get; init; } = "";

    /// <summary>Keys of encrypted records; null when there are none.</summary>
    public EncryptionKeys? Encryption { get; init; }

    /// <summary>Which messages are dropped because their ids came before; null (the default) when none are.</summary>
    public DeduplicationWindow? Deduplication { get; init; }

    /// <summary>Whether the log is one of several of its partition: nobody sees a message before <c>PartitionLog.SetCommitted</c> says that it stays, stored offsets
    /// may be ahead of the messages, and what is cut is deleted.</summary>
    public bool IsReplica { get; init; }

    /// <summary>Whether nothing is acknowledged before it is on disk.</summary>
    internal bool AnswersAfterSync => SyncsEachAppend || Durability is DurabilityMode.Always;

    /// <summary>Whether files are synced before steps that a power failure must not reorder.</summary>
    internal bool SyncsFiles => SyncsEachAppend || Durability is not DurabilityMode.None;

    /// <exception cref="ArgumentOutOfRangeException">A setting is outside its range; the message names it and its value.</exception>
    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(SegmentBytes, SmallestSegmentBytes, nameof(SegmentBytes));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(SegmentBytes, LargestSegmentBytes, nameof(SegmentBytes));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((byte)Durability, (byte)DurabilityMode.Always, nameof(Durability));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(FlushInterval, TimeSpan.Zero, nameof(FlushInterval));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxClockLead, TimeSpan.Zero, nameof(MaxClockLead));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxReplyBytes, 1, nameof(MaxReplyBytes));
        ArgumentOutOfRangeException.ThrowIfLessThan(PieceBytes, 1, nameof(PieceBytes));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxConsumers, 1, nameof(MaxConsumers));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxProducers, 1, nameof(MaxProducers));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxProducers, 10_000, nameof(MaxProducers));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxOpenSegments, 1, nameof(MaxOpenSegments));
        ArgumentOutOfRangeException.ThrowIfNegative(MaxColdSegments, nameof(MaxColdSegments));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxColdSegments, LargestColdSegments, nameof(MaxColdSegments));
        if (Deduplication is { } window)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(window.MaxEntries, 1, nameof(Deduplication));
            ArgumentOutOfRangeException.ThrowIfLessThan(window.Expiry, TimeSpan.FromMicroseconds(1), nameof(Deduplication));
        }
    }
}
