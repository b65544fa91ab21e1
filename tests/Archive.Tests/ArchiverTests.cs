using Iggy.Archive.Backup;
using Iggy.Archive.Layout;
using Iggy.Archive.Manifests;
using Iggy.Archive.Reports;
using Iggy.Archive.Restore;
using Iggy.Archive.Stores;
using Iggy.Archive.Tests.Setup;
using Iggy.Archive.Tiering;
using Iggy.Grains.Metadata;
using Iggy.Grains.Options;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Iggy.Archive.Tests;

/// <summary>The archiver itself, over a store in memory.</summary>
public sealed class ArchiverTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("iggy-archive-").FullName;
    private readonly List<IDisposable> _made = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Start_AStoreThatIgnoresConditions_IsToldAndTheBackupWorks()
    {
        using var store = new MemoryStore(TimeProvider.System, ignoresConditions: true);
        var (archiver, logger, _) = await StartAsync("one", store);
        Assert.Contains("ignores If-None-Match", await logger.WaitAsync(1101), StringComparison.Ordinal);
        await logger.WaitAsync(1105);
        await archiver.StopAsync(Token);
        Assert.DoesNotContain(store.Objects.Keys, static key => key.Contains("/probe/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Start_OfASecondServerOfOneName_StopsTheFirst()
    {
        using var store = new MemoryStore(TimeProvider.System);
        var (first, firstLogger, firstMetrics) = await StartAsync("one", store);
        await firstLogger.WaitAsync(1105);
        var (second, secondLogger, secondMetrics) = await StartAsync("two", store);
        Assert.Contains("its epoch is 2, this one's 1", await firstLogger.WaitAsync(1102), StringComparison.Ordinal);
        await secondLogger.WaitAsync(1105);
        Assert.Equal((true, false), (firstMetrics.IsFenced, secondMetrics.IsFenced));
        Assert.Single(firstLogger.Events, static one => one.Id == 1102);
        var written = store.Objects.Keys.Count(static key => key.Contains("/points/", StringComparison.Ordinal) && key.Contains("-0000000001-", StringComparison.Ordinal));
        await first.StopAsync(Token);
        await second.StopAsync(Token);
        Assert.Equal(written, store.Objects.Keys.Count(static key => key.Contains("/points/", StringComparison.Ordinal) && key.Contains("-0000000001-", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Round_TheStoreFails_IsToldOnceAndGoesOn()
    {
        using var store = new MemoryStore(TimeProvider.System);
        var left = 3;
        store.OnPut = key =>
        {
            if (key.Contains("/manifests/", StringComparison.Ordinal) && Interlocked.Decrement(ref left) >= 0)
                throw new ArchiveStoreException("The store fails.", isPassing: true);
        };
        var (archiver, logger, metrics) = await StartAsync("one", store);
        await logger.WaitAsync(1104);
        Assert.Single(logger.Events, static one => one.Id == 1103);
        Assert.Null(metrics.Trouble);
        Assert.InRange(metrics.Lag, TimeSpan.Zero, TimeSpan.FromSeconds(60));
        await archiver.StopAsync(Token);
    }

    [Fact]
    public async Task Start_TheNewestManifestIsSpoilt_BeginsAnew()
    {
        using var store = new MemoryStore(TimeProvider.System);
        var (first, firstLogger, _) = await StartAsync("one", store);
        await firstLogger.WaitAsync(1105);
        await first.StopAsync(Token);
        foreach (var (key, (bytes, written)) in store.Objects.Where(static one => one.Key.Contains("/manifests/", StringComparison.Ordinal)))
            store.Objects[key] = ([.. bytes.Reverse()], written);

        var (second, secondLogger, _) = await StartAsync("two", store);
        await secondLogger.WaitAsync(1109);
        await secondLogger.WaitAsync(1105);
        await second.StopAsync(Token);
        var reader = new PointReader(store, new ArchiveKeys("iggy", "server"));
        Assert.Equal(2u, (await reader.ReadAsync((await reader.PointsAsync(Token))[^1], Token)).Manifest.Epoch);
    }

    [Fact]
    public async Task Run_WithoutABucket_DoesNothing()
    {
        using var store = new MemoryStore(TimeProvider.System);
        var (archiver, logger, metrics) = await StartAsync("one", store, bucket: "");
        await archiver.ExecuteTask!;
        Assert.Empty(logger.Events);
        Assert.Empty(store.Objects);
        Assert.Equal(TimeSpan.Zero, metrics.Lag);
    }

    // Goal: many rounds cost a few requests each and stay readable. Method: more rounds than manifests build upon each other.
    [Fact]
    public async Task Rounds_ManyOfThem_BuildUponEachOtherAndAreReadBack()
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 5, 1, 0, 0, 0, TimeSpan.Zero));
        using var store = new MemoryStore(clock);
        await MetadataStore.InitializeAsync(Path.Combine(_root, "metadata.db"), Token);
        var keys = new ArchiveKeys("iggy", "server");
        var claim = await EpochClaim.TakeAsync(store, keys, "test", Token);
        var metrics = Metrics();
        var round = new BackupRound(store, keys, claim, _root, new ArchiveOptions { Bucket = "b" }, metrics, clock);
        var state = new ArchiveState();
        for (var i = 0; i < 130; i++)
            await round.RunAsync(state, Token); // the clock stands: moments rise all the same

        var reader = new PointReader(store, keys);
        var points = await reader.PointsAsync(Token);
        Assert.Equal(130, points.Count);
        Assert.Equal(3, await WholeOnesAsync(reader, points));
        Assert.Single(store.Objects.Keys, static key => key.Contains("/meta/", StringComparison.Ordinal)); // unchanged metadata is copied once
        Assert.Equal(130UL, (await reader.ReadAsync(points[^1], Token)).Manifest.Sequence);
    }

    // Goal: what a failed round left in the store is never taken for what the next one means. Method: a round whose manifest fails, then other bytes in its pack.
    [Fact]
    public async Task Round_AfterOneThatFailed_LeavesNothingOfItInItsPoint()
    {
        using var store = new MemoryStore(TimeProvider.System);
        await MetadataStore.InitializeAsync(Path.Combine(_root, "metadata.db"), Token);
        var marks = Path.Combine(_root, "encryption.keys");
        await File.WriteAllTextAsync(marks, "first", Token);
        var keys = new ArchiveKeys("iggy", "server");
        var claim = await EpochClaim.TakeAsync(store, keys, "test", Token);
        var round = new BackupRound(store, keys, claim, _root, new ArchiveOptions { Bucket = "b" }, Metrics(), TimeProvider.System);
        var state = new ArchiveState();
        store.OnPut = static key => _ = key.Contains("/manifests/", StringComparison.Ordinal) ? throw new ArchiveStoreException("fails", isPassing: true) : key;
        await Assert.ThrowsAsync<ArchiveStoreException>(() => round.RunAsync(state, Token));
        store.OnPut = null;
        await File.WriteAllTextAsync(marks, "other", Token);
        await round.RunAsync(state, Token);

        var (faults, _, count) = await new BackupReports(store, keys, TimeProvider.System).VerifyAsync(null, Token);
        Assert.Empty(faults);
        Assert.Equal(2, count);
        Assert.Equal("other", System.Text.Encoding.ASCII.GetString(store.Objects.Single(static one => one.Key.Contains("/tail/0000000001/0000000002", StringComparison.Ordinal)).Value.Bytes));
    }

    [Fact]
    public async Task Retention_OldPoints_GoWithWhatOnlyTheyNeed()
    {
        const string Partition = "0123456789abcdef0123456789abcdef/0";
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 5, 1, 0, 0, 0, TimeSpan.Zero));
        using var store = new MemoryStore(clock);
        var keys = new ArchiveKeys("iggy", "server");
        var segments = Enumerable.Range(0, 4).Select(i => new SegmentEntry((ulong)i * 10, (uint)i + 1, 1, ((ulong)i + 1) * 10, 4096, 1, new WholeFile(1, (ulong)i), [])).ToArray();
        var listing = new Listing();
        for (var i = 0; i < 4; i++) // in round i the segments i and i + 1 are there
        {
            var manifest = new Manifest
            {
                Epoch = 1,
                Sequence = (ulong)i + 1,
                TakenMicros = Micros(clock),
                Metadata = new CopyName(1, (ulong)i + 1, 0, 0),
                Partitions = [new PartitionEntry(Partition, 0, [.. segments[i..Math.Min(i + 2, 4)]], null)],
            };
            await PutAsync(store, keys.Copy(manifest.Metadata));
            foreach (var segment in manifest.Partitions[0].Segments)
                await PutAsync(store, KeyOf(segment));
            var (bytes, hash) = ManifestCodec.Write(manifest);
            var name = new ManifestName(1, manifest.Sequence, hash);
            await store.PutIfAbsentAsync(keys.Manifest(name), ObjectBody.Of(bytes), Token);
            await PutAsync(store, keys.Point(new Point(manifest.TakenMicros, name)));
            listing.Apply(manifest);
            clock.Advance(TimeSpan.FromHours(1));
        }

        // Promised from between the second and the third round: the second is the oldest to keep.
        Assert.Equal(4, await new BucketRetention(store, keys).RunAsync(listing, Micros(clock) - (150 * 60_000_000UL), Token));
        Assert.DoesNotContain(KeyOf(segments[0]), store.Objects.Keys);
        Assert.All(segments[1..], segment => Assert.Contains(KeyOf(segment), store.Objects.Keys));
        var reader = new PointReader(store, keys);
        var points = await reader.PointsAsync(Token);
        Assert.Equal(3, points.Count);
        foreach (var point in points)
            await reader.ReadAsync(point, Token);
        Assert.Equal(0, await new BucketRetention(store, keys).RunAsync(listing, Micros(clock) - (150 * 60_000_000UL), Token));

        string KeyOf(SegmentEntry segment) => keys.Segment(Partition, segment.First, segment.Generation, 1, segment.Whole!.Value.Hash);
    }

    [Fact]
    public async Task Restore_IntoAFolderThatIsNotEmpty_OrBeforeTheFirstPoint_IsRefused()
    {
        using var store = new MemoryStore(TimeProvider.System);
        var restorer = new Restorer(store, new ArchiveKeys("iggy", "server"), new ArchiveOptions(), TimeProvider.System, NullLogger.Instance);
        await File.WriteAllTextAsync(Path.Combine(_root, "photo.jpg"), "x", Token);
        Assert.Contains("is not empty", (await Assert.ThrowsAsync<RestoreException>(() => restorer.RunAsync(_root, new RestoreRequest(1, null, false), Token))).Message, StringComparison.Ordinal);
        var empty = Path.Combine(_root, "new");
        Assert.Contains("no point", (await Assert.ThrowsAsync<RestoreException>(() => restorer.RunAsync(empty, new RestoreRequest(1, null, false), Token))).Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(empty));
    }

    public void Dispose()
    {
        _made.ForEach(static one => one.Dispose());
        Directory.Delete(_root, recursive: true);
    }

    private async Task<(Archiver Archiver, HeardLogger<Archiver> Logger, ArchiveMetrics Metrics)> StartAsync(string name, MemoryStore store, string bucket = "b")
    {
        var data = Path.Combine(_root, name);
        var options = Options.Create(new ArchiveOptions { Bucket = bucket, MaxLag = TimeSpan.FromSeconds(1) });
        var holder = new DataFolderHolder(Options.Create(new StorageOptions { DataPath = data }), Options.Create(new EncryptionOptions()), TimeProvider.System);
        _made.Add(holder);
        holder.Open();
        await MetadataStore.InitializeAsync(Path.Combine(data, "metadata.db"), Token);
        var (logger, metrics) = (new HeardLogger<Archiver>(), Metrics());
        var meters = new Meters();
        _made.Add(meters);
        var tier = new ColdTier(options, _ => store, holder, new TierMetrics(meters), TimeProvider.System, NullLogger<ColdTier>.Instance);
        _made.Add(tier);
        var archiver = new Archiver(options, _ => store, holder, tier, metrics, TimeProvider.System, logger);
        _made.Add(archiver);
        await archiver.StartAsync(Token);
        return (archiver, logger, metrics);
    }

    private ArchiveMetrics Metrics()
    {
        var meters = new Meters();
        _made.Add(meters);
        return new ArchiveMetrics(meters, Options.Create(new ArchiveOptions()), new TierMetrics(meters), TimeProvider.System);
    }

    private static async Task<int> WholeOnesAsync(PointReader reader, IReadOnlyList<Point> points)
    {
        var whole = 0;
        foreach (var point in points)
            whole += (await reader.ReadManifestAsync(point.Manifest, Token)).Previous is null ? 1 : 0;
        return whole;
    }

    private static Task<bool> PutAsync(MemoryStore store, string key) => store.PutIfAbsentAsync(key, ObjectBody.Of([]), Token);

    private static ulong Micros(FakeTimeProvider clock) => (ulong)((clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
}
