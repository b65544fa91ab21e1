using Iggy.Storage.Context;
using Iggy.Storage.Records;
using Iggy.Storage.Segments;

namespace Iggy.Storage.Log;

/// <summary>
/// Answers polls. A poll returns whole messages in offset order up to the first damaged one; it says "damaged" only when the first
/// message it was to return is.
/// </summary>
internal sealed class LogReader(SegmentSet segments, LogContext context)
{
    private const int SmallestChunkBytes = 16 << 10;
    private const int LargestChunkBytes = RecordFormat.TargetBytes + RecordFormat.MaxSlackBytes;

    private readonly RecordLocator _locator = new(segments, context);

    /// <summary>Forgets remembered places: segments have changed.</summary>
    public void Clear() => _locator.Clear();

    /// <exception cref="IOException">A file that is there cannot be opened.</exception>
    public ReadResult Read(in ReadRequest request)
    {
        var current = segments.NextOffset == 0 ? 0 : segments.NextOffset - 1;
        var nothing = new ReadResult(ReadStatus.Ok, null, 0, 0, 0, current);
        if (request.Count == 0 || segments.FirstOffset == segments.NextOffset)
            return nothing;

        return Locate(in request, out var start, out var damage) switch
        {
            Located.Found => Serve(in request, in start, current),
            Located.Damaged => nothing with { Status = ReadStatus.Damaged, LastOffset = damage.LastOffset },
            _ => nothing,
        };
    }

    private Located Locate(in ReadRequest request, out ReadStart start, out DamagedRange damage)
    {
        if (request.From is ReadFrom.Timestamp)
            return _locator.FindTimestamp(request.Value, out start, out damage);

        var (first, next) = (segments.FirstOffset, segments.NextOffset);
        var offset = request.From switch
        {
            ReadFrom.Offset => Math.Max(request.Value, first),
            ReadFrom.Last => next - Math.Min(request.Count, next - first),
            _ => first,
        };
        (start, damage) = (default, default);
        return offset >= next ? Located.Nothing : _locator.FindOffset(offset, out start, out damage);
    }

    private ReadResult Serve(in ReadRequest request, in ReadStart start, ulong current)
    {
        var maxBytes = request.MaxBytes > 0 ? request.MaxBytes : context.Options.MaxReplyBytes;
        var expectedBytes = Expect(segments[start.Segment], in request, start.Offset, maxBytes);
        var reply = new ReplyWriter(in request, start.Offset, maxBytes, expectedBytes);
        try
        {
            var damage = AddAll(ref reply, in start, Math.Clamp(expectedBytes, SmallestChunkBytes, LargestChunkBytes));
            if (reply.Count == 0 && damage is { } found)
                return new ReadResult(ReadStatus.Damaged, null, 0, 0, found.LastOffset, current);
            var (bytes, count, last) = (reply.Bytes, reply.Count, reply.LastOffset);
            return new ReadResult(ReadStatus.Ok, reply.Detach(), bytes, count, last, current);
        }
        finally
        {
            reply.Dispose();
        }
    }

    private DamagedRange? AddAll(ref ReplyWriter reply, in ReadStart start, int chunkBytes)
    {
        var (position, offset) = (start.Position, start.BaseOffset);
        for (var number = start.Segment; number < segments.Count && !reply.IsFull; number++)
        {
            var segment = segments[number];
            var cursor = segments.OpenCursor(segment, position, offset, chunkBytes);
            try
            {
                if (!TryAdd(ref reply, ref cursor, segment, out var damage))
                    return damage;
            }
            finally
            {
                cursor.Dispose();
            }
            position = SegmentFormat.HeadBytes;
            offset = segment.NextOffset; // where the next segment starts
        }
        return null;
    }

    // Adds what the segment has from the cursor on. False when the reply is complete, or ends at damage.
    private bool TryAdd(ref ReplyWriter reply, ref SegmentCursor cursor, Segment segment, out DamagedRange? damage)
    {
        damage = null;
        while (cursor.Peek() is var step and not CursorStep.End)
        {
            var outcome = ReplyStep.Malformed;
            if (step is CursorStep.Record && cursor.TryReadBody(out var body))
                outcome = AddRecord(ref reply, ref cursor, body);
            if (outcome is ReplyStep.Malformed)
            {
                damage = cursor.Damage;
                return false;
            }
            if (reply.Count > 0 && reply.LastOffset + 1 < cursor.Header.NextOffset)
            {
                _locator.Remember(segment, reply.LastOffset + 1, cursor.Header.BaseOffset, cursor.Position);
                return false; // full in the middle of the record
            }
            cursor.SkipRecord();
            if (reply.IsFull)
                break;
        }
        if (reply.Count > 0)
            _locator.Remember(segment, cursor.Offset, cursor.Offset, cursor.Position);
        return !reply.IsFull;
    }

    private ReplyStep AddRecord(ref ReplyWriter reply, ref SegmentCursor cursor, scoped ReadOnlySpan<byte> body)
    {
        using var opened = context.Bodies.Open(in cursor.Header, body);
        if (opened.Failure is { } failure)
        {
            cursor.CondemnRecord(failure);
            return ReplyStep.Malformed;
        }
        var outcome = reply.Add(in cursor.Header, opened.Frames);
        if (outcome is ReplyStep.Malformed)
            cursor.CondemnRecord("the messages of a record do not fit together");
        return outcome;
    }

    // From the average message of the segment: exact when all are alike.
    private static int Expect(Segment segment, in ReadRequest request, ulong offset, int maxBytes)
    {
        var count = Math.Min(request.Count, Math.Max(1, segment.NextOffset - offset));
        var average = (segment.MessageBytes / Math.Max(1, segment.MessageCount)) + 1;
        var bytes = count * average;
        if (request.Layout is MessageLayout.Compact)
            bytes += CompactBatch.SizeInBytes * (((ulong)segment.Records * count / Math.Max(1, segment.MessageCount)) + 2);
        return (int)Math.Min(bytes, (ulong)maxBytes);
    }
}
