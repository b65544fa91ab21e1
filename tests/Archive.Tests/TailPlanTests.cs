using CsCheck;
using Iggy.Archive.Layout;
using Iggy.Archive.Manifests;
using Iggy.Archive.Plans;
using Iggy.Storage.Copies;

namespace Iggy.Archive.Tests;

/// <summary>Which bytes of an unsealed segment go up, round by round.</summary>
public class TailPlanTests
{
    // Goal: every byte is in the archive once, in few pieces, and went up a bounded number of times. Method: random growths.
    [Fact]
    public void Next_GrowingSegment_CoversItInFewPiecesForBoundedTraffic() => Gen.Int[1, 3_000_000].Array[1, 200].Sample(growths =>
    {
        var (pieces, end, sent) = (System.Collections.Immutable.ImmutableArray<Piece>.Empty, SegmentFacts.HeadBytes, 0L);
        foreach (var growth in growths)
        {
            end += (uint)growth;
            var (kept, added) = TailPlan.Next(pieces, end);
            pieces = [.. pieces[..kept], .. added.Select(static one => new Piece(one.From, new PackSlice(new PackName(1, 1, 0), 0, one.To - one.From, 0)))];
            sent += added.Sum(static one => (long)one.To - one.From);

            var at = SegmentFacts.HeadBytes;
            foreach (var piece in pieces)
            {
                Assert.Equal(at, piece.From);
                Assert.InRange(piece.Slice.Bytes, 1u, TailPlan.MaxPieceBytes);
                at = piece.To;
            }
            Assert.Equal(end, at);
            Assert.True(pieces.Length <= 24 + (2 * (end / TailPlan.MaxPieceBytes)), $"{pieces.Length} pieces for {end} bytes");
        }
        var bytes = (double)end - SegmentFacts.HeadBytes;
        Assert.True(sent <= bytes * (2 + Math.Log2(1 + growths.Length)), $"{sent} bytes sent for {bytes}");
    }, iter: 200);

    [Fact]
    public void Next_NothingNew_SendsNothing()
    {
        Piece only = new(SegmentFacts.HeadBytes, new PackSlice(new PackName(1, 1, 0), 0, 64, 0));
        Assert.Equal((1, 0), (TailPlan.Next([only], only.To).Kept, TailPlan.Next([only], only.To).Added.Length));
        Assert.Empty(TailPlan.Next([], SegmentFacts.HeadBytes).Added);
    }
}
