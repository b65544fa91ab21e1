using System.Runtime.InteropServices;
using Iggy.Storage.Records;
using Iggy.Storage.Segments;

namespace Iggy.Storage.Replicas;

/// <summary>Finds whole appends to be sent to another replica, and copies them as they lie in the file.</summary>
internal sealed class RecordSource(SegmentSet segments, RecordLocator locator)
{
    private const int ChunkBytes = 16 << 10; // heads of records are looked at, seldom more

    /// <summary>Forgets remembered places: segments have changed.</summary>
    public void Clear() => locator.Clear();

    /// <summary>Whether a record begins at an offset of the log.</summary>
    /// <exception cref="IOException">That cannot be read.</exception>
    public bool IsStart(ulong offset) => locator.FindOffset(offset, out var start, out _) switch
    {
        Located.Found => start.BaseOffset == offset,
        Located.Damaged => throw new IOException($"Offset {offset} is damaged, so nobody knows whether a record begins there."),
        _ => false,
    };

    /// <summary>The writer's epoch in the last record; 0 when there is none, or none that can be read.</summary>
    /// <exception cref="IOException">A file that is there cannot be opened.</exception>
    public uint EpochOfLast()
    {
        if (segments.FirstOffset == segments.NextOffset || locator.FindOffset(segments.NextOffset - 1, out var start, out _) is not Located.Found)
            return 0;
        using var cursor = segments.OpenCursor(segments[start.Segment], start.Position, start.BaseOffset, ChunkBytes);
        return cursor.Peek() is CursorStep.Record ? cursor.Header.Epoch : 0;
    }

    /// <summary>Takes as many appends as fit, at least one, all of one segment.</summary>
    /// <param name="from">Where a record begins.</param>
    /// <param name="end">Offset that must not be passed.</param>
    /// <param name="maxBytes">Most bytes, unless one append is larger.</param>
    /// <exception cref="IOException">A file that is there cannot be opened.</exception>
    public RecordsPlan Plan(ulong from, ulong end, int maxBytes)
    {
        var plan = new RecordsPlan(RecordsFound.NotThere, from, from, 0, 0, StartsSegment: false);
        if (from >= Math.Min(end, segments.NextOffset))
            return plan with { Found = RecordsFound.End };
        if (from < segments.FirstOffset)
            return plan;
        var located = locator.FindOffset(from, out var start, out _);
        if (located is not Located.Found || start.BaseOffset != from)
            return located is Located.Damaged ? plan with { Found = RecordsFound.Damaged } : plan;

        var segment = segments[start.Segment];
        plan = plan with { Generation = segment.Generation, StartsSegment = from == segment.FirstOffset, Segment = start.Segment, Position = start.Position };
        using var cursor = segments.OpenCursor(segment, start.Position, from, ChunkBytes);
        var step = CursorStep.End;
        while ((step = cursor.Peek()) is CursorStep.Record && cursor.Header.NextOffset <= end)
        {
            var bytes = cursor.Position + (ulong)cursor.Header.AlignedBytes - start.Position;
            if (bytes > (ulong)maxBytes && plan.Bytes > 0)
                break;
            if (bytes > (ulong)Array.MaxLength)
                break;
            var isWhole = !cursor.Header.Flags.HasFlag(RecordFlags.MoreFollow);
            cursor.SkipRecord();
            if (isWhole)
                plan = plan with { Found = RecordsFound.Records, End = cursor.Offset, Bytes = (int)bytes };
        }
        segments.Active.RequireWhole(); // what was read through its mapping counts
        if (plan.Bytes == 0)
            return plan with { Found = step is CursorStep.Damage ? RecordsFound.Damaged : RecordsFound.End };
        locator.Remember(segment, plan.End, plan.End, plan.Position + (uint)plan.Bytes);
        return plan;
    }

    /// <summary>Copies what was planned.</summary>
    /// <param name="plan">Of this log as it is.</param>
    /// <param name="target">As long as it says.</param>
    /// <returns>False when it is damaged.</returns>
    public bool TryCopy(in RecordsPlan plan, Span<byte> target)
    {
        var segment = segments[plan.Segment];
        using var cursor = segments.OpenCursor(segment, plan.Position, plan.From, Math.Max(plan.Bytes, ChunkBytes));
        var at = 0;
        while (cursor.Offset < plan.End)
        {
            if (cursor.Peek() is not CursorStep.Record || !cursor.TryReadBody(out var body))
                return false;
            var record = target.Slice(at, (int)cursor.Header.AlignedBytes);
            MemoryMarshal.Write(record, in cursor.Header);
            body.CopyTo(record[RecordHeader.SizeInBytes..]);
            record[(int)cursor.Header.RecordBytes..].Clear();
            at += record.Length;
            cursor.SkipRecord();
        }
        segments.Active.RequireWhole();
        return at == target.Length;
    }
}
