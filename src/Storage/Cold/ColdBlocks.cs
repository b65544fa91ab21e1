using System.IO.Hashing;
using Iggy.Storage.Segments;

namespace Iggy.Storage.Cold;

/// <summary>A read met a block that it was not given yet: what it needs is in <see cref="ColdBlocks.Missing"/>.</summary>
internal sealed class ColdMissException() : Exception("A block is missing.");

/// <summary>The blocks that one read holds: no more than one message can need, the newest ones.</summary>
internal sealed class ColdBlocks(string partition) : IDisposable
{
    /// <summary>Blocks of the largest message, and those that it begins and ends in.</summary>
    public const int MaxHeld = 20;

    private readonly List<(ColdSegment Segment, int Number, IColdBlock Block)> _held = [];

    /// <summary>What the last read stopped at.</summary>
    public ColdNeed? Missing { get; private set; }

    /// <summary>A held block.</summary>
    /// <exception cref="ColdMissException">It is not held: <see cref="Missing"/> names it.</exception>
    public IColdBlock Get(ColdSegment segment, int number, ColdSegment? following)
    {
        for (var i = _held.Count - 1; i >= 0; i--)
        {
            if (_held[i].Number == number && _held[i].Segment == segment)
                return _held[i].Block;
        }
        Missing = new ColdNeed(partition, segment, number, following);
        throw new ColdMissException();
    }

    public void Provide(IColdBlock block)
    {
        if (Missing is not { } need)
            throw new InvalidOperationException("Nothing was asked for.");
        if (_held.Count == MaxHeld)
        {
            _held[0].Block.Dispose();
            _held.RemoveAt(0);
        }
        _held.Add((need.Segment, need.Block, block));
        Missing = null;
    }

    /// <summary>Says whether damage is in the archive or only in what holds these blocks.</summary>
    /// <exception cref="ColdAwayException">A block changed since it was fetched: it is dropped, and the next read gets it anew.</exception>
    public void RequireIntact()
    {
        var bytes = new byte[ColdSegment.BlockBytes];
        foreach (var (segment, number, block) in _held)
        {
            var length = segment.BytesOf(number);
            if (block.Read(bytes.AsSpan(0, length), 0) == length && XxHash3.HashToUInt64(bytes.AsSpan(0, length)) == segment.BlockHashes[number])
                continue;
            block.Spoil();
            throw new ColdAwayException($"A block of the cold segment at offset {segment.FirstOffset} changed in the cache and is fetched again.");
        }
    }

    public void Dispose()
    {
        foreach (var (_, _, block) in _held)
            block.Dispose();
        _held.Clear();
    }

    /// <summary>A cold segment as its file would be.</summary>
    public ISegmentBytes Of(ColdSegment segment, ColdSegment? following) => new Bytes(this, segment, following);

    private sealed class Bytes(ColdBlocks blocks, ColdSegment segment, ColdSegment? following) : ISegmentBytes
    {
        public int Read(Span<byte> into, long position)
        {
            var number = (int)(position / ColdSegment.BlockBytes);
            var at = (int)(position % ColdSegment.BlockBytes);
            if (position >= segment.EndPosition)
                return 0;
            var block = blocks.Get(segment, number, following);
            return block.Read(into[..Math.Min(into.Length, segment.BytesOf(number) - at)], at);
        }
    }
}
