using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace Iggy.Storage.Segments;

/// <summary>Builds the index of a segment from its records: it holds nothing that they do not.</summary>
internal static class IndexBuilder
{
    private const int ChunkBytes = 256 << 10;

    /// <returns>False when the new index could not be written; the old one, if any, is still there.</returns>
    public static bool TryRebuild(SegmentSet segments, Segment segment, ILogger logger)
    {
        if (segments.IndexOf(segment) is not { } index)
            return false;

        var entries = Collect(segments, segment);
        try
        {
            index.Replace(CollectionsMarshal.AsSpan(entries));
        }
        catch (IOException failure)
        {
            logger.IndexNotWritten(index.Path, failure);
            return false;
        }
        logger.IndexRebuilt(index.Path, entries.Count);
        return true;
    }

    private static List<IndexEntry> Collect(SegmentSet segments, Segment segment)
    {
        var entries = new List<IndexEntry>();
        var lastPosition = 0u;
        using var cursor = segments.OpenCursor(segment, SegmentFormat.HeadBytes, segment.FirstOffset, ChunkBytes);
        while (cursor.Peek() is var step and not CursorStep.End)
        {
            if (step is CursorStep.Damage)
            {
                cursor.SkipDamage();
                continue;
            }
            if (SegmentIndex.IsDue(cursor.Position, lastPosition))
            {
                lastPosition = cursor.Position;
                entries.Add(new IndexEntry
                {
                    OffsetInSegment = (uint)(cursor.Header.BaseOffset - segment.FirstOffset),
                    Position = cursor.Position,
                    TimestampMicros = cursor.Header.BaseTimestampMicros,
                });
            }
            cursor.SkipRecord();
        }
        return entries;
    }
}
