using System.Runtime.InteropServices;
using Iggy.Primitives;
using Iggy.Storage.AtRest;
using Iggy.Storage.Context;
using Iggy.Storage.Durability;
using Iggy.Storage.Records;
using Iggy.Storage.Segments;

namespace Iggy.Storage.Deduplication;

/// <summary>Brings the ids of the newest messages back from the log itself, so that a producer that repeats its last batch after a death of the
/// server is recognized. Nothing else is stored for it.</summary>
internal static class DeduplicationRecovery
{
    private const int ChunkBytes = 256 << 10;

    /// <summary>Reads the tail of the log, as far back as the window goes in messages and in time.</summary>
    /// <param name="segments">Opened.</param>
    /// <param name="context">Of the log.</param>
    /// <param name="commit">Told of what the ids come from: an OK to a repeated message promises for the first one, which may not be on disk yet.</param>
    /// <returns>Null when the log does not look for duplicates.</returns>
    public static DeduplicationFilter? Open(SegmentSet segments, LogContext context, GroupCommit commit)
    {
        if (context.Options.Deduplication is not { } window)
            return null;

        var deduplication = new DeduplicationFilter(window);
        var (first, next) = (segments.FirstOffset, segments.NextOffset);
        if (first == next)
            return deduplication;

        var now = context.Clock.UnixMicros();
        var expiry = (ulong)(window.Expiry.Ticks / TimeSpan.TicksPerMicrosecond);
        var expired = now > expiry ? now - expiry : 0; // appended at this time or before
        var from = next - Math.Min((ulong)window.MaxEntries, next - first);
        var locator = new RecordLocator(segments, context);
        switch (locator.FindTimestamp(expired + 1, out var start, out _))
        {
            case Located.Nothing:
                return deduplication;
            case Located.Found:
                from = Math.Max(from, start.Offset);
                break;
            default: // times that cannot be read: each record is looked at for itself
                break;
        }
        locator.FindOffset(from, out start, out _);
        for (var number = start.Segment; number < segments.Count; number++)
        {
            var segment = segments[number];
            var (position, offset) = number == start.Segment ? (start.Position, start.BaseOffset) : (SegmentFormat.HeadBytes, segment.FirstOffset);
            ReadSegment(segments, segment, position, offset, context.Bodies, deduplication, from, expired);
        }
        segments.Active.RequireWhole(); // what was read through its mapping counts
        deduplication.ClockWentBack(now); // if it did
        commit.MarkActive();
        if (start.Segment < segments.Count - 1)
            commit.MarkUnsynced(segments[start.Segment].FirstOffset);
        return deduplication;
    }

    private static void ReadSegment(SegmentSet segments, Segment segment, uint position, ulong offset, RecordBodies bodies,
        DeduplicationFilter deduplication, ulong from, ulong expired)
    {
        var cursor = segments.OpenCursor(segment, position, offset, ChunkBytes);
        try
        {
            while (cursor.Peek() is var step and not CursorStep.End)
            {
                // What cannot be read or decrypted is known as damage, or will be when somebody asks for it; its ids are not known.
                if (step is CursorStep.Record && cursor.Header.BaseTimestampMicros > expired && cursor.TryReadBody(out var body))
                {
                    using var opened = bodies.Open(in cursor.Header, body);
                    ReadRecord(in cursor.Header, opened.Frames, deduplication, from);
                }
                cursor.Skip(step);
            }
        }
        finally
        {
            cursor.Dispose();
        }
    }

    private static void ReadRecord(in RecordHeader header, ReadOnlySpan<byte> frames, DeduplicationFilter deduplication, ulong from)
    {
        for (var offset = header.BaseOffset; offset < header.NextOffset && frames.Length >= MessageFrame.SizeInBytes; offset++)
        {
            ref readonly var frame = ref MemoryMarshal.AsRef<MessageFrame>(frames);
            if (frame.ContentBytes > (ulong)(frames.Length - MessageFrame.SizeInBytes))
                return; // a reader will say that it is damaged
            if (offset >= from)
                deduplication.Remember(frame.IdLow, frame.IdHigh, header.BaseTimestampMicros);
            frames = frames[(MessageFrame.SizeInBytes + (int)frame.ContentBytes)..];
        }
    }
}
