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

    /// <summary>Deletes everything and makes the first segment. May be repeated from the start after a death at any step.</summary>
    /// <param name="context">Of the log; none of its files may be open.</param>
    /// <param name="generation">For the new segment: above that of every file in the folder.</param>
    /// <param name="hasReaders">Whether somebody still reads what is deleted.</param>
    public static ActiveSegment Finish(LogContext context, uint generation, bool hasReaders = false)
    {
        var names = context.Folder.ListSegments();
        for (var i = names.Count - 1; i >= 0; i--) // the newest is the one whose pages are warm
            SegmentSet.Retire(context, names[i], hasReaders);
        context.Disk.Delete(context.Folder.OffsetsPath);
        context.Disk.Delete(context.Folder.ProducersPath);
        var segment = new Segment { FirstOffset = 0, NextOffset = 0, Generation = generation };
        var active = SegmentSet.Start(context, segment, neededBytes: 0);
        try
        {
            context.FlushFolder();
            context.Inventory.Set(0, 0, generation, ceiling: 0);
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
}
