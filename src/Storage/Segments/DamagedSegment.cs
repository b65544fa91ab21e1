using System.Runtime.InteropServices;
using Iggy.Storage.Context;
using Iggy.Storage.Records;
using Microsoft.Win32.SafeHandles;

namespace Iggy.Storage.Segments;

/// <summary>Segments whose head or end is gone: what can still be said about them.</summary>
internal static class DamagedSegment
{
    private const int ChunkBytes = 256 << 10;

    /// <summary>A segment without a readable head. Its offsets are down; if it is the last one, they are guessed from above.</summary>
    /// <returns>Null when it is the last one and nothing in it can be read: the file is put aside.</returns>
    public static Segment? Open(LogContext context, SafeFileHandle file, ulong firstOffset, ulong below)
    {
        var path = context.Folder.LogPath(firstOffset);
        context.Logger.HeadDamaged(path);
        var next = below != ulong.MaxValue ? below : FindNextOffset(file, firstOffset, context.Inventory.Ceiling);
        if (next == firstOffset)
        {
            // Its name is needed for the segment that follows, or there would be two with one name.
            context.Disk.Rename(path, context.Folder.DamagedPath(firstOffset));
            context.Logger.PutAside(path, context.Folder.DamagedPath(firstOffset));
            return null;
        }

        context.Damage.Add(firstOffset, next - 1, SegmentFormat.HeadBytes, "the head of the segment is unreadable");
        return new Segment { FirstOffset = firstOffset, Generation = 0, NextOffset = next, IsDown = true };
    }

    /// <summary>Finds the damage of a segment whose file ends too early, by its record headers alone.</summary>
    public static void Walk(LogContext context, SafeFileHandle file, Segment segment, long fileBytes)
    {
        var reader = new RecordReader(file, segment.Generation, (uint)Math.Min(segment.EndPosition, fileBytes), null, 0, ChunkBytes);
        using var cursor = new SegmentCursor(reader, segment, SegmentFormat.HeadBytes, segment.FirstOffset, context.Damage);
        while (cursor.Peek() is var step and not CursorStep.End)
        {
            if (step is CursorStep.Record)
                cursor.SkipRecord();
            else
                cursor.SkipDamage();
        }
    }

    // Offsets may be left out but never given twice, so the greatest offset of any record counts, a left-over one's too.
    // A file that was cut ends with them, or in the middle of one; then only what no offset has reached yet is sure to be free.
    private static ulong FindNextOffset(SafeFileHandle file, ulong firstOffset, ulong ceiling)
    {
        var (next, end) = (firstOffset, 0L);
        var chunk = new byte[ChunkBytes + RecordHeader.SizeInBytes];
        var length = RandomAccess.GetLength(file);
        for (long position = 0; position < length; position += ChunkBytes)
        {
            var bytes = chunk.AsSpan(0, RandomAccess.Read(file, chunk, position));
            for (var i = 0; i < ChunkBytes && i + RecordHeader.SizeInBytes <= bytes.Length; i += (int)RecordFormat.Alignment)
            {
                var header = MemoryMarshal.Read<RecordHeader>(bytes[i..]);
                if (header.Magic == RecordHeader.ExpectedMagic && header.IsIntact(header.Generation) && header.BaseOffset >= firstOffset)
                    (next, end) = (Math.Max(next, header.NextOffset), position + i + header.AlignedBytes);
            }
        }
        return end + RecordHeader.SizeInBytes <= length ? next : Math.Max(next, ceiling);
    }
}
