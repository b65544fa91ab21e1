using System.Collections.Concurrent;
using System.IO.Hashing;
using Iggy.Archive.Layout;
using Iggy.Archive.Manifests;
using Iggy.Archive.Stores;
using Iggy.Storage.Cold;

namespace Iggy.Archive.Tiering;

/// <summary>Brings blocks of cold segments: out of the cache, or out of the store with those behind them.</summary>
/// <remarks>One download serves all who wait for its block. What does not match its checksum is nobody's: it is fetched again, and told where that does not help.</remarks>
internal sealed class BlockSource : IDisposable
{
    private const int Attempts = 3; // bytes that were spoilt on their way are right the next time

    private readonly Lock _gate = new();
    private readonly Dictionary<BlockId, Task> _coming = [];
    private readonly ConcurrentBag<byte[]> _buffers = []; // no more than downloads
    private readonly SemaphoreSlim _downloads;
    private readonly CancellationTokenSource _stopping = new();
    private readonly IArchiveStore _store;
    private readonly ArchiveKeys _keys;
    private readonly BlockCache _cache;
    private readonly ArchiveOptions _options;
    private readonly TierMetrics _metrics;
    private readonly TimeProvider _clock;
    private int _waiting;

    public BlockSource(IArchiveStore store, ArchiveKeys keys, BlockCache cache, ArchiveOptions options, TierMetrics metrics, TimeProvider clock)
    {
        (_store, _keys, _cache, _options, _metrics, _clock) = (store, keys, cache, options, metrics, clock);
        _downloads = new SemaphoreSlim(options.MaxColdDownloads);
    }

    /// <summary>Brings a block.</summary>
    /// <exception cref="ColdAwayException">It is not to be had now.</exception>
    public async ValueTask<IColdBlock> FetchAsync(ColdNeed need)
    {
        var id = Id(need.Partition, need.Segment, need.Block);
        var isRow = need.Block == 0 || _cache.Has(Id(need.Partition, need.Segment, need.Block - 1)); // somebody reads one after the other
        if (_cache.TryHold(in id) is { } here)
        {
            _metrics.NoteHit();
            if (isRow)
                ReadAhead(need);
            return here;
        }
        if (Interlocked.Increment(ref _waiting) > _options.MaxColdReads)
        {
            Interlocked.Decrement(ref _waiting);
            throw Refused($"As many reads as may (Iggy:Archive:MaxColdReads, {_options.MaxColdReads}) wait for the archive.");
        }
        try
        {
            var coming = Bring(need.Partition, need.Segment, need.Block);
            if (isRow)
                ReadAhead(need);
            await coming.WaitAsync(_options.ColdReadTimeout, _clock);
            return _cache.TryHold(in id) ?? throw Refused("The cache of cold blocks is too small for those who read.");
        }
        catch (TimeoutException)
        {
            throw Refused(Late().Message);
        }
        catch (Exception failure) when (failure is ArchiveStoreException or ArchiveDamagedException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            throw Refused(failure.Message, failure);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    public void Dispose()
    {
        _stopping.Cancel();
        _cache.Dispose();
        _store.Dispose();
    }

    // Only what has a free download: who waits goes first.
    private void ReadAhead(ColdNeed need)
    {
        var (segment, block) = (need.Segment, need.Block);
        for (var i = 0; i < _options.ColdReadAhead; i++)
        {
            if (++block == segment.BlockHashes.Length)
            {
                if (segment == need.Following || need.Following is null)
                    return;
                (segment, block) = (need.Following, 0);
            }
            if (_cache.Has(Id(need.Partition, segment, block)))
                continue;
            if (!_downloads.Wait(0))
                return;
            _ = Bring(need.Partition, segment, block, hasTurn: true);
        }
    }

    private Task Bring(string partition, ColdSegment segment, int block, bool hasTurn = false)
    {
        var id = Id(partition, segment, block);
        lock (_gate)
        {
            if (_coming.TryGetValue(id, out var coming))
            {
                if (hasTurn)
                    _downloads.Release();
                return coming;
            }
            coming = Task.Run(() => BringAsync(id, segment, hasTurn));
            _coming[id] = coming;
            // Looked at here too, so that what nobody waits for any more is nobody's unknown failure.
            _ = coming.ContinueWith(done =>
            {
                _ = done.Exception;
                lock (_gate)
                    _coming.Remove(id);
            }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            return coming;
        }
    }

    private async Task BringAsync(BlockId id, ColdSegment segment, bool hasTurn)
    {
        if (!hasTurn)
            await _downloads.WaitAsync(_stopping.Token);
        var buffer = _buffers.TryTake(out var used) ? used : new byte[ColdSegment.BlockBytes];
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        limit.CancelAfter(_options.ColdReadTimeout); // whoever waited has been answered by then, and the next attempt begins afresh
        try
        {
            var bytes = buffer.AsMemory(0, segment.BytesOf(id.Block));
            await DownloadAsync(id, segment, bytes, limit.Token);
            using var held = await _cache.AddAsync(id, bytes, limit.Token)
                ?? throw new ArchiveStoreException("All of the cache of cold blocks is being read (Iggy:Archive:ColdCacheBytes).", isPassing: true);
        }
        catch (Exception failure)
        {
            _metrics.NoteFailure();
            if (failure is OperationCanceledException && !_stopping.IsCancellationRequested)
                throw Late();
            throw;
        }
        finally
        {
            _buffers.Add(buffer);
            _downloads.Release();
        }
    }

    private async Task DownloadAsync(BlockId id, ColdSegment segment, Memory<byte> bytes, CancellationToken cancellationToken)
    {
        var key = _keys.Segment(id.Partition, segment.FirstOffset, segment.Generation, segment.Place.Epoch, segment.Place.Hash);
        for (var attempt = 1; ; attempt++)
        {
            using var into = new MemoryInto(bytes);
            await _store.ReadAsync(key, (long)id.Block * ColdSegment.BlockBytes, bytes.Length, into, cancellationToken);
            _metrics.NoteDownloaded(bytes.Length);
            if (XxHash3.HashToUInt64(bytes.Span) == segment.BlockHashes[id.Block])
                return;
            if (attempt == Attempts)
                throw new ArchiveDamagedException($"{key}: block {id.Block} does not match its checksum.");
        }
    }

    private ArchiveStoreException Late() => new($"The store {S3Errors.Place(_options)} did not answer within {_options.ColdReadTimeout}.", isPassing: true);

    private ColdAwayException Refused(string reason, Exception? inner = null)
    {
        _metrics.NoteRefused();
        return new ColdAwayException(reason, inner);
    }

    private static BlockId Id(string partition, ColdSegment segment, int block) => new(partition, segment.FirstOffset, segment.Generation, segment.Place.Hash, block);

    /// <summary>Memory to be filled, which can be begun anew.</summary>
    private sealed class MemoryInto(Memory<byte> memory) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => true;

        public override bool CanWrite => true;

        public override long Length => memory.Length;

        public override long Position { get; set; }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            buffer.CopyTo(memory.Span[(int)Position..]);
            Position += buffer.Length;
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Write(buffer.Span);
            return ValueTask.CompletedTask;
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        {
            Write(buffer.AsSpan(offset, count));
            return Task.CompletedTask;
        }

        public override void SetLength(long value)
        {
            // It has the length that is wanted.
        }

        public override void Flush()
        {
            // Nothing is held back.
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
