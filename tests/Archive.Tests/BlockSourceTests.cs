using System.IO.Hashing;
using System.Runtime.CompilerServices;
using Iggy.Archive.Layout;
using Iggy.Archive.Stores;
using Iggy.Archive.Tests.Setup;
using Iggy.Archive.Tiering;
using Iggy.Storage.Cold;

namespace Iggy.Archive.Tests;

/// <summary>How blocks come back: verified, a few at a time, and with those behind them.</summary>
public sealed class BlockSourceTests : IDisposable
{
    private const int Blocks = 6;
    private const string Partition = "0123456789abcdef0123456789abcdef/0";
    private static readonly byte[] _file = Make();
    private static readonly ColdSegment _segment = new(0, 1, 1, 10, (uint)_file.Length, 1, 1, 1, 1, new ArchivePlace(1, XxHash3.HashToUInt64(_file)),
        [.. Enumerable.Range(0, Blocks).Select(static block => XxHash3.HashToUInt64(BlockOf(block)))]);

    private readonly string _path = Path.Combine(Path.GetTempPath(), $"iggy-cache-{Guid.NewGuid():N}");
    private readonly Meters _meters = new();
    private readonly Store _store = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Fetch_OneAfterTheOther_ComesRightAndReadsAhead()
    {
        using var source = Source(new ArchiveOptions { Bucket = "b", MaxColdDownloads = 2, ColdReadAhead = 2 });
        for (var block = 0; block < Blocks; block++)
        {
            using var fetched = await source.FetchAsync(Need(block));
            var bytes = new byte[_segment.BytesOf(block)];
            Assert.Equal(bytes.Length, fetched.Read(bytes, 0));
            Assert.True(BlockOf(block).AsSpan().SequenceEqual(bytes));
        }
        Assert.InRange(_store.Most, 1, 2); // at the same time
        Assert.Equal(Blocks, _store.Reads); // each of them once
    }

    [Fact]
    public async Task Fetch_BytesThatAreWrongOnTheirWay_AreFetchedAgainAndNeverServed()
    {
        using var source = Source(new ArchiveOptions { Bucket = "b", ColdReadAhead = 0 });
        _store.Wrong = 2;
        (await source.FetchAsync(Need(3))).Dispose();
        Assert.Equal(3, _store.Reads);

        _store.Wrong = int.MaxValue;
        var away = await Assert.ThrowsAsync<ColdAwayException>(async () => await source.FetchAsync(Need(5)));
        Assert.Contains("does not match its checksum", away.Message, StringComparison.Ordinal);
        _store.Wrong = 0;
        (await source.FetchAsync(Need(5))).Dispose(); // nothing wrong was kept
    }

    [Fact]
    public async Task Fetch_MoreReadersThanMayWait_AreToldToComeAgain()
    {
        using var source = Source(new ArchiveOptions { Bucket = "b", MaxColdReads = 2, MaxColdDownloads = 1, ColdReadAhead = 0, ColdReadTimeout = TimeSpan.FromMinutes(2) });
        var gate = _store.Hold();
        var (first, second) = (source.FetchAsync(Need(1)).AsTask(), source.FetchAsync(Need(1)).AsTask());
        var third = await Assert.ThrowsAsync<ColdAwayException>(async () => await source.FetchAsync(Need(2)));
        Assert.Contains("MaxColdReads, 2", third.Message, StringComparison.Ordinal);
        gate.SetResult();
        (await first).Dispose();
        (await second).Dispose();
        Assert.Equal(1, _store.Reads); // for both
        (await source.FetchAsync(Need(2))).Dispose();
    }

    [Fact]
    public async Task Fetch_AStoreThatDoesNotAnswer_EndsInTimeAndGoesOnAfterwards()
    {
        using var source = Source(new ArchiveOptions { Bucket = "b", ColdReadAhead = 0, ColdReadTimeout = TimeSpan.FromMilliseconds(200) });
        var gate = _store.Hold();
        await Assert.ThrowsAsync<ColdAwayException>(async () => await source.FetchAsync(Need(1)));
        _store.LetGo();
        gate.TrySetResult();
        await EventuallyAsync(source, Need(1));
    }

    [Fact]
    public async Task Fetch_AllPlacesAreHeld_IsRefusedUntilOneIsLetGo()
    {
        using var source = Source(new ArchiveOptions { Bucket = "b", ColdReadAhead = 0 }, places: 2);
        var (first, second) = (await source.FetchAsync(Need(0)), await source.FetchAsync(Need(1)));
        Assert.Contains("All of the cache", (await Assert.ThrowsAsync<ColdAwayException>(async () => await source.FetchAsync(Need(2)))).Message, StringComparison.Ordinal);
        first.Dispose();
        (await source.FetchAsync(Need(2))).Dispose();
        second.Dispose();
    }

    public void Dispose()
    {
        _meters.Dispose();
        File.Delete(_path);
    }

    // A download that was given up may end a moment later than its readers were told.
    private static async Task EventuallyAsync(BlockSource source, ColdNeed need)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            try
            {
                (await source.FetchAsync(need)).Dispose();
                return;
            }
            catch (ColdAwayException) when (!limit.IsCancellationRequested)
            {
                await Task.Delay(20, Token);
            }
        }
    }

    private BlockSource Source(ArchiveOptions options, int places = 16) =>
        new(_store, new ArchiveKeys("iggy", "server"), new BlockCache(_path, places, ColdSegment.BlockBytes), options, new TierMetrics(_meters), TimeProvider.System);

    private static ColdNeed Need(int block) => new(Partition, _segment, block, null);

    private static byte[] Make()
    {
        var file = new byte[(ColdSegment.BlockBytes * (Blocks - 1)) + 1000];
        new Random(7).NextBytes(file);
        return file;
    }

    private static byte[] BlockOf(int block) => _file[(block * ColdSegment.BlockBytes)..Math.Min(_file.Length, (block + 1) * ColdSegment.BlockBytes)];

    /// <summary>Has the one file, and faults.</summary>
    private sealed class Store : IArchiveStore
    {
        private TaskCompletionSource? _gate;
        private int _now, _most, _reads;

        public int Wrong { get; set; }

        public int Reads => _reads;

        public int Most => _most;

        public TaskCompletionSource Hold() => _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void LetGo() => _gate = null;

        public async Task ReadAsync(string key, long at, long bytes, Stream into, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _reads);
            InterlockedMax(Interlocked.Increment(ref _now));
            try
            {
                Assert.Contains($"data/{Partition}/", key, StringComparison.Ordinal);
                if (_gate is { } gate)
                    await gate.Task.WaitAsync(cancellationToken);
                await Task.Yield();
                var copy = _file.AsSpan((int)at, (int)bytes).ToArray();
                if (Wrong-- > 0)
                    copy[copy.Length / 2] ^= 1;
                await into.WriteAsync(copy, cancellationToken);
            }
            finally
            {
                Interlocked.Decrement(ref _now);
            }
        }

        public Task<bool> PutIfAbsentAsync(string key, ObjectBody body, CancellationToken cancellationToken) => throw new NotSupportedException();

        public async IAsyncEnumerable<StoredObject> ListAsync(string prefix, string? after, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await Task.CompletedTask;
            yield break;
        }

        public Task DeleteAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken) => throw new NotSupportedException();

        public void Dispose()
        {
            // Nothing is held.
        }

        private void InterlockedMax(int value)
        {
            int seen;
            while ((seen = _most) < value && Interlocked.CompareExchange(ref _most, value, seen) != seen)
            {
                // Somebody else was quicker.
            }
        }
    }
}
