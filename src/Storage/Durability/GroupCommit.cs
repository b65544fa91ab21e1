using Iggy.Storage.Context;
using Iggy.Storage.Files;
using Iggy.Storage.Offsets;
using Iggy.Storage.Segments;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace Iggy.Storage.Durability;

/// <summary>
/// Syncs a log to disk, one sync at a time: callers that come while one runs share the next.
/// After a sync that failed nobody knows what is on disk, not even by trying again, so the failure is final for this log.
/// </summary>
/// <remarks>The log's thread marks what it wrote; syncs run on the thread pool. Everything shared is volatile or under the gate.</remarks>
internal sealed class GroupCommit : IThreadPoolWorkItem, IDisposable
{
    private readonly Lock _gate = new();
    private readonly Lock _syncing = new(); // held while files are synced
    private readonly PartitionFolder _folder;
    private readonly IDisk _disk;
    private readonly ConsumerOffsets _offsets;
    private readonly Inventory _inventory;
    private readonly PartitionLogOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly List<ulong> _sealed = []; // first offsets of segments rolled since the last sync; under the gate
    private TaskCompletionSource? _next;       // those who wait for the next sync; under the gate
    private bool _isRunning;                   // under the gate
    private bool _isTimerSet;
    private ITimer? _timer;
    private volatile ActiveSegment? _active;
    private volatile FlushFailedException? _failure;
    private int _isActiveDirty, _areOffsetsDirty, _isFolderDirty;
    private long _written, _synced;

    public GroupCommit(PartitionFolder folder, IDisk disk, ConsumerOffsets offsets, Inventory inventory, PartitionLogOptions options, TimeProvider clock,
        ILogger logger)
        => (_folder, _disk, _offsets, _inventory, _options, _clock, _logger) = (folder, disk, offsets, inventory, options, clock, logger);

    /// <summary>Whether a write or sync failed: the log must take no more appends.</summary>
    public bool HasFailed => _failure is not null;

    /// <summary>Names the segment that appends go to.</summary>
    public void SetActive(ActiveSegment? active) => _active = active;

    /// <summary>Records were appended to the active segment.</summary>
    public void MarkActive() => Mark(ref _isActiveDirty);

    /// <summary>A consumer offset was written.</summary>
    public void MarkOffsets() => Mark(ref _areOffsetsDirty);

    /// <summary>A file was made, renamed or deleted.</summary>
    public void MarkFolder() => Mark(ref _isFolderDirty);

    /// <summary>A segment is being rolled: it is synced by name, since its handle closes. Call before it closes, and when it is sealed.</summary>
    public void MarkSealed(ulong firstOffset)
    {
        lock (_gate)
        {
            if (_sealed.Count == 0 || _sealed[^1] != firstOffset)
                _sealed.Add(firstOffset);
        }
        Mark(ref _isFolderDirty);
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
            SyncMarked();
        if (_failure is { } failure)
            throw failure;
    }

    /// <summary>Runs syncs until nobody waits for one.</summary>
    public void Execute()
    {
        while (true)
        {
            TaskCompletionSource waiting;
            lock (_gate)
            {
                if (_next is null)
                {
                    _isRunning = false;
                    return;
                }
                (waiting, _next) = (_next, null);
            }
            lock (_syncing)
                SyncMarked();

            if (_failure is { } failure)
            {
                waiting.SetException(failure);
                _ = waiting.Task.Exception; // a flush by timer has no waiter; the failure is logged and kept
            }
            else
                waiting.SetResult();
        }
    }

    public void Dispose() => _timer?.Dispose();

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

    private void SyncMarked()
    {
        if (HasFailed)
            return;
        var target = Volatile.Read(ref _written);
        try
        {
            if (Interlocked.Exchange(ref _isActiveDirty, 0) != 0 && _active is { } active)
            {
                Sync(active.Log);
                Sync(active.Index.File);
            }
            if (Interlocked.Exchange(ref _areOffsetsDirty, 0) != 0)
                Sync(_offsets.File);
            SyncSealed();
            if (Interlocked.Exchange(ref _isFolderDirty, 0) != 0)
                _disk.FlushFolder(_folder.Path);
            if (_inventory.TakeDirty()) // after what it names
                Sync(_inventory.File);
            Volatile.Write(ref _synced, target);
            _logger.Synced(_folder.Path);
        }
        catch (Exception failure) // whatever it is, the waiters must hear of it
        {
            Fail(failure);
        }
    }

    private void Sync(SafeFileHandle? file)
    {
        if (file is null)
            return;
        try
        {
            _disk.Flush(file);
        }
        catch (ObjectDisposedException)
        {
            // Rolled meanwhile, then it is among the sealed ones; or purged, then there is nothing to keep.
        }
    }

    private void SyncSealed()
    {
        ulong[] offsets;
        lock (_gate)
        {
            if (_sealed.Count == 0)
                return;
            offsets = [.. _sealed];
            _sealed.Clear();
        }
        foreach (var firstOffset in offsets)
        {
            SyncByName(_folder.LogPath(firstOffset));
            SyncByName(_folder.IndexPath(firstOffset));
        }
    }

    private void SyncByName(string path)
    {
        if (!File.Exists(path))
            return; // deleted since, or a segment too small for an index
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            _disk.Flush(file);
        }
        catch (FileNotFoundException)
        {
            // Deleted between the two calls.
        }
    }
}
