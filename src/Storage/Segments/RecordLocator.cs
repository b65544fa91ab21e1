using Iggy.Storage.Context;
using Iggy.Storage.Records;

namespace Iggy.Storage.Segments;

/// <summary>Where a reader starts: a record, or damage in its way.</summary>
/// <param name="Segment">Number of the segment.</param>
/// <param name="Position">Where the record starts.</param>
/// <param name="BaseOffset">Offset of its first message.</param>
/// <param name="Offset">First offset wanted.</param>
internal readonly record struct ReadStart(int Segment, uint Position, ulong BaseOffset, ulong Offset);

/// <summary>What a search found.</summary>
internal enum Located : byte
{
    /// <summary>The record.</summary>
    Found,

    /// <summary>Nothing that matches.</summary>
    Nothing,

    /// <summary>It lies, or may lie, among damaged offsets.</summary>
    Damaged,
}

/// <summary>Finds the record of an offset or a time: cache, then index, then a short walk over record headers.</summary>
internal sealed class RecordLocator(SegmentSet segments, LogContext context)
{
    private const int ChunkBytes = (int)SegmentFormat.IndexStrideBytes;

    private readonly PositionCache _cache = new();

    /// <summary>Remembers where a consumer will go on.</summary>
    public void Remember(Segment segment, ulong offset, ulong baseOffset, uint position)
        => _cache.Add(segment, offset, baseOffset, position);

    /// <summary>Forgets remembered places: segments have changed.</summary>
    public void Clear() => _cache.Clear();

    /// <summary>Finds the record that holds an offset of the log.</summary>
    public Located FindOffset(ulong offset, out ReadStart start, out DamagedRange damage)
    {
        var number = segments.Find(offset);
        var segment = segments[number];
        damage = default;
        if (_cache.TryFind(segment, offset, out var baseOffset, out var position))
        {
            start = new ReadStart(number, position, baseOffset, offset);
            return Located.Found;
        }
        while (true)
        {
            var (from, fromOffset) = Confirm(segment, segments.IndexOf(segment)?.FindOffset((uint)(offset - segment.FirstOffset)));
            using var cursor = segments.OpenCursor(segment, from, fromOffset, ChunkBytes);
            CursorStep step;
            while ((step = cursor.Peek()) is not CursorStep.End)
            {
                var nextOffset = step is CursorStep.Record ? cursor.Header.NextOffset : cursor.Damage.LastOffset + 1;
                if (offset < nextOffset || IsIndexShort(segment, cursor.Position, from))
                    break;
                cursor.Skip(step);
            }
            if (IsIndexShort(segment, cursor.Position, from))
            {
                RebuildIndex(segment);
                continue;
            }
            start = new ReadStart(number, cursor.Position, cursor.Offset, offset);
            damage = cursor.Damage;
            return step switch
            {
                CursorStep.Record => Located.Found,
                CursorStep.Damage => Located.Damaged,
                _ => Located.Nothing,
            };
        }
    }

    /// <summary>Finds the first record with this append time or a later one. All its messages have its time, and times never fall in a segment.</summary>
    public Located FindTimestamp(ulong timestampMicros, out ReadStart start, out DamagedRange damage)
    {
        start = default;
        DamagedRange? before = null; // directly before where the search stands: its times are unknown
        for (var number = 0; number < segments.Count; number++)
        {
            var segment = segments[number];
            if (segment.IsDown)
                before = Join(before, new DamagedRange(segment.FirstOffset, segment.NextOffset - 1));
            else if (segment.Records > 0 && segment.LastTimestampMicros < timestampMicros)
                before = null;
            else if (segment.Records > 0 && FindTimestampIn(number, timestampMicros, ref before, out start))
                break;
        }
        damage = before ?? default;
        return before is not null ? Located.Damaged : start.Position > 0 ? Located.Found : Located.Nothing;
    }

    private bool FindTimestampIn(int number, ulong timestampMicros, ref DamagedRange? before, out ReadStart start)
    {
        var segment = segments[number];
        while (true)
        {
            var (from, fromOffset) = Confirm(segment, segments.IndexOf(segment)?.FindBefore(timestampMicros));
            using var cursor = segments.OpenCursor(segment, from, fromOffset, ChunkBytes);
            CursorStep step;
            var isShort = false;
            while ((step = cursor.Peek()) is not CursorStep.End)
            {
                if (step is CursorStep.Record && cursor.Header.BaseTimestampMicros >= timestampMicros)
                    break;
                // A record before the time and a stride behind the entry should have an entry itself, and that would have been taken.
                if (isShort = step is CursorStep.Record && IsIndexShort(segment, cursor.Position, from))
                    break;
                before = step is CursorStep.Damage ? Join(before, cursor.Damage) : null;
                cursor.Skip(step);
            }
            if (isShort)
            {
                RebuildIndex(segment);
                continue;
            }
            start = new ReadStart(number, cursor.Position, cursor.Offset, cursor.Offset);
            return step is CursorStep.Record;
        }
    }

    private static DamagedRange Join(DamagedRange? before, DamagedRange damage)
        => before is { } earlier ? damage with { FirstOffset = Math.Min(earlier.FirstOffset, damage.FirstOffset) } : damage;

    // A whole index has an entry for every stride, so a walk this long means that entries are missing.
    private static bool IsIndexShort(Segment segment, uint position, uint from)
        => segment.MayRebuildIndex && position - from > SegmentFormat.IndexStrideBytes;

    private void RebuildIndex(Segment segment)
    {
        segment.MayRebuildIndex = false; // once: if it does not help, the walk does
        IndexBuilder.TryRebuild(segments, segment, context.Logger);
    }

    // Where to walk from: where the entry says, if the record there agrees with it, else from the start of the segment.
    private (uint Position, ulong BaseOffset) Confirm(Segment segment, IndexEntry? entry)
    {
        var first = (SegmentFormat.HeadBytes, segment.FirstOffset);
        if (entry is not { } found)
            return first;

        var offset = segment.FirstOffset + found.OffsetInSegment;
        if (found.Position >= SegmentFormat.HeadBytes && found.Position % RecordFormat.Alignment == 0)
        {
            using var cursor = segments.OpenCursor(segment, found.Position, offset, RecordHeader.SizeInBytes);
            if (cursor.TryReadHeader() && cursor.Header.BaseTimestampMicros == found.TimestampMicros)
                return (found.Position, offset);
        }
        if (segment.MayRebuildIndex)
            RebuildIndex(segment);
        return first;
    }
}
