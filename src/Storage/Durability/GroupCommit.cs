using System.Diagnostics;
using Iggy.Storage.Context;
using Iggy.Storage.Files;
using Iggy.Storage.Offsets;
using Iggy.Storage.Segments;
using Iggy.Storage.Telemetry;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace Iggy.Storage.Durability;

/// <summary>
/// Syncs a log to disk, one sync at a time: callers that come while one runs share the next.
/// After a sync that failed nobody knows what is on disk, not even by trying again, so the failure is final for this log.
/// </summary>
/// <remarks>
/// <para>The log's thread marks what it wrote; syncs run on the thread pool. Everything shared is volatile or under the gate.</para>
/// <para>A segment that is rolled comes here with its open files: a write-back error is told to the handle that wrote, so no other may sync it.
/// It gets its seal after its records are on disk, so a seal that is there after a power cut can be trusted. A sync round ends with the
/// active segment learning how far it is on disk: that is true of all segments before it as well.</para>
/// <para>A round that somebody waits for syncs no index of the active segment: it can be made anew from the records, and every sync of a file more is a
/// wait more. It is synced when the segment is sealed and when the log is closed.</para>
/// </remarks>
internal sealed class GroupCommit : IThreadPoolWorkItem, IDisposable
{
    /// <summary>Rolled segments that may wait for their sync with open files; the next roll waits for it.</summary>
    internal const int MaxRolled = 64;

    private readonly Lock _gate = new();
    private readonly Lock _syncing = new(); // held while files are synced, and while they change places
    private readonly PartitionFolder _folder;
    private readonly IDisk _disk;
    private readonly ConsumerOffsets _offsets;
    private readonly Inventory _inventory;
    private readonly PartitionLogOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Queue<ActiveSegment> _rolled = []; // owned; under the gate
    private ulong? _unsyncedFrom;              // first offset of the oldest sealed segment that nobody synced; under the gate
    private TaskCompletionSource? _next;       // those who wait for the next sync; under the gate
    private Activity? _nextTrace;              // of one of them whose request is traced; under the gate
    private bool _isRunning;                   // under the gate
    private bool _isTimerSet;
    private bool _isClosed;                    // under the lock of syncs
    private ITimer? _timer;
    private ActiveSegment? _active;            // under the gate
    private volatile FlushFailedException? _failure;
    private int _isActiveDirty, _areOffsetsDirty, _isFolderDirty;
    private long _written, _synced;

    public GroupCommit(PartitionFolder folder, IDisk disk, ConsumerOffsets offsets, Inventory inventory, PartitionLogOptions options, TimeProvider clock,
        ILogger logger)
        => (_folder, _disk, _offsets, _inventory, _options, _clock, _logger) = (folder, disk, offsets, inventory, options, clock, logger);

    /// <summary>Whether a write or sync failed: the log must take no more appends.</summary>
    public bool HasFailed => _failure is not null;

    /// <summary>Names the segment that appends go to. No sync looks at the one before any more.</summary>
    public void SetActive(ActiveSegment? active)
    {
        lock (_syncing)
        {
            lock (_gate)
                _active = active;
        }
    }

    /// <summary>Records were appended to the active segment.</summary>
    public void MarkActive() => Mark(ref _isActiveDirty);

    /// <summary>A consumer offset was written.</summary>
    public void MarkOffsets() => Mark(ref _areOffsetsDirty);

    /// <summary>A file was made, renamed or deleted.</summary>
    public void MarkFolder() => Mark(ref _isFolderDirty);

    /// <summary>Waits for a sync when too many rolled segments wait for one. Call before a roll.</summary>
    /// <exception cref="FlushFailedException">Now or before.</exception>
    public void WaitForRolled()
    {
        var waiting = RolledCount;
        if (waiting >= MaxRolled)
            FlushNow();
        else if (waiting == MaxRolled / 2)
            _ = FlushAsync(); // in time, so that nobody has to wait; its failure is logged and kept
    }

