using Iggy.Primitives;
using Iggy.Storage.Context;
using Iggy.Storage.Deduplication;
using Iggy.Storage.Durability;
using Iggy.Storage.Files;
using Iggy.Storage.Records;
using Iggy.Storage.Segments;

namespace Iggy.Storage.Log;

/// <summary>Appends batches to the active segment and rolls it. Every step that can fail comes before the first byte is written.</summary>
internal sealed class LogWriter(
    SegmentSet segments, LogContext context, GroupCommit commit, uint epoch, ulong lastTimestampMicros, DeduplicationFilter? deduplication)
{
    private readonly MessageIds _ids = new();
    private readonly ulong _maxLeadMicros = (ulong)(context.Options.MaxClockLead.Ticks / TimeSpan.TicksPerMicrosecond);
    private ulong _nowMicros; // of the append under way
    private bool _isRollDue, _isFull;

    /// <summary>Append time of the newest record. Later ones of its segment are never below it: readers by time rely on the order.</summary>
    public ulong LastTimestampMicros { get; private set; } = lastTimestampMicros;

    public AppendResult Append(MessageLayout layout, ReadOnlySpan<byte> messages, uint count)
    {
        if (!AppendPlan.TryMake(layout, messages, count, out var plan))
            return new AppendResult(AppendStatus.InvalidBatch, 0);
        FollowClock();
        return deduplication is null ? AppendAll(layout, messages, count, in plan) : AppendNew(deduplication, layout, messages, count, in plan);
    }

    /// <summary>Takes the time of this append. A clock that went back a little is waited for, its last time repeated; one that went back
    /// further was wrong before, and is followed at the start of a new segment, for a segment is searched by time.</summary>
    private void FollowClock()
    {
        var now = context.Clock.UnixMicros();
        if (LastTimestampMicros > now && LastTimestampMicros - now > _maxLeadMicros)
        {
            context.Logger.ClockWentBack(context.Folder.Path, LastTimestampMicros - now);
            deduplication?.ClockWentBack(now);
            _isRollDue |= segments.Active.Segment.Records > 0;
            LastTimestampMicros = now;
        }
        _nowMicros = Math.Max(LastTimestampMicros, now);
    }

    // Without the messages that came before. What is left is an append like any other, so offsets stay dense.
    private AppendResult AppendNew(DeduplicationFilter filter, MessageLayout layout, ReadOnlySpan<byte> messages, uint count, in AppendPlan plan)
    {
        var isAppended = false;
        try
        {
            IncomingBatch.TryOpen(layout, messages, count, out var batch);
            if (!filter.Filter(batch, _nowMicros, out var left, out var leftCount))
            {
                var whole = AppendAll(layout, messages, count, in plan);
                isAppended = whole.Status is AppendStatus.Appended;
                return whole;
            }

            var result = new AppendResult(AppendStatus.Appended, segments.NextOffset);
            if (leftCount > 0)
            {
                result = AppendPlan.TryMake(MessageLayout.Classic, left, leftCount, out var leftPlan)
                    ? AppendAll(MessageLayout.Classic, left, leftCount, in leftPlan)
                    : throw new InvalidOperationException("The batch changed while it was being appended.");
            }
            isAppended = result.Status is AppendStatus.Appended;
            if (isAppended)
                context.Logger.DuplicatesDropped(context.Folder.Path, count - leftCount, count);
            return result;
        }
        finally
        {
            filter.Settle(isAppended);
        }
    }

    private AppendResult AppendAll(MessageLayout layout, ReadOnlySpan<byte> messages, uint count, in AppendPlan plan)
    {
        var status = TryMakeRoom(plan.Bytes + ((ulong)plan.Records * context.Bodies.MaxGrowthBytes), count);
        if (status is not AppendStatus.Appended)
            return new AppendResult(status, 0);

        var baseOffset = segments.NextOffset;
        var isFull = segments.Active.Segment.MessageBytes >= (ulong)context.SegmentBytes; // before this batch
        status = TryWrite(layout, messages, count, in plan);
        if (status is not AppendStatus.Appended)
            return new AppendResult(status, 0);
        commit.MarkActive();
        if (isFull)
        {
            // The append counts whatever becomes of the roll; a roll that fails is tried again by the next append.
            _isRollDue = true;
            _ = TryRoll(neededBytes: 0);
        }
        return new AppendResult(AppendStatus.Appended, baseOffset);
    }

    private AppendStatus TryMakeRoom(ulong bytes, uint count)
    {
        try
        {
            segments.Active.RequireWhole();
            if ((_isRollDue || !segments.Active.HasRoomFor(bytes)) && !TryRoll(bytes))
                return commit.HasFailed ? AppendStatus.Failed : AppendStatus.DiskFull;
            if (!segments.Active.TryReserve(bytes))
                return RefuseFull();
            context.Inventory.RequireCeiling(segments.NextOffset + count);
        }
        catch (IOException failure) when (PhysicalDisk.IsFull(failure))
        {
            return RefuseFull();
        }
        catch (IOException failure)
        {
            commit.Fail(failure);
            return AppendStatus.Failed;
        }
        _isFull = false;
        return AppendStatus.Appended;
    }

    // The space is there, so what fails here is the disk, or a file system that breaks its word.
    private AppendStatus TryWrite(MessageLayout layout, ReadOnlySpan<byte> messages, uint count, in AppendPlan plan)
    {
        var active = segments.Active;
        try
        {
            active.Begin(plan.Bytes + ((ulong)plan.Records * context.Bodies.MaxGrowthBytes));
            Write(layout, messages, count, in plan);
            return AppendStatus.Appended;
        }
        catch (IOException failure) when (PhysicalDisk.IsFull(failure) && plan.Records == 1)
        {
            return RefuseFull(); // the next append begins in the same place; of several records a whole one could be left behind it, and look like its sequel
        }
        catch (IOException failure)
        {
            commit.Fail(failure);
            return AppendStatus.Failed;
        }
        finally
        {
            active.End();
        }
    }

    private void Write(MessageLayout layout, ReadOnlySpan<byte> messages, uint count, in AppendPlan plan)
    {
        var (active, bodies) = (segments.Active, context.Bodies);
        var (offset, written) = (segments.NextOffset, 0u);
        LastTimestampMicros = _nowMicros;
        var stamp = new RecordStamp(LastTimestampMicros, epoch, active.Segment.Generation);
        IncomingBatch.TryOpen(layout, messages, count, out var batch);
        for (var number = 0u; number < plan.Records; number++)
        {
            var record = plan.Records == 1 ? plan.First : TakeAgain(batch);
            var flags = number + 1 < plan.Records ? RecordFlags.MoreFollow : RecordFlags.None;
            if (bodies.IsPlain)
            {
                RecordWriter.Write(active.Target(written, record.AlignedBytes), ref batch, in record, offset, flags, stamp, _ids);
                written += record.AlignedBytes;
            }
            else
            {
                var head = RecordWriter.Head(record.MessageCount, record.OriginTimestampMicros, offset, flags, stamp);
                written += bodies.Write(active.Target(written, record.AlignedBytes + bodies.MaxGrowthBytes), ref batch, in record, head, _ids);
            }
            offset += record.MessageCount;
        }
        active.Commit(plan.Records);
    }

    // On a copy of the batch: the writer walks it itself.
    private static RecordPlan TakeAgain(IncomingBatch batch)
        => RecordPlan.TryTake(ref batch, checkFrames: false, out var record)
            ? record : throw new InvalidOperationException("The batch changed while it was being appended.");

    private bool TryRoll(ulong neededBytes)
    {
        try
        {
            Roll(neededBytes);
        }
        catch (IOException failure) when (PhysicalDisk.IsFull(failure))
        {
            RefuseFull();
            return false;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            commit.Fail(failure);
            return false;
        }
        _isRollDue = false;
        return true;
    }

    private void Roll(ulong neededBytes)
    {
        if (segments.Active.Segment.Records == 0)
        {
            // A next segment would have the same name. Its file is opened again, so no sync may look at it meanwhile.
            commit.RunAlone(() =>
            {
                segments.Enlarge(neededBytes);
                commit.SetActive(segments.Active);
            });
            return;
        }
        commit.WaitForRolled();
        var old = segments.Roll(neededBytes);
        commit.MarkRolled(old, segments.Active);
    }

    private AppendStatus RefuseFull()
    {
        if (!_isFull)
            context.Logger.DiskFull(context.Folder.Path); // once per time it runs full
        _isFull = true;
        return AppendStatus.DiskFull;
    }
}
