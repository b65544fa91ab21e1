using Iggy.Storage.Context;
using Iggy.Storage.Records;
using Iggy.Storage.Replicas;
using Iggy.Storage.Segments;

namespace Iggy.Storage.Log;

/// <summary>
/// Answers polls. A poll returns whole messages in offset order up to the first damaged one; it says "damaged" only when the first
/// message it was to return is.
/// </summary>
internal sealed class LogReader(SegmentSet segments, LogContext context)
{
    private const int SmallestChunkBytes = 16 << 10;

    private readonly RecordLocator _locator = new(segments, context);
    private readonly MessageWalk _walk = new(segments, context.Bodies);
    private RecordSource? _records; // of a log without replicas none is needed

    /// <summary>Forgets remembered places: segments have changed.</summary>
    public void Clear()
    {
        _locator.Clear();
        _records?.Clear();
    }

    /// <summary>The same messages as other replicas get them.</summary>
    public RecordSource Records => _records ??= new(segments, new RecordLocator(segments, context));

    /// <summary>Offset after the newest message that may be seen. What is gone at the other end was seen.</summary>
    public ulong VisibleEnd => context.CommittedEnd >= segments.NextOffset ? segments.NextOffset : Math.Max(context.CommittedEnd, segments.FirstOffset);

    /// <exception cref="IOException">A file that is there cannot be opened.</exception>
    public ReadResult Read(in ReadRequest request)
    {
        var end = VisibleEnd;
        var current = end == 0 ? 0 : end - 1;
        var nothing = new ReadResult(ReadStatus.Ok, null, 0, 0, 0, current);
        if (request.Count == 0 || segments.FirstOffset >= end)
            return nothing;

        var located = Locate(in request, end, out var start, out var damage);
        if (end == segments.NextOffset)
            return Answer(located, in request, in start, damage, nothing);
        // By time a reader may find what nobody may see yet.
        if ((located is Located.Found ? start.Offset : damage.FirstOffset) >= end)
            return nothing;
        return Answer(located, request with { Count = (uint)Math.Min(request.Count, end - start.Offset) }, in start, damage, nothing);
    }

    private ReadResult Answer(Located located, in ReadRequest request, in ReadStart start, DamagedRange damage, ReadResult nothing) => located switch
    {
        Located.Found => Serve(in request, in start, nothing.CurrentOffset),
        Located.Damaged => nothing with { Status = ReadStatus.Damaged, LastOffset = Math.Min(damage.LastOffset, nothing.CurrentOffset) },
        _ => nothing,
    };

    /// <summary>Remembers where whoever made a large read will go on.</summary>
    public void Remember(Segment segment, in ReadStart next) => _locator.Remember(segment, next.Offset, next.BaseOffset, next.Position);

    /// <summary>When the message of an offset was appended; 0 where that cannot be told.</summary>
    /// <exception cref="IOException">A file that is there cannot be opened.</exception>
    public ulong TimestampOf(ulong offset)
    {
        var segment = segments[segments.Find(offset)];
        if (offset == segment.FirstOffset && segment.Records > 0)
            return segment.FirstTimestampMicros;
        if (_locator.FindOffset(offset, out var start, out _) is not Located.Found)
            return 0;
        using var cursor = segments.OpenCursor(segments[start.Segment], start.Position, start.BaseOffset, SmallestChunkBytes);
        return cursor.Peek() is CursorStep.Record ? cursor.Header.BaseTimestampMicros : 0;
    }

    private Located Locate(in ReadRequest request, ulong next, out ReadStart start, out DamagedRange damage)
    {
        if (request.From is ReadFrom.Timestamp)
            return _locator.FindTimestamp(request.Value, out start, out damage);

        var first = segments.FirstOffset;
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
        var roomBytes = request.WholeBytes > 0 ? request.WholeBytes : int.MaxValue;
        var expectedBytes = Expect(segments[start.Segment], in request, start.Offset, maxBytes);
        return expectedBytes <= roomBytes && TryServe(in request, in start, new ReplyLimits(request.Count, maxBytes, roomBytes, KeepsRecordsWhole: false), expectedBytes, current) is { } served
            ? served
            : Prepare(in request, in start, maxBytes, current);
    }

    private ReadResult? TryServe(in ReadRequest request, in ReadStart start, in ReplyLimits limits, int expectedBytes, ulong current)
    {
        var reply = new ReplyWriter(in request, start.Offset, in limits, expectedBytes);
        try
        {
            var end = _walk.Fill(ref reply, in start, Math.Clamp(expectedBytes, SmallestChunkBytes, MessageWalk.UsualRecordBytes));
            if (end.IsTooLarge)
                return null;
            if (reply.Count == 0 && end.Damage is { } found)
                return new ReadResult(ReadStatus.Damaged, null, 0, 0, Math.Min(found.LastOffset, current), current);
            if (reply.Count > 0)
                Remember(segments[end.Next.Segment], end.Next);
            var (bytes, count, last) = (reply.Bytes, reply.Count, reply.LastOffset);
            return new ReadResult(ReadStatus.Ok, reply.Detach(), bytes, count, last, current);
        }
        finally
        {
            reply.Dispose();
        }
    }

    private ReadResult Prepare(in ReadRequest request, in ReadStart start, int maxBytes, ulong current)
    {
        var snapshot = segments.TakeSnapshot(start.Segment, start.Offset, request.Count, maxBytes);
        var large = new LargeRead(snapshot, context, request with { MaxBytes = maxBytes }, start with { Segment = 0 });
        return new ReadResult(ReadStatus.Ok, null, 0, 0, 0, current, large);
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
