using System.Collections.Immutable;
using Iggy.Storage.Cold;
using Iggy.Storage.Context;
using Iggy.Storage.Segments;
using Microsoft.Extensions.Logging.Abstractions;

namespace Iggy.Storage.Log;

/// <summary>Cold segments from where a read begins, and those in the folder behind them, as they were at one moment.</summary>
/// <remarks>What is damaged here is remembered nowhere: it may be a fault of the cache.</remarks>
internal sealed class ColdSegments : ISegments, IDisposable
{
    private readonly List<(ColdSegment Cold, ColdSegment? Following, Segment Segment)> _parts = [];
    private readonly DamageList _damage;
    private SegmentSnapshot? _local;

    /// <param name="context">Of the log.</param>
    /// <param name="segments">All cold ones.</param>
    /// <param name="number">Of the first one wanted.</param>
    /// <param name="bytes">Most bytes of messages wanted; of the first segment perhaps only the end.</param>
    public ColdSegments(LogContext context, ImmutableArray<ColdSegment> segments, int number, long bytes)
    {
        (Blocks, _damage) = (new ColdBlocks(context.Options.Name), new DamageList(context.Folder.Path, NullLogger.Instance));
        var left = (double)bytes;
        for (; number < segments.Length && left > 0 && _parts.Count < SegmentSnapshot.MaxSegments; number++)
        {
            left -= _parts.Count == 0 ? 0 : segments[number].MessageBytes;
            _parts.Add((segments[number], number + 1 < segments.Length ? segments[number + 1] : null, segments[number].ToSegment()));
        }
        ReachesEnd = number == segments.Length && left > 0;
    }

    /// <summary>What is held of them.</summary>
    public ColdBlocks Blocks { get; }

    /// <summary>Whether the last cold segment is among them, and there may be room for more.</summary>
    public bool ReachesEnd { get; }

    /// <summary>How many are cold.</summary>
    public int ColdCount => _parts.Count;

    public int Count => _parts.Count + (_local?.Count ?? 0);

    public Segment this[int number] => number < _parts.Count ? _parts[number].Segment : _local![number - _parts.Count];

    /// <summary>Adds what lies in the folder.</summary>
    public void Join(SegmentSnapshot local) => _local = local;

    public SegmentCursor OpenCursor(Segment segment, uint position, ulong offset, int chunkBytes)
    {
        foreach (var (cold, following, one) in _parts)
        {
            if (one != segment)
                continue;
            var reader = new RecordReader(null, segment.Generation, segment.EndPosition, null, 0, chunkBytes, Blocks.Of(cold, following));
            return new SegmentCursor(reader, segment, position, offset, _damage);
        }
        return _local!.OpenCursor(segment, position, offset, chunkBytes);
    }

    public void Dispose()
    {
        Blocks.Dispose();
        _local?.Dispose();
    }
}
