using System.Runtime.InteropServices;
using Iggy.Storage.Context;
using Iggy.Storage.Files;
using Iggy.Storage.Log;
using Iggy.Storage.Segments;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Win32.SafeHandles;

namespace Iggy.Storage.Copies;

/// <summary>Makes a log out of copied segment files: cut at a moment, and with a lock file and an inventory, so that it opens as one that was closed in order.</summary>
public static class RestoredLog
{
    private const int ChunkBytes = 256 << 10;

    /// <summary>Ends a segment before its first record that is newer than a moment, and writes its head block anew.</summary>
    /// <param name="folder">The partition's folder.</param>
    /// <param name="name">The log's name.</param>
    /// <param name="facts">What the copy holds; of its file only the records up to the end position need be there.</param>
    /// <param name="untilMicros">The moment; records of this very moment stay.</param>
    /// <param name="seals">Whether another segment follows.</param>
    /// <returns>What is left, and the epoch of its last record; 0 without one.</returns>
    /// <exception cref="IOException">The disk refused.</exception>
    public static (SegmentFacts Left, uint Epoch) Cut(string folder, string name, in SegmentFacts facts, ulong untilMicros, bool seals)
    {
        var path = new PartitionFolder(folder).LogPath(facts.FirstOffset);
        using var file = SegmentFile.Open(path);
        var (left, epoch) = Walk(folder, file, in facts, untilMicros);
        WriteHead(file, left, facts.CreatedMicros, FileFormat.LogId(name));
        if (seals)
            SegmentFile.WriteSeal(file, left);
        RandomAccess.SetLength(file, left.EndPosition);
        PhysicalDisk.Instance.Flush(file);
        return (facts with { NextOffset = left.NextOffset, EndPosition = left.EndPosition, LastMicros = left.LastTimestampMicros, Sequence = 0, IsSealed = seals }, epoch);
    }

    /// <summary>The epoch of the writer of a segment's last record; 0 without one.</summary>
    /// <param name="folder">The partition's folder.</param>
    /// <param name="facts">Of a segment that is there as a whole.</param>
    public static uint LastEpoch(string folder, in SegmentFacts facts)
    {
        using var file = SegmentFile.Open(new PartitionFolder(folder).LogPath(facts.FirstOffset));
        return Walk(folder, file, in facts, ulong.MaxValue).Epoch;
    }

    /// <summary>Writes what belongs to the segment files, opens the log once and closes it, so that stored offsets above its end come down and its figures are known.</summary>
    /// <param name="folder">The partition's folder: the segments and the file of stored offsets, if there is one.</param>
    /// <param name="name">The log's name.</param>
    /// <param name="segments">All segments of the folder, ascending; none for a log that is to be empty.</param>
    /// <param name="epoch">That of the last record.</param>
    /// <param name="clock">For the times of what is written.</param>
    /// <param name="logger">Hears what the opening says.</param>
    /// <returns>The log's figures.</returns>
    /// <exception cref="IOException">The disk refused.</exception>
    public static LogStats Finish(string folder, string name, IReadOnlyList<SegmentFacts> segments, uint epoch, TimeProvider clock, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(segments);
        PartitionLog.Create(folder);
        var place = new PartitionFolder(folder);
        if (segments.Count > 0)
        {
            using var held = PartitionLock.TakeAt(place, epoch, PhysicalDisk.Instance, clock, logger);
            var newest = segments[^1];
            var generation = segments.Max(static segment => segment.Generation);
            var inventory = Inventory.Read(held.File, place.LockPath, FileFormat.LogId(name), out _);
            inventory.Set(segments[0].FirstOffset, newest.FirstOffset, generation, newest.NextOffset);
            if (new FileInfo(place.OffsetsPath) is { Exists: true } offsets)
                inventory.SetOffsetSlots((uint)(offsets.Length / Offsets.ConsumerOffsets.Slot.SizeInBytes));
            PhysicalDisk.Instance.Flush(held.File);
        }
        using var log = PartitionLog.Open(folder, new PartitionLogOptions { Name = name, Durability = DurabilityMode.Always }, clock, logger);
        return log.Stats;
    }

    private static (Segment Left, uint Epoch) Walk(string folder, SafeFileHandle file, in SegmentFacts facts, ulong untilMicros)
    {
        var whole = new Segment { FirstOffset = facts.FirstOffset, Generation = facts.Generation, NextOffset = facts.NextOffset, EndPosition = facts.EndPosition };
        var left = new Segment { FirstOffset = facts.FirstOffset, Generation = facts.Generation, NextOffset = facts.FirstOffset };
        var epoch = 0u;
        var reader = new RecordReader(file, facts.Generation, facts.EndPosition, null, 0, ChunkBytes);
        using var cursor = new SegmentCursor(reader, whole, SegmentFormat.HeadBytes, facts.FirstOffset, new DamageList(folder, NullLogger.Instance));
        for (CursorStep step; (step = cursor.Peek()) is not CursorStep.End;)
        {
            if (step is CursorStep.Record && cursor.Header.BaseTimestampMicros > untilMicros)
                break;
            if (step is CursorStep.Record)
            {
                left.Add(in cursor.Header, cursor.ReadFramesBytes());
                epoch = Math.Max(epoch, cursor.Header.Epoch);
            }
            cursor.Skip(step);
            (left.EndPosition, left.NextOffset) = (cursor.Position, cursor.Offset); // damage stays what it is: offsets that cannot be read
        }
        return (left, epoch);
    }

    private static void WriteHead(SafeFileHandle file, Segment left, ulong createdMicros, ulong logId)
    {
        var block = new byte[SegmentFormat.HeadBytes];
        var head = SegmentHead.Create(left.FirstOffset, left.Generation, createdMicros, logId);
        var commit = left.ToCommitSlot(sequence: 0, syncedPosition: 0);
        MemoryMarshal.Write(block, in head);
        MemoryMarshal.Write(block.AsSpan(CommitSlot.FirstPosition), in commit);
        RandomAccess.Write(file, block, 0);
    }
}
