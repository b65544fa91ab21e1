using System.Collections.Immutable;
using Iggy.Storage.Cold;
using Iggy.Storage.Segments;

namespace Iggy.Storage.Log;

/// <summary>Segments that are out of their log already and whose files still have to go.</summary>
public sealed class SegmentRemoval
{
    private readonly PartitionLog _log;

    internal SegmentRemoval(PartitionLog log, List<RetiredSegment> segments, ulong firstOffset, int purges, ColdChange? cold = null)
        => (_log, Segments, FirstOffset, Purges, Cold) = (log, segments, firstOffset, purges, cold);

    /// <summary>How many they are.</summary>
    public uint Count => (uint)(Segments.Count + (Cold?.Gone.Length ?? 0));

    /// <summary>The oldest first.</summary>
    internal List<RetiredSegment> Segments { get; }

    /// <summary>Of what is left in the log.</summary>
    internal ulong FirstOffset { get; }

    /// <summary>What becomes of the cold part; null when nothing does.</summary>
    internal ColdChange? Cold { get; }

    /// <summary>How often the log had been purged when they were taken.</summary>
    internal int Purges { get; }

    /// <summary>Deletes the files: on any thread, beside appends, reads and syncs. Purges and the end of the log wait for it. What a death leaves
    /// is in the log again when it is opened.</summary>
    /// <exception cref="IOException">The disk refused; the log takes no more appends.</exception>
    public void Run() => _log.Remove(this);
}

/// <summary>What becomes of the cold part of a log.</summary>
/// <param name="List">What is in it from now on.</param>
/// <param name="Gone">First offsets of the cold segments that left the log.</param>
/// <param name="IsMove">Whether the segments of the removal are in it from now on.</param>
internal sealed record ColdChange(ImmutableArray<ColdSegment> List, ImmutableArray<ulong> Gone, bool IsMove);
