using Iggy.Storage.Context;
using Iggy.Storage.Durability;
using Iggy.Storage.Files;
using Iggy.Storage.Segments;

namespace Iggy.Storage.Replicas;

/// <summary>Puts records of another replica behind the last one, byte for byte, and begins segments where the leader did.</summary>
internal sealed class RecordAppender(SegmentSet segments, LogContext context, GroupCommit commit)
{
    public RecordsStatus Append(ReadOnlySpan<byte> records, in RecordRun run, ulong end)
    {
        var active = segments.Active;
        if (run.Generation != active.Segment.Generation)
            return RecordsStatus.WrongSegment;
        if (active.Segment.Records > 0 && run.FirstTimestampMicros < active.Segment.LastTimestampMicros)
            return RecordsStatus.Malformed; // a segment is searched by time
        if (active.Segment.EndPosition + (ulong)records.Length > FileFormat.MaxEndPosition)
            return RecordsStatus.Malformed;
        try
        {
            if (MakeRoom((ulong)records.Length, end))
                return Write(records, in run);
        }
        catch (IOException failure) when (PhysicalDisk.IsFull(failure))
        {
            // As below: nothing counts, and the next attempt begins in the same place.
        }
        catch (IOException failure)
        {
            commit.Fail(failure);
            return RecordsStatus.Failed;
        }
        context.Logger.DiskFull(context.Folder.Path);
        return RecordsStatus.DiskFull;
    }

    /// <summary>Begins the next segment under a generation; if the present one is empty it becomes that.</summary>
    /// <exception cref="IOException">Nothing changed.</exception>
    public void Roll(uint generation)
    {
        if (segments.Active.Segment.Records == 0)
        {
            if (segments.Active.Segment.Generation == generation)
                return;
            commit.RunAlone(() =>
            {
                segments.Restamp(generation);
                commit.SetActive(segments.Active);
            });
            commit.MarkFolder();
            return;
        }
        commit.WaitForRolled();
        var old = segments.Roll(neededBytes: 0, generation);
        commit.MarkRolled(old, segments.Active);
    }

    private bool MakeRoom(ulong bytes, ulong end)
    {
        segments.Active.RequireWhole();
        if (!segments.Active.HasRoomFor(bytes))
        {
            // The leader's mapping may be larger. The file is opened again, so what this handle wrote is synced by it before.
            if (context.SyncsFiles)
                commit.FlushNow();
            commit.RunAlone(() =>
            {
                segments.Enlarge(bytes);
                commit.SetActive(segments.Active);
            });
        }
        if (!segments.Active.TryReserve(bytes))
            return false;
        context.Inventory.RequireCeiling(end);
        return true;
    }

    private RecordsStatus Write(ReadOnlySpan<byte> records, in RecordRun run)
    {
        var active = segments.Active;
        try
        {
            active.Begin((ulong)records.Length);
            records.CopyTo(active.Target(0, (uint)records.Length));
            active.Commit(run.Records);
        }
        finally
        {
            active.End();
        }
        commit.MarkActive();
        return RecordsStatus.Appended;
    }
}
