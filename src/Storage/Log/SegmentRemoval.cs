using Iggy.Storage.Segments;

namespace Iggy.Storage.Log;

/// <summary>Segments that are out of their log already and whose files still have to go.</summary>
public sealed class SegmentRemoval
{
    private readonly PartitionLog _log;

    internal SegmentRemoval(PartitionLog log, List<RetiredSegment> segments, ulong firstOffset, int purges)
        => (_log, Segments, FirstOffset, Purges) = (log, segments, firstOffset, purges);

    /// <summary>How many they are.</summary>
    public uint Count => (uint)Segments.Count;

    /// <summary>The oldest first.</summary>
    internal List<RetiredSegment> Segments { get; }

    /// <summary>Of what is left in the log.</summary>
    internal ulong FirstOffset { get; }

    /// <summary>How often the log had been purged when they were taken.</summary>
    internal int Purges { get; }

    /// <summary>Deletes the files: on any thread, beside appends, reads and syncs. Purges and the end of the log wait for it. What a death leaves
    /// is in the log again when it is opened.</summary>
    /// <exception cref="IOException">The disk refused; the log takes no more appends.</exception>
    public void Run() => _log.Remove(this);
}