    /// <summary>Appends go to the next segment from now on.</summary>
    /// <param name="old">Cut to its records. Sealed and closed here: after its sync, or at once where nothing is synced, then or now.</param>
    /// <param name="next">The active segment.</param>
    /// <exception cref="IOException">The seal could not be written.</exception>
    public void MarkRolled(ActiveSegment old, ActiveSegment next)
    {
        bool isSynced;
        lock (_gate)
        {
            // In one step: a sync that runs takes either the old one as active, or it as rolled and the next as active.
            _active = next;
            isSynced = _options.SyncsFiles || _isRunning;
            if (isSynced)
                _rolled.Enqueue(old);
            else
                _unsyncedFrom = Math.Min(_unsyncedFrom ?? ulong.MaxValue, old.Segment.FirstOffset);
        }
        Mark(ref _isFolderDirty);
        if (isSynced)
            return;
        using (old)
            old.WriteSeal();
    }

    /// <summary>This sealed segment and those behind it may not be on disk: the next sync finds them by name.</summary>
    public void MarkUnsynced(ulong firstOffset)
    {
        lock (_gate)
            _unsyncedFrom = Math.Min(_unsyncedFrom ?? ulong.MaxValue, firstOffset);
        Mark(ref _isFolderDirty);
    }

    /// <summary>Rolled segments that are not synced yet.</summary>
    public int RolledCount
    {
        get
        {
            lock (_gate)
                return _rolled.Count;
        }
    }

    /// <summary>Whether somebody waits for a sync.</summary>
    public bool IsAwaited
    {
        get
        {
            lock (_gate)
                return _isRunning || _next is not null;
        }
    }

    /// <summary>Makes the log fail for good.</summary>
    public void Fail(Exception cause)
    {
        if (_failure is not null)
            return;
        _failure = new FlushFailedException(_folder.Path, cause);
        _logger.LogFailed(_folder.Path, cause);
    }

    /// <summary>Complete when everything marked before this call is as durable as the mode promises, or on disk.</summary>
    /// <param name="toDisk">Whether it has to be on disk whatever the mode.</param>
    public ValueTask CommitAsync(bool toDisk)
    {
        if (!toDisk && _options.Durability is not DurabilityMode.Always)
            return ValueTask.CompletedTask;
        return !HasFailed && Volatile.Read(ref _synced) >= Volatile.Read(ref _written) ? ValueTask.CompletedTask : new ValueTask(FlushAsync());
    }

    /// <summary>Complete when everything marked before this call is on disk.</summary>
    public Task FlushAsync()
    {
        Task shared;
        lock (_gate)
        {
            if (_failure is { } failure)
                return Task.FromException(failure);
            _next ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _nextTrace ??= Activity.Current;
            shared = _next.Task;
            if (_isRunning)
                return shared;
            _isRunning = true;
        }
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        return shared;
    }

    /// <summary>Syncs on this thread: when the log closes, and before steps that rely on what is on disk.</summary>
    /// <exception cref="FlushFailedException">Now or before.</exception>
    public void FlushNow()
    {
        lock (_syncing)
            SyncMarked(withIndex: true);
        if (_failure is { } failure)
            throw failure;
    }

    /// <summary>Runs a change of the files, without a sync beside it. Rolled segments are sealed before.</summary>
    /// <exception cref="FlushFailedException">That failed; nothing was changed.</exception>
    public void RunAlone(Action change)
    {
        lock (_syncing)
        {
            if (RolledCount > 0)
                FlushNow();
            change();
        }
    }

    /// <summary>Runs syncs until nobody waits for one.</summary>
    public void Execute()
    {
        while (true)
        {
            TaskCompletionSource waiting;
            Activity? trace;
            lock (_gate)
            {
                if (_next is null)
                {
                    _isRunning = false;
                    return;
                }
                (waiting, _next, trace, _nextTrace) = (_next, null, _nextTrace, null);
            }
            var started = LogMeter.Start();
            lock (_syncing)
                SyncMarked(withIndex: false);
            LogMeter.Flushed(started, trace);

            if (_failure is { } failure)
            {
                waiting.SetException(failure);
                _ = waiting.Task.Exception; // a flush by timer has no waiter; the failure is logged and kept
            }
            else
                waiting.SetResult();
        }
    }

