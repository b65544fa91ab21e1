using System.Diagnostics.Metrics;
using Iggy.Grains.Interfaces.Hosting;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Primitives;
using Microsoft.Extensions.Logging;

namespace Iggy.Grains.Partitions;

/// <summary>Which logs of this server are open, and room for so many as descriptors and mappings allow: docs/adr/0026.</summary>
/// <remarks>A partition takes a seat before it opens its log and leaves it when the log is closed. Where there is no seat, the log that nobody used for
/// longest is closed; one that is busy is passed over. Logs that nobody used for ten minutes close too, also while something asks for their figures.</remarks>
internal sealed partial class OpenLogs : IOpenPartitions, IDisposable
{
    private static readonly TimeSpan s_idleAfter = TimeSpan.FromMinutes(10), s_lookEvery = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20); // below the time after which calls are given up
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Seat> _seats = new(StringComparer.Ordinal); // under the gate
    private readonly DescriptorBudget _files;
    private readonly ClosedLogs _closed;
    private readonly IGrainFactory _grains;
    private readonly TimeProvider _clock;
    private readonly ILogger<OpenLogs> _logger;
    private readonly ITimer _idleTimer;
    private long _opened;
    private TaskCompletionSource _change = NewSource(); // ends when a seat was left or may be asked for; under the gate

    public OpenLogs(DescriptorBudget budget, ProcessLimits limits, ClosedLogs closed, IGrainFactory grains, TimeProvider clock, IMeterFactory meters, ILogger<OpenLogs> logger)
    {
        (_closed, _grains, _clock, _logger) = (closed, grains, clock, logger);
        _files = budget.Within(Math.Max(PartitionLogs.FilesPerLog, budget.Limit / 2)); // connections keep the other half
        // A mapping each, two while a segment is rolled; half of them for everybody else: libraries, stacks of threads, the heap.
        Limit = (int)Math.Max(1, Math.Min(_files.Limit / PartitionLogs.FilesPerLog, limits.Mappings / 4));
        _idleTimer = clock.CreateTimer(static self => _ = ((OpenLogs)self!).CloseIdleAsync(), this, s_lookEvery, s_lookEvery);

        var meter = meters.Create(MeterNames.Partitions);
        meter.CreateObservableCounter("iggy.partitions.opened", () => OpenedCount, "{partition}", "Openings of partitions' logs.");
        meter.CreateObservableGauge("iggy.partitions.open", () => Count, "{partition}", "Partitions whose log is open.");
        meter.CreateObservableGauge("iggy.partitions.open.limit", () => Limit, "{partition}", "The most that may be open at once.");
        meter.CreateObservableGauge("iggy.descriptors.used", () => budget.InUse, "{descriptor}", "Descriptors taken by connections and open logs.");
        meter.CreateObservableGauge("iggy.descriptors.limit", () => budget.Limit, "{descriptor}", "The most that these may take.");
        LogLimit(logger, Limit, limits.OpenFiles, limits.Mappings);
    }

    /// <summary>The most logs that are open at once.</summary>
    public int Limit { get; }

    /// <summary>Logs that are open, opening or closing.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _seats.Count;
        }
    }

    /// <summary>Openings since the start.</summary>
    public long OpenedCount => Interlocked.Read(ref _opened);

    /// <summary>Takes a seat, if need be that of a log that is closed for it.</summary>
    /// <exception cref="IOException">Nobody left one for 20 seconds.</exception>
    public async Task<Seat> EnterAsync(string key)
    {
        var started = _clock.GetTimestamp();
        while (true)
        {
            Seat? idlest;
            Task change;
            lock (_gate)
            {
                if (TrySit(key) is { } seat)
                    return seat;
                idlest = FindIdlest();
                change = _change.Task;
            }

            var left = s_patience - _clock.GetElapsedTime(started);
            if (left <= TimeSpan.Zero)
                throw new IOException($"All {Limit} partitions that may be open at once are busy.");
            if (idlest is not null)
                await CloseAsync(idlest);
            else
                await Task.WhenAny(change, Task.Delay(left, _clock));
        }
    }

    /// <summary>The seat's log is open and may be asked to close.</summary>
    /// <param name="seat">Taken before.</param>
    /// <param name="changes">Of the log.</param>
    public void Opened(Seat seat, ChangeCounter changes)
    {
        Interlocked.Increment(ref _opened);
        seat.Use(_clock);
        lock (_gate)
        {
            (seat.Watch, seat.Changes) = (new LogWatch(seat, changes, _clock), changes);
            seat.MayClose = true;
            Tell();
        }
    }

    /// <summary>Gives a seat back; its log is closed.</summary>
    public void Leave(Seat seat)
    {
        lock (_gate)
        {
            _closed.Forget(seat.Key); // what was read while it was being opened
            if (!_seats.Remove(seat.Key))
                return;
            _files.Return(PartitionLogs.FilesPerLog);
            Tell();
        }
    }

    /// <inheritdoc/>
    public IPartitionWatch? Watch(IPartitionGrain partition)
    {
        lock (_gate)
            return _seats.GetValueOrDefault(partition.GetPrimaryKeyString())?.Watch;
    }

    /// <summary>Whether a log is open, opening or closing.</summary>
    public bool IsOpen(string key)
    {
        lock (_gate)
            return _seats.ContainsKey(key);
    }

    /// <summary>What is known of a partition without opening its log; false when the log is open, or has to be opened for it.</summary>
    public bool TryGetClosed(string key, out Storage.LogSummary summary)
    {
        summary = default;
        return !IsOpen(key) && _closed.TryGet(key, out summary);
    }

    /// <summary>How far groups are behind in a closed log; false and nothing when that is not known.</summary>
    public bool TryGetClosedLags(string key, out PartitionLags lags) => _closed.TryGetLags(key, out lags);

    public void Dispose() => _idleTimer.Dispose();

    /// <summary>Closes the logs that nobody used for long.</summary>
    internal async Task CloseIdleAsync()
    {
        List<Seat> idle = [];
        lock (_gate)
        {
            foreach (var seat in _seats.Values)
            {
                if (seat.MayClose && _clock.GetElapsedTime(seat.UsedAt) >= s_idleAfter)
                {
                    seat.MayClose = false;
                    idle.Add(seat);
                }
            }
        }

        foreach (var seat in idle)
            await CloseAsync(seat);
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Seat? TrySit(string key)
    {
        if (_seats.Count >= Limit || !_files.TryTake(PartitionLogs.FilesPerLog))
            return null;
        var seat = new Seat(key);
        _seats.Add(key, seat); // throws for a second one: there is one activation, and it opens once at a time
        return seat;
    }

    private Seat? FindIdlest()
    {
        Seat? idlest = null;
        foreach (var seat in _seats.Values)
        {
            if (seat.MayClose && (idlest is null || seat.UsedAt < idlest.UsedAt))
                idlest = seat;
        }

        if (idlest is not null)
            idlest.MayClose = false; // nobody else asks it meanwhile
        return idlest;
    }

    private async Task CloseAsync(Seat seat)
    {
        try
        {
            await _grains.GetGrain<IPartitionGrain>(seat.Key).CloseLogAsync();
        }
        catch (Exception e) // one that is out of reach must not keep others from opening
        {
            LogNotClosed(_logger, seat.Key, e);
        }

        lock (_gate)
        {
            if (_seats.GetValueOrDefault(seat.Key) != seat)
                return;
            seat.Use(_clock); // it was busy: others are asked first
            seat.MayClose = true;
            Tell();
        }
    }

    private void Tell()
    {
        _change.SetResult();
        _change = NewSource();
    }

    /// <summary>The right to have a log open.</summary>
    internal sealed class Seat(string key)
    {
        private long _usedAt;

        public string Key { get; } = key;

        public long UsedAt => Volatile.Read(ref _usedAt);

        /// <summary>Of its log, once that is open; under the gate.</summary>
        public IPartitionWatch? Watch { get; set; }

        /// <summary>Of its log, once that is open.</summary>
        public ChangeCounter? Changes { get; set; }

        /// <summary>Open, and not asked to close; under the gate.</summary>
        public bool MayClose { get; set; }

        /// <summary>Somebody appended, read or stored something.</summary>
        public void Use(TimeProvider clock) => Volatile.Write(ref _usedAt, clock.GetTimestamp());
    }

    private sealed class LogWatch(Seat seat, ChangeCounter changes, TimeProvider clock) : IPartitionWatch
    {
        public long Changes => changes.Value;

        public void Use() => seat.Use(clock);
    }

    [LoggerMessage(2010, LogLevel.Information, "Up to {Logs} partitions are open at once: {Files} files may be open and {Mappings} stretches of memory mapped")]
    private static partial void LogLimit(ILogger logger, int logs, long files, long mappings);

    [LoggerMessage(2011, LogLevel.Warning, "Partition {Partition} could not be asked to close")]
    private static partial void LogNotClosed(ILogger logger, string partition, Exception exception);
}
