using System.Collections.Immutable;
using Iggy.Storage.Cold;

namespace Iggy.Grains.Tiering;

/// <summary>Where the cold parts of this server's partitions are: what may go there, and how it comes back.</summary>
public interface IColdTier
{
    /// <summary>What stays in the folders of topics that say nothing of it: bytes of a partition, and age in microseconds. Nulls for no limit.</summary>
    (ulong? Bytes, ulong? AgeMicros) Defaults { get; }

    /// <summary>The segments of a partition that are in the archive as a whole and named by a point there; none while this server does not write it.</summary>
    IReadOnlyList<ArchivedSegment> ListArchived(string partition);

    /// <summary>Asks the store once more whether it has a segment.</summary>
    /// <exception cref="ColdAwayException">It does not say.</exception>
    Task<bool> IsThereAsync(string partition, ArchivedSegment segment);

    /// <summary>Brings a block, out of the cache or out of the store. Verified.</summary>
    /// <exception cref="ColdAwayException">It is not to be had now.</exception>
    ValueTask<IColdBlock> FetchAsync(ColdNeed need);

    /// <summary>A segment went to the archive.</summary>
    void NoteMoved(ArchivedSegment segment);
}

/// <summary>A whole segment in the archive.</summary>
/// <param name="FirstOffset">Of its first message.</param>
/// <param name="Generation">Of its file.</param>
/// <param name="CreatedMicros">When the file was made.</param>
/// <param name="NextOffset">Offset after its last message.</param>
/// <param name="EndPosition">Bytes of the file.</param>
/// <param name="LastMicros">Append time of its last message.</param>
/// <param name="Place">Where it is.</param>
public sealed record ArchivedSegment(ulong FirstOffset, uint Generation, ulong CreatedMicros, ulong NextOffset, uint EndPosition, ulong LastMicros, ArchivePlace Place);

/// <summary>A server without an archive: nothing goes, and what went under another configuration cannot be had.</summary>
internal sealed class NoColdTier : IColdTier
{
    public (ulong? Bytes, ulong? AgeMicros) Defaults => default;

    public IReadOnlyList<ArchivedSegment> ListArchived(string partition) => ImmutableArray<ArchivedSegment>.Empty;

    public Task<bool> IsThereAsync(string partition, ArchivedSegment segment) => Task.FromResult(false);

    public ValueTask<IColdBlock> FetchAsync(ColdNeed need) => throw new ColdAwayException("This server has no archive, and the messages are in one.");

    public void NoteMoved(ArchivedSegment segment)
    {
        // Nothing moves.
    }
}
