using System.Buffers;
using Iggy.Storage.AtRest;
using Iggy.Storage.Cold;
using Iggy.Storage.Context;
using Iggy.Storage.Deduplication;
using Iggy.Storage.Durability;
using Iggy.Storage.Files;
using Iggy.Storage.Offsets;
using Iggy.Storage.Producers;
using Iggy.Storage.Recovery;
using Iggy.Storage.Segments;
using Microsoft.Extensions.Logging;

namespace Iggy.Storage.Log;

/// <summary>The log of one partition: appends, polls, stored consumer offsets, recovery.</summary>
/// <remarks>
/// <para>Used by one thread at a time. <see cref="CommitAsync"/> and <see cref="FlushAsync"/> complete on other threads, beside
/// appends and reads; so does <see cref="SegmentRemoval.Run"/>.</para>
/// <para>Write failures: a full disk refuses the append and leaves the log as it was. Any other failed write, and any failed sync, ends
/// appends for good (<see cref="AppendStatus.Failed"/>), for nobody knows what is on disk then; reads go on, and whoever owns the log
/// closes and opens it again, which brings back a state that is on disk.</para>
/// </remarks>
public sealed partial class PartitionLog : IDisposable
{
    private readonly PartitionLock _lock;
    private readonly LogContext _context;
    private readonly ConsumerOffsets _offsets;
    private readonly GroupCommit _commit;
    private SegmentSet _segments;
    private LogReader _reader;
    private LogWriter _writer;
    private bool _isClosed; // set under the lock of removals
    private bool _isRebuilding; // stays set when a rebuild fails: the files are closed then
    private uint _writerEpoch;  // in the records of this opening

    private PartitionLog(PartitionLock held, LogContext context, SegmentSet segments, ColdSet cold, ConsumerOffsets offsets, GroupCommit commit)
    {
        (_lock, _context, _segments, _cold, _offsets, _commit) = (held, context, segments, cold, offsets, commit);
        commit.SetActive(segments.Active);
        _writerEpoch = held.Epoch;
        _reader = new LogReader(segments, context);
        _writer = NewWriter(NewestTimestamp(segments));
        commit.MarkFolder(); // whoever had it before may have died between a change of names and its sync
        if (offsets.WrittenSlots > context.Inventory.OffsetSlots)
            commit.MarkOffsets(); // or before it could tell how many there are
    }

    /// <summary>Damage found so far, in offset order: at the opening and by reads.</summary>
    public IReadOnlyList<DamagedRange> Damage => _context.Damage.Ranges;

    /// <summary>What the opening found missing; its offsets are among the <see cref="Damage"/>.</summary>
    public LogLosses Losses => _context.Losses.Total;

    /// <summary>Whether a read since the opening met a record that is whole and cannot be decrypted: as damage, but another key may read it.</summary>
    public bool MayLackAKey => _context.Bodies.HasFailedToDecrypt;

    /// <summary>Numbers at this moment, of what may be seen; the size is that of all that is kept, cold segments too.</summary>
    public LogStats Stats
    {
        get
        {
            var (first, next) = (FirstOffset, _reader.VisibleEnd);
            return new(first, next, next - first, _segments.MessageBytes + _cold.MessageBytes, (uint)(_segments.Count + _cold.Count), next == 0 ? 0 : next - 1);
        }
    }

    /// <summary>What will be known of the log without opening it, if it is closed now.</summary>
    public LogSummary Summary => new(Stats, LagMessages, RecordsCount, OldestSealed);

