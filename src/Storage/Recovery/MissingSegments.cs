using Iggy.Storage.Context;
using Iggy.Storage.Segments;

namespace Iggy.Storage.Recovery;

/// <summary>Looks over the segment files of a folder: which are this log's, and which are not there though the inventory names them.</summary>
internal static class MissingSegments
{
    /// <summary>First offsets of this log's segment files, ascending. Files of another log are put aside.</summary>
    /// <param name="context">Of the log.</param>
    /// <param name="generation">The newest generation in the folder, and above that of all that the inventory knows.</param>
    public static List<ulong> TakeStock(LogContext context, out uint generation)
    {
        var names = context.Folder.ListSegments();
        generation = context.Inventory.Generation;
        for (var i = names.Count - 1; i >= 0; i--)
        {
            var path = context.Folder.LogPath(names[i]);
            if (SegmentFile.ReadHead(path) is not { } head)
                continue; // what is unreadable is never used again, so its generation does not matter
            if (!context.IsForeign(head.LogId))
            {
                generation = Math.Max(generation, head.Generation);
                continue;
            }
            SetAside(context, path, context.Folder.ForeignPath(names[i]));
            context.Disk.Delete(context.Folder.IndexPath(names[i]));
            names.RemoveAt(i);
        }
        generation = Math.Max(generation, GenerationOfSpare(context));
        return names;
    }

    /// <summary>A segment for offsets whose files are gone: damaged as a whole, so that nothing jumps over them without a word.</summary>
    public static Segment Lost(LogContext context, ulong firstOffset, ulong nextOffset)
    {
        context.Logger.SegmentsMissing(context.Folder.Path, firstOffset, nextOffset - 1);
        context.Losses.Segments++;
        context.Damage.Add(firstOffset, nextOffset - 1, SegmentFormat.HeadBytes, "their segment files are missing");
        return new Segment { FirstOffset = firstOffset, NextOffset = nextOffset, Generation = 0, IsDown = true };
    }

    private static void SetAside(LogContext context, string path, string aside)
    {
        context.Disk.Rename(path, aside);
        context.Logger.ForeignFile(path, aside);
        context.Losses.ForeignFiles++;
    }

    private static uint GenerationOfSpare(LogContext context)
    {
        var path = context.Folder.SparePath;
        if (!File.Exists(path))
            return 0;
        if (SegmentFile.ReadHead(path) is { } head)
            return head.Generation;
        context.Disk.Delete(path); // its old records could not be told from new ones
        return 0;
    }
}