    /// <summary>Ends syncs. Rolled segments that are not sealed yet stay so: the next opening reads them through.</summary>
    public void Dispose()
    {
        _timer?.Dispose();
        lock (_syncing)
        {
            _isClosed = true;
            SetActive(null);
            while (_rolled.TryDequeue(out var old))
                old.Dispose();
        }
    }

    private void Mark(ref int flag)
    {
        Volatile.Write(ref flag, 1);
        Volatile.Write(ref _written, _written + 1); // only the log's thread writes it
        if (_options.Durability is DurabilityMode.Interval && !Volatile.Read(ref _isTimerSet))
            SetTimer();
    }

    // One shot per dirty stretch: an idle log has no timer running.
    private void SetTimer()
    {
        Volatile.Write(ref _isTimerSet, true);
        _timer ??= _clock.CreateTimer(static state => ((GroupCommit)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(_options.FlushInterval, Timeout.InfiniteTimeSpan);
    }

    private void OnTimer()
    {
        Volatile.Write(ref _isTimerSet, false); // before the sync: what is marked from now on needs another
        _ = FlushAsync(); // its failure is logged and kept
    }

    private void SyncMarked(bool withIndex)
    {
        if (HasFailed || _isClosed)
            return;
        var target = Volatile.Read(ref _written);
        try
        {
            var (active, isActiveDirty, rolled, unsyncedFrom) = Take();
            var committed = active?.CommittedPosition ?? 0;
            for (; rolled > 0; rolled--)
                SyncOldestRolled();
            if (unsyncedFrom is { } firstOffset)
                SyncByName(firstOffset, below: active?.Segment.FirstOffset ?? ulong.MaxValue);
            if (isActiveDirty && active is not null)
            {
                _disk.FlushData(active.Log);
                if (withIndex)
                    Sync(active.Index.File);
            }
            var slots = Interlocked.Exchange(ref _areOffsetsDirty, 0) != 0 ? _offsets.WrittenSlots : 0;
            if (slots != 0)
                Sync(_offsets.File);
            if (Interlocked.Exchange(ref _isFolderDirty, 0) != 0)
                _disk.FlushFolder(_folder.Path);
            if (slots > _inventory.OffsetSlots)
                _inventory.SetOffsetSlots(slots);
            if (_inventory.TakeDirty()) // after what it names
                Sync(_inventory.File);
            if (isActiveDirty)
                active?.MarkSynced(committed);
            Volatile.Write(ref _synced, target);
            _logger.Synced(_folder.Path);
        }
        catch (Exception failure) // whatever it is, the waiters must hear of it
        {
            Fail(failure);
        }
    }

    // What this round syncs, as it is at one moment: an append marks the segment after it became the active one.
    private (ActiveSegment? Active, bool IsActiveDirty, int Rolled, ulong? UnsyncedFrom) Take()
    {
        lock (_gate)
        {
            var unsyncedFrom = _unsyncedFrom;
            _unsyncedFrom = null;
            return (_active, Interlocked.Exchange(ref _isActiveDirty, 0) != 0, _rolled.Count, unsyncedFrom);
        }
    }

    private void SyncOldestRolled()
    {
        ActiveSegment old;
        lock (_gate)
            old = _rolled.Peek();
        _disk.Flush(old.Log);
        old.WriteSeal();
        _disk.Flush(old.Log);
        Sync(old.Index.File);
        lock (_gate)
            _rolled.Dequeue();
        old.Dispose();
    }

    private void Sync(SafeFileHandle? file)
    {
        if (file is not null)
            _disk.Flush(file);
    }

    // Written without a promise, by a log that is not closed or by an earlier process: there is no handle that would know of their failures.
    private void SyncByName(ulong fromOffset, ulong below)
    {
        foreach (var firstOffset in _folder.ListSegments())
        {
            if (firstOffset < fromOffset || firstOffset >= below)
                continue;
            SyncFile(_folder.LogPath(firstOffset));
            SyncFile(_folder.IndexPath(firstOffset));
        }
    }

    private void SyncFile(string path)
    {
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            _disk.Flush(file);
        }
        catch (FileNotFoundException)
        {
            // A segment too small for an index, or one that is being deleted.
        }
    }
}
