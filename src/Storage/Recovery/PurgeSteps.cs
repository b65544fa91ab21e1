using System.Runtime.InteropServices;
using Iggy.Storage.Context;
using Iggy.Storage.Segments;

namespace Iggy.Storage.Recovery;

/// <summary>
/// Empties a log so that a death at any step leaves either all of the old or all of the new: the decision is one rename that makes
/// <c>purge.intent</c> appear, and whoever opens the folder while it is there finishes the work.
/// </summary>
internal static class PurgeSteps
{
    /// <summary>Decides the purge. After this there is no way back.</summary>
    public static void Decide(LogContext context)
    {
        var folder = context.Folder;
        File.WriteAllBytes(folder.NewSegmentPath, []); // any name of ours that recovery clears away
        context.Disk.Rename(folder.NewSegmentPath, folder.PurgePath);
        context.FlushFolder();
    }

    /// <summary>Decides that a replica begins anew: its messages go, stored offsets stay, and the next message gets this offset. After this there is no way back.</summary>
    public static void DecideRestart(LogContext context, ulong firstOffset)
    {
        var restart = new RestartIntent { Magic = RestartIntent.ExpectedMagic, FirstOffset = firstOffset };
        restart.Checksum = FileFormat.ChecksumOfBlock(in restart);
        using (var file = File.OpenHandle(context.Folder.NewSegmentPath, FileMode.Create, FileAccess.ReadWrite))
        {
            RandomAccess.Write(file, MemoryMarshal.AsBytes(new ReadOnlySpan<RestartIntent>(in restart)), 0);
            context.Disk.Flush(file);
        }
        context.Disk.Rename(context.Folder.NewSegmentPath, context.Folder.PurgePath);
        context.Disk.FlushFolder(context.Folder.Path);
    }

    /// <summary>Deletes everything and makes the first segment. May be repeated from the start after a death at any step.</summary>
    /// <param name="context">Of the log; none of its files may be open.</param>
    /// <param name="generation">For the new segment: above that of every file in the folder.</param>
    /// <param name="hasReaders">Whether somebody still reads what is deleted.</param>
    public static ActiveSegment Finish(LogContext context, uint generation, bool hasReaders = false)
    {
        var names = context.Folder.ListSegments();
        var restart = ReadRestart(context.Folder.PurgePath);
        for (var i = names.Count - 1; i >= 0; i--) // the newest is the one whose pages are warm
            SegmentSet.Retire(context, names[i], hasReaders || restart is not null);
        if (restart is null)
            context.Disk.Delete(context.Folder.OffsetsPath);
        var first = restart?.FirstOffset ?? 0;
        var segment = new Segment { FirstOffset = first, NextOffset = first, Generation = generation };
        var active = SegmentSet.Start(context, segment, neededBytes: 0);
        try
        {
            context.FlushFolder();
            context.Inventory.Set(first, first, generation, ceiling: first);
            if (restart is null)
                context.Inventory.SetOffsetSlots(0);
            context.Disk.Flush(context.Inventory.File);
            context.Disk.Delete(context.Folder.PurgePath);
            context.FlushFolder();
            return active;
        }
        catch
        {
            active.Dispose();
            throw;
        }
    }

    // What else is in the file was put there by nobody of ours: an older build leaves it empty.
    private static RestartIntent? ReadRestart(string path)
    {
        var restart = default(RestartIntent);
        using var file = File.OpenHandle(path);
        var read = RandomAccess.Read(file, MemoryMarshal.AsBytes(new Span<RestartIntent>(ref restart)), 0);
        return read == RestartIntent.SizeInBytes && restart.Magic == RestartIntent.ExpectedMagic && restart.Checksum == FileFormat.ChecksumOfBlock(in restart)
            ? restart : null;
    }

    /// <summary>What the file of a purge says that is only a replica's new beginning.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 1, Size = SizeInBytes)]
    private struct RestartIntent
    {
        public const int SizeInBytes = 24;
        public const ulong ExpectedMagic = 0x5452_4154_5345_5231; // "1RESTART", as bytes

        public ulong Magic;                   // @0
        public ulong FirstOffset;             // @8
        public ulong Checksum;                // @16
    }
}
