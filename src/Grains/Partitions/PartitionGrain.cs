using System.Buffers;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Grains.Placement;
using Iggy.Grains.Tiering;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Placement;
using Log = Iggy.Storage;
using PartitionLog = Iggy.Storage.Log.PartitionLog;

namespace Iggy.Grains.Partitions;

/// <summary>Owns one partition's log. Turns never run in parallel, so fields need no lock; re-check them after an await.</summary>
/// <remarks>The log opens with the first call that needs it, closes when others need its files more, or with the activation, and has a lock of its own
/// against a second activation.
/// A failed write or sync leaves the log readable and refusing appends; some seconds later the activation ends and the next one opens it
/// again, with recovery.</remarks>
[Reentrant] // safe because each call is one synchronous step over the log; only waits for flushes and for the log itself interleave
[HolderPlacement, Immovable] // beside its files
[CollectionAgeLimit(Minutes = 15)] // an idle partition gives its memory back: docs/adr/0026
internal sealed partial class PartitionGrain(
    PartitionLogs logs, OpenLogs open, ClosedLogs closed, LargeReads reads, StorageHealth health, PartitionMetrics metrics, PartitionPlaces places, StagedSends staged,
    NodeReplicas replicas, Leadership leadership, IColdTier tier, TimeProvider clock,
    IHostApplicationLifetime lifetime, ILogger<PartitionGrain> logger)
    : Grain, IPartitionGrain
{
    private PartitionLog? _log; // null: not open, or somebody has it alone; looked at again after each await
    private Task _newestSync = Task.CompletedTask; // syncs end in their order, so when this one has, all have
    private ulong? _damageLogged; // so that a reader that stays at one damaged range does not fill the log

    private string Key => this.GetPrimaryKeyString();

    public ValueTask<AppendResult> AppendAsync(MessageBatch batch)
    {
        if (_log is not { } log)
            return AppendWhenOpenAsync(batch);
        if (_replica is { } replica)
            return AppendAsync(replica, batch);

        _seat!.Use(clock);
        var appended = AppendOne(log, batch);
        if (appended.Refusal is not Refusal.None)
            return new(appended);

        Wake();

        var commit = log.CommitAsync(_isPersisted); // complete unless server or topic answer after the sync
        return commit.IsCompletedSuccessfully
            ? new(appended)
            : AnswerAfterAsync(commit, appended.BaseOffset);
    }

    public async ValueTask<ImmutableArray<AppendResult>> AppendManyAsync(ImmutableArray<MessageBatch> batches)
    {
        while (_log is null)
        {
            if (await WaitForLogAsync() is not Refusal.None and var refusal)
                return [.. batches.Select(_ => new AppendResult(refusal, 0))];
        }

        if (_replica is { } replica)
            return await AppendManyAsync(replica, batches);
        var log = _log;
        _seat!.Use(clock);
        var results = new AppendResult[batches.Length];
        var isAnyAppended = false;
        for (var i = 0; i < results.Length; i++)
        {
            results[i] = AppendOne(log, batches[i]);
            isAnyAppended |= results[i].Refusal is Refusal.None;
        }
        if (isAnyAppended)
        {
            Wake();
            var commit = log.CommitAsync(_isPersisted); // one for all
            if (!commit.IsCompletedSuccessfully && await SyncedAsync(commit) is not Refusal.None and var failed)
                return [.. results.Select(result => result.Refusal is Refusal.None ? new AppendResult(failed, 0) : result)];
        }
        return ImmutableCollectionsMarshal.AsImmutableArray(results);
    }

    public ValueTask<PollResult> PollAsync(PollRequest request)
    {
        if (_log is not { } log)
            return PollWhenOpenAsync(request);
        _seat?.Use(clock);
        using var held = Hold();
        var read = log.Read(request.ToLog(log));
        return read.Large is null ? StoredAsync(log, request, Answer(log, request, in read)) : PollLargeAsync(log, request, read);
    }

    public async ValueTask<ConsumerOffset> GetOffsetAsync(ConsumerKey consumer)
    {
        while (_log is null)
        {
            if (await WaitForLogAsync() is not Refusal.None and var refusal)
                return new ConsumerOffset(refusal, 0, 0);
        }

        using var held = Hold();
        return _log.TryGetConsumerOffset(consumer.ToLog(), out var stored)
            ? new ConsumerOffset(Refusal.None, _log.Stats.CurrentOffset, stored)
            : new ConsumerOffset(Refusal.ConsumerOffsetNotFound, _log.Stats.CurrentOffset, 0);
    }

    public async ValueTask<Refusal> StoreOffsetAsync(ConsumerKey consumer, ulong offset)
    {
        while (_log is null)
        {
            if (await WaitForLogAsync() is not Refusal.None and var refusal)
                return refusal;
        }

        if (_replica is { } replica)
            return await StoreAsync(replica, consumer, offset);
        _seat!.Use(clock);
        var stored = _log.StoreConsumerOffset(consumer.ToLog(), offset).Refusal();
        return stored is Refusal.None ? await SyncedAsync(_log.CommitAsync(_areOffsetsPersisted)) : Refused(stored, 0);
    }

    public async ValueTask<Refusal> DeleteOffsetAsync(ConsumerKey consumer)
    {
        while (_log is null)
        {
            if (await WaitForLogAsync() is not Refusal.None and var refusal)
                return refusal;
        }

        if (_replica is { } replica)
            return await StoreAsync(replica, consumer, offset: null);
        try
        {
            if (!_log.DeleteConsumerOffset(consumer.ToLog()))
                return Refusal.ConsumerOffsetNotFound;
        }
        catch (IOException e) // it is still stored
        {
            LogFailed(logger, Key, e);
            return Refused(Refusal.StorageFailed, 0);
        }

        return await SyncedAsync(_log.CommitAsync(_areOffsetsPersisted));
    }

    public async ValueTask<Refusal> FlushAsync(bool toDisk)
    {
        while (_log is null)
        {
            if (await WaitForLogAsync() is not Refusal.None and var refusal)
                return refusal;
        }

        Task flushing;
        using (Hold())
            flushing = _log.FlushAsync(toDisk);
        return await SyncedAsync(new ValueTask(flushing)) is Refusal.None ? Refusal.None : Refusal.StorageFailed; // which says all there is
    }

    public async ValueTask<PartitionStats> GetStatsAsync()
    {
        while (_log is null)
        {
            if (TryGetClosed(out var summary))
                return summary.ToStats();
            if (await WaitForLogAsync() is not Refusal.None and var refusal)
                return new PartitionStats(refusal, 0, 0, 0, 0);
        }

        using var held = Hold();
        return _log.Summary.ToStats();
    }

    // In the turn of the read: nothing comes between it and what is stored for it.
    private PollResult Answer(PartitionLog log, in PollRequest request, in Log.ReadResult read, GroupReading? group = null)
    {
        if (read.Status is not Log.ReadStatus.Ok)
        {
            LogUnreadableOnce(read.Status, read.LastOffset);
            if (read.Status is Log.ReadStatus.Damaged && request.From is PollFrom.Next)
                PassDamage(log, request.Consumer, read.LastOffset);
            return new PollResult(read.Status.Refusal(), read.CurrentOffset, 0, null);
        }

        if (read.Rented is not { } rented) // ours from here, until PooledBytes takes it over
            return new PollResult(Refusal.None, read.CurrentOffset, 0, null);

        if (Deliver(log, request, read.LastOffset, group) is not Refusal.None and var refusal)
        {
            ArrayPool<byte>.Shared.Return(rented);
            return new PollResult(refusal, read.CurrentOffset, 0, null);
        }
        return new PollResult(Refusal.None, read.CurrentOffset, read.Count, new PooledBytes(rented, request.HeadroomBytes + read.Bytes));
    }

    /// <summary>Notes what a poll is about to return.</summary>
    private Refusal Deliver(PartitionLog log, in PollRequest request, ulong lastOffset, GroupReading? group)
    {
        if (request.AutoCommit)
        {
            // Before the answer, in the turn of the read.
            var refusal = StoreAtOnce(log, request.Consumer, lastOffset);
            if (refusal is not Refusal.None)
                return Refused(refusal, 0);
        }

        group?.Deliver(lastOffset, _purges);
        return Refusal.None;
    }

    private AppendResult AppendOne(PartitionLog log, in MessageBatch batch)
    {
        var trace = PartitionTraces.Start("append", Key);
        var appended = log.Append(batch.Layout.ToLog(), batch.Messages.Span, batch.Count);
        if (trace is not null)
            Tell(trace, batch, appended);
        batch.Lease?.Dispose(); // the log has copied them
        return appended.Status is Log.AppendStatus.Appended
            ? new AppendResult(Refusal.None, appended.BaseOffset, _isPersisted || log.AnswersAfterSync)
            : new AppendResult(Refused(appended.Status.Refusal(), batch.Messages.Length), 0);
    }

    private async ValueTask<AppendResult> AppendWhenOpenAsync(MessageBatch batch)
    {
        var refusal = await WaitForLogAsync();
        if (refusal is Refusal.None)
            return await AppendAsync(batch);
        batch.Lease?.Dispose();
        return new AppendResult(refusal, 0);
    }

    private async ValueTask<PollResult> PollWhenOpenAsync(PollRequest request) =>
        await WaitForLogAsync() is not Refusal.None and var refusal ? new PollResult(refusal, 0, 0, null) : await PollAsync(request);

    // Takes its values as arguments: a closure would allocate on the fast path too.
    private async ValueTask<AppendResult> AnswerAfterAsync(ValueTask commit, ulong baseOffset)
    {
        var refusal = await SyncedAsync(commit);
        return refusal is Refusal.None ? new AppendResult(refusal, baseOffset, IsPersisted: true) : new AppendResult(refusal, 0);
    }

    private async ValueTask<Refusal> SyncedAsync(ValueTask sync)
    {
        var running = sync.AsTask();
        _newestSync = running;
        using var trace = running.IsCompleted ? null : PartitionTraces.Start("flush", Key);
        try
        {
            await running;
            return Refusal.None;
        }
        catch (IOException e) // the log says so itself from now on, until it is opened again
        {
            LogSyncFailed(logger, Key, e);
            EndSoon();
            return Refusal.OutcomeUnknown;
        }
    }

    private static void Tell(Activity trace, in MessageBatch batch, in Log.AppendResult appended)
    {
        trace.SetTag("messaging.batch.message_count", (long)batch.Count);
        trace.SetTag("iggy.bytes", batch.Messages.Length);
        if (appended.Status is Log.AppendStatus.Appended)
            trace.SetTag("iggy.base_offset", (long)appended.BaseOffset);
        else
            trace.SetStatus(ActivityStatusCode.Error, appended.Status.ToString());
        trace.Dispose();
    }

    private Refusal Refused(Refusal refusal, int batchBytes)
    {
        LogRefused(logger, Key, refusal, batchBytes);
        if (refusal is Refusal.StorageFailed)
            EndSoon();
        return refusal;
    }

    private void LogUnreadableOnce(Log.ReadStatus status, ulong lastOffset)
    {
        if (status is Log.ReadStatus.Damaged && _damageLogged != lastOffset)
            LogDamaged(logger, Key, lastOffset);
        else if (status is not Log.ReadStatus.Damaged)
            Refused(status.Refusal(), 0);
        _damageLogged = lastOffset;
    }
}
