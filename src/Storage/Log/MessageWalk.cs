using Iggy.Storage.AtRest;
using Iggy.Storage.Records;
using Iggy.Storage.Segments;

namespace Iggy.Storage.Log;

/// <summary>Where a walk ended.</summary>
/// <param name="Next">Where the next message wanted is, or will be.</param>
/// <param name="Damage">What ended it, if that was it.</param>
/// <param name="IsTooLarge">The room was not enough; the reply is of no use.</param>
internal readonly record struct WalkEnd(ReadStart Next, DamagedRange? Damage, bool IsTooLarge);

/// <summary>Walks verified records from a place on and puts their messages into a reply.</summary>
internal sealed class MessageWalk(ISegments segments, RecordBodies bodies)
{
    /// <summary>A record as large as one of several messages gets, with its head and padding.</summary>
    public const int UsualRecordBytes = RecordFormat.TargetBytes + RecordFormat.MaxSlackBytes;

    /// <summary>Adds messages until the reply is full, the log ends, or there is damage.</summary>
    /// <exception cref="IOException">A file that is there cannot be opened.</exception>
    public WalkEnd Fill(ref ReplyWriter reply, in ReadStart start, int chunkBytes)
    {
        var end = new WalkEnd(start, null, IsTooLarge: false);
        for (var number = start.Segment; number < segments.Count && !reply.IsFull; number++)
        {
            var isFirst = number == start.Segment;
            var segment = segments[number];
            var cursor = segments.OpenCursor(segment, isFirst ? start.Position : SegmentFormat.HeadBytes, isFirst ? start.BaseOffset : segment.FirstOffset, chunkBytes);
            try
            {
                if (!TryAdd(ref reply, ref cursor, number, ref end))
                    return end;
            }
            finally
            {
                cursor.Dispose();
            }
        }
        return end;
    }

    // Adds what the segment has from the cursor on. False when the reply is complete, or ends at damage.
    private bool TryAdd(ref ReplyWriter reply, ref SegmentCursor cursor, int number, ref WalkEnd end)
    {
        while (cursor.Peek() is var step and not CursorStep.End)
        {
            var outcome = ReplyStep.Malformed;
            if (step is CursorStep.Record)
            {
                var framesBytes = cursor.ReadFramesBytes();
                if (reply.MustEndBefore(in cursor.Header, framesBytes))
                    return false;
                // One large message: it is not even read where there is no room for it.
                outcome = reply.HasBoundedRoom && Math.Max(framesBytes, cursor.Header.BodyBytes) > UsualRecordBytes ? ReplyStep.TooLarge
                    : cursor.TryReadBody(out var body) ? AddRecord(ref reply, ref cursor, body) : ReplyStep.Malformed;
            }
            if (outcome is ReplyStep.Malformed)
            {
                end = end with { Damage = cursor.Damage };
                return false;
            }
            if (outcome is ReplyStep.TooLarge)
            {
                end = end with { IsTooLarge = true };
                return false;
            }
            if (reply.Count > 0 && reply.LastOffset + 1 < cursor.Header.NextOffset)
            {
                end = end with { Next = new ReadStart(number, cursor.Position, cursor.Header.BaseOffset, reply.LastOffset + 1) };
                return false; // full in the middle of the record
            }
            cursor.SkipRecord();
            end = end with { Next = new ReadStart(number, cursor.Position, cursor.Offset, cursor.Offset) };
            if (reply.IsFull)
                return false;
        }
        return true;
    }

    private ReplyStep AddRecord(ref ReplyWriter reply, ref SegmentCursor cursor, scoped ReadOnlySpan<byte> body)
    {
        using var opened = bodies.Open(in cursor.Header, body);
        if (opened.Failure is { } failure)
        {
            cursor.CondemnRecord(failure);
            return ReplyStep.Malformed;
        }
        var outcome = reply.Add(in cursor.Header, opened.Frames, cursor.Header.HasProducer ? ProducerSection.Of(in cursor.Header, body) : null);
        if (outcome is ReplyStep.Malformed)
            cursor.CondemnRecord("the messages of a record do not fit together");
        return outcome;
    }
}
