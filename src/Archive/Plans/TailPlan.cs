using System.Collections.Immutable;
using Iggy.Archive.Manifests;
using Iggy.Storage.Copies;

namespace Iggy.Archive.Plans;

/// <summary>Which bytes of an unsealed segment go into the archive next.</summary>
/// <remarks>A piece a round would leave a thousand small ones each day. So new bytes take the pieces before them along while these are no larger than they: as with a
/// binary counter each byte goes up again about as often as its piece doubles, and a segment has a handful of small pieces, and large ones.</remarks>
public static class TailPlan
{
    /// <summary>Most bytes of a piece.</summary>
    public const uint MaxPieceBytes = 4 << 20;

    /// <summary>Says what to keep and what to read.</summary>
    /// <param name="pieces">What is in the archive and still true, without a gap from the head block on.</param>
    /// <param name="end">End of the segment's records now; not below the end of the pieces.</param>
    /// <returns>How many pieces stay, and the borders of the new ones.</returns>
    public static (int Kept, ImmutableArray<(uint From, uint To)> Added) Next(ImmutableArray<Piece> pieces, uint end)
    {
        var from = pieces.IsEmpty ? SegmentFacts.HeadBytes : pieces[^1].To;
        var kept = pieces.Length;
        if (from == end)
            return (kept, []);
        for (; kept > 0 && pieces[kept - 1].Slice.Bytes <= end - from && end - pieces[kept - 1].From <= MaxPieceBytes; kept--)
            from = pieces[kept - 1].From;

        var added = ImmutableArray.CreateBuilder<(uint, uint)>();
        for (uint to; from < end; from = to)
        {
            to = (uint)Math.Min(end, from + (ulong)MaxPieceBytes);
            added.Add((from, to));
        }
        return (kept, added.ToImmutable());
    }
}