    /// <summary>How records written from now on are packed; older ones stay as they are. Default <see cref="RecordCodec.None"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not a codec.</exception>
    public RecordCodec Codec
    {
        get => _context.Bodies.Codec;
        set
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan((byte)value, (byte)RecordCodec.Zstd, nameof(value));
            _context.Bodies.Codec = value;
        }
    }

    /// <summary>Message bytes after which a segment is sealed, from the next append on. At the opening as the options say.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Outside the range of <see cref="PartitionLogOptions.SegmentBytes"/>.</exception>
    public long SegmentBytes
    {
        get => _context.SegmentBytes;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, PartitionLogOptions.SmallestSegmentBytes);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, PartitionLogOptions.LargestSegmentBytes);
            _context.SegmentBytes = value;
        }
    }

    /// <summary>This opening's number, above that of every earlier opening of the log.</summary>
    public uint Epoch => _lock.Epoch;

    /// <summary>Producers whose sequence numbers are remembered.</summary>
    public int ProducersCount => _writer.Producers.Count;

    /// <summary>Stored consumer offsets.</summary>
    public int ConsumersCount => _offsets.Count;

    /// <summary>Records that the kept messages lie in.</summary>
    public ulong RecordsCount => _segments.Records + _cold.Records;

    /// <summary>Makes the folder of a new, empty log. Does nothing if it is there.</summary>
    /// <exception cref="IOException">The disk refused; the call may be repeated.</exception>
    public static void Create(string folder) => LogFolder.Create(folder, PhysicalDisk.Instance);

    /// <summary>Whether a log was made in this folder.</summary>
    public static bool Exists(string folder) => LogFolder.Exists(folder);

    /// <summary>Looks whether a folder has what it must have, without opening the log; others may use it meanwhile.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static FolderState Look(string folder) => FolderCheck.Look(folder);

    /// <summary>Reads what the last user of a log left written down, without opening the log.</summary>
    /// <param name="folder">The partition's folder.</param>
    /// <param name="summary">The figures.</param>
    /// <returns>False when nothing is known for sure: the log is open or was not closed in order, there is none, or this system has no way to look.
    /// Opening the log tells then.</returns>
    public static bool TryReadSummary(string folder, out LogSummary summary) => PartitionLock.TryReadSummary(new PartitionFolder(folder), out summary);

    /// <summary>Deletes a log with all its files. Does nothing if there is none.</summary>
    /// <exception cref="PartitionLockedException">It is open.</exception>
    public static void Delete(string folder) => LogFolder.Delete(folder, PhysicalDisk.Instance);

    /// <summary>Opens a log that was made before, and repairs what its last user left behind.</summary>
    /// <param name="folder">The partition's folder.</param>
    /// <param name="options">Settings; may differ from those of earlier openings.</param>
    /// <param name="clock">Time of appends and of flushes by interval.</param>
    /// <param name="logger">For damage and failures.</param>
    /// <exception cref="PartitionLockedException">It is open already; the message names who holds it.</exception>
    /// <exception cref="UnknownFormatException">A later build wrote it.</exception>
    /// <exception cref="ForeignLogException">It is the folder of a log of another name.</exception>
    /// <exception cref="IOException">The folder is missing or a file cannot be opened.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public static PartitionLog Open(string folder, PartitionLogOptions options, TimeProvider clock, ILogger logger)
        => Open(folder, options, clock, logger, PhysicalDisk.Instance);

    internal static PartitionLog Open(string path, PartitionLogOptions options, TimeProvider clock, ILogger logger, IDisk disk)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("The files are little-endian and are mapped as they are.");
        options.Validate();

        var folder = new PartitionFolder(path);
        var held = PartitionLock.Take(folder, disk, clock, logger);
        var bodies = new RecordBodies(options.Encryption, options.Name);
        SegmentSet? segments = null;
        ConsumerOffsets? offsets = null;
        try
        {
            var inventory = Inventory.Read(held.File, folder.LockPath, FileFormat.LogId(options.Name), out var isUnreadable);
            if (isUnreadable)
                logger.InventoryUnreadable(folder.LockPath);
            var context = new LogContext(folder, options, disk, clock, logger, new DamageList(folder.Path, logger), bodies, inventory);
            segments = LogRecovery.Open(context);
            var cold = ColdSet.Open(context, segments.FirstOffset);
            offsets = new ConsumerOffsets(context);
            offsets.Load(segments.NextOffset);
            var commit = new GroupCommit(folder, disk, offsets, inventory, options, clock, logger);
            return new PartitionLog(held, context, segments, cold, offsets, commit);
        }
        catch
        {
            offsets?.Dispose();
            segments?.Dispose();
            bodies.Dispose();
            held.Dispose();
            throw;
        }
    }

    /// <summary>Appends a batch: all of it or none of it. Readable at once; <see cref="CommitAsync"/> says when it is durable.</summary>
    /// <param name="layout">How the messages lie in memory.</param>
    /// <param name="messages">
    /// Classic: messages back to back, without an index. Compact: the 256-byte batch header and its frames. Copied before the call returns.
    /// Of a classic header the id (0 asks for a random one), the creation time and the two lengths are used.
    /// </param>
    /// <param name="count">Messages in the batch, at least 1.</param>
    /// <returns>The offset of the first message, or why nothing was appended.</returns>
    public AppendResult Append(MessageLayout layout, ReadOnlySpan<byte> messages, uint count)
    {
        if (_isClosed)
            return new AppendResult(AppendStatus.Closed, 0);
        if (_commit.HasFailed)
            return new AppendResult(AppendStatus.Failed, 0);
        var appended = _writer.Append(layout, messages, count);
        Changes.Advance(); // whatever became of it: a roll counts as well
        return appended;
    }

    /// <summary>
    /// Waits until everything appended and stored before is as durable as <see cref="PartitionLogOptions.Durability"/> promises: at once for
    /// <see cref="DurabilityMode.None"/> and <see cref="DurabilityMode.Interval"/>, after a sync shared with other callers for
    /// <see cref="DurabilityMode.Always"/>.
    /// </summary>
    /// <param name="toDisk">Whether this caller is promised the disk, whatever the log's durability.</param>
    /// <exception cref="FlushFailedException">The sync failed: unknown what is on disk, the log takes no more appends.</exception>
    public ValueTask CommitAsync(bool toDisk = false) => _commit.CommitAsync(toDisk);

    /// <summary>Whether no append is answered before it is on disk.</summary>
    public bool AnswersAfterSync => _context.Options.AnswersAfterSync;

    /// <summary>Waits until everything appended and stored before has left this process.</summary>
    /// <param name="toDisk">Whether it has to be on disk; without, the page cache is enough, and it is there already.</param>
    /// <exception cref="FlushFailedException">The sync failed: unknown what is on disk, the log takes no more appends.</exception>
    public Task FlushAsync(bool toDisk) => toDisk && !_isClosed ? _commit.FlushAsync() : Task.CompletedTask;

    /// <summary>Reads messages, or prepares a read that is too large to be made here. The caller returns <see cref="ReadResult.Rented"/> to the shared array
    /// pool, or disposes <see cref="ReadResult.Large"/>.</summary>
    /// <param name="request">Where to start, and the limits.</param>
    public ReadResult Read(in ReadRequest request)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(request.HeadroomBytes, nameof(request));
        ArgumentOutOfRangeException.ThrowIfNegative(request.WholeBytes, nameof(request));
        if (_isClosed)
            return new ReadResult(ReadStatus.Closed, null, 0, 0, 0, 0);
        try
        {
            if (_isRebuilding)
                return new ReadResult(ReadStatus.Failed, null, 0, 0, 0, 0);
            return _cold.Count > 0 && PrepareCold(in request) is { } cold ? cold : Trusted(_reader.Read(in request));
        }
        catch (Exception failure) when (failure is FileCutException || _segments.Active.HasLostPages) // whatever empty pages were taken for
        {
            _commit.Fail(failure); // opening it again finds out what is left
            return new ReadResult(ReadStatus.Failed, null, 0, 0, 0, Stats.CurrentOffset);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            _context.Logger.OpenFailed(_context.Folder.Path, failure);
            return new ReadResult(ReadStatus.Failed, null, 0, 0, 0, Stats.CurrentOffset);
        }
    }

    /// <summary>Lets whoever made a large read go on behind it without a search.</summary>
    /// <param name="read">Measured, of this log.</param>
    public void Remember(ILargeRead read)
    {
        if (read is LargeRead large && large.End is var (segment, next))
            _reader.Remember(segment, in next);
    }

    /// <summary>Removes all messages and all stored offsets; the next message gets offset 0. A death on the way leaves all or nothing.</summary>
    /// <exception cref="IOException">The disk refused: the log takes no more appends, and opening it again shows all or nothing.</exception>
    public void Purge() => Rebuild(() =>
    {
        PurgeSteps.Decide(_context);
        _purges++;
        var (generation, hasReaders) = (_segments.Generation + 1, _segments.HasReaders);
        _offsets.Reset();
        _segments.Close();
        var active = PurgeSteps.Finish(_context, generation, hasReaders);
        PurgeCold();
        _context.Damage.Keep(0, 0);
        _context.Losses.Clear();
        return new SegmentSet(_context, [active.Segment], active, generation);
    });

    /// <summary>Drops every message above an offset; stored offsets above it go down to it.</summary>
    /// <param name="lastKept">Newest offset to keep. Nothing happens when the log ends at or below it.</param>
    /// <exception cref="ArgumentOutOfRangeException">The offset is below the first one of the log.</exception>
    /// <exception cref="IOException">The disk refused: the log takes no more appends; opened again, it ends at the offset or above.</exception>
    public void TruncateAfter(ulong lastKept)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        ArgumentOutOfRangeException.ThrowIfLessThan(lastKept, _segments.FirstOffset);
        if (lastKept >= _segments.NextOffset - 1)
            return;
        Rebuild(() =>
        {
            var cut = Truncation.Cut(_context, _segments, lastKept + 1);
            _offsets.Clamp(cut.NextOffset);
            return cut;
        });
    }

    /// <summary>Waits for files that go, syncs unless the durability is <see cref="DurabilityMode.None"/>, cuts the active file to its records, writes down what
    /// <see cref="TryReadSummary"/> reads, gives the lock up.</summary>
    public void Dispose()
    {
        lock (_removing)
        {
            if (_isClosed)
                return;
            _isClosed = true;
        }
        try
        {
            if (!_commit.HasFailed)
            {
                if (!_isRebuilding)
                    _context.Inventory.SetCeiling(_segments.NextOffset);
                if (_context.SyncsFiles || _commit.IsAwaited || _commit.RolledCount > 0)
                    _commit.FlushNow();
                _segments.Active.TellSynced();
                _segments.Active.Trim();
                _ = _writer.Producers.TrySave(_segments.NextOffset);
                _lock.WriteSummary(Summary); // last: it stands for a log that was closed in order
            }
        }
        catch (IOException failure)
        {
            _commit.Fail(failure); // logged; what was not synced counts as after a death of the machine
        }
        finally
        {
            Release();
        }
    }

    /// <summary>For tests: lets everything go as the death of the process would.</summary>
    internal void Abandon()
    {
        lock (_removing)
            _isClosed = true;
        Release();
    }

    private static ulong NewestTimestamp(SegmentSet segments)
    {
        for (var i = segments.Count - 1; i >= 0; i--)
        {
            if (segments[i].Records > 0)
                return segments[i].LastTimestampMicros;
        }
        return 0;
    }

    // What is remembered of ids and producers is what the log holds, so it is made anew with the segments.
    private LogWriter NewWriter(ulong lastTimestampMicros) =>
        new(_segments, _context, _commit, _writerEpoch, lastTimestampMicros, DeduplicationRecovery.Open(_segments, _context, _commit),
            ProducerRecovery.Open(_segments, _context, _commit));

    // A page may have gone under a read: its zeros are nobody's messages. What was read past the end of a file that was just cut looks like damage.
    private ReadResult Trusted(ReadResult result)
    {
        if (result.Status is ReadStatus.Damaged)
            _segments.Active.RequireWhole();
        if (!_segments.Active.HasLostPages)
            return result;
        if (result.Rented is { } rented)
            ArrayPool<byte>.Shared.Return(rented);
        result.Large?.Dispose();
        throw new FileCutException("A page of the open segment went while it was read.");
    }

    private void Release()
    {
        Changes.Advance();
        _commit.Dispose(); // waits for a sync that runs
        _segments.Dispose();
        _offsets.Dispose();
        _context.Bodies.Dispose();
        _lock.Dispose();
    }

    private void Rebuild(Func<SegmentSet> change)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        Guard(() =>
        {
            _isRebuilding = true;
            _commit.SetActive(null);
            _segments = change();
            _commit.SetActive(_segments.Active);
            _reader = new LogReader(_segments, _context);
            _writer = NewWriter(_writer.LastTimestampMicros);
            _isRebuilding = false;
        });
        _commit.MarkFolder();
    }

    private void ThrowIfFailed()
    {
        if (_commit.HasFailed)
            throw new InvalidOperationException("A write or sync failed before; open the log again.");
    }

    private void Guard(Action change)
    {
        ThrowIfFailed();
        try
        {
            lock (_removing)
                _commit.RunAlone(change);
            Changes.Advance();
        }
        catch (Exception failure) // whatever it is, files and memory may differ now
        {
            _commit.Fail(failure);
            throw;
        }
    }
}
