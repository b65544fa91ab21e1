using Iggy.Storage.Context;
using Iggy.Storage.Durability;
using Iggy.Storage.Files;
using Iggy.Storage.Log;
using Iggy.Storage.Segments;
using Iggy.Storage.Tests.Setup;
using Microsoft.Extensions.Time.Testing;

namespace Iggy.Storage.Tests;

/// <summary>A segment that is rolled while syncs run: it is synced through the handle that wrote it, and sealed only then.</summary>
public sealed class RollTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "iggy-storage-tests", Guid.NewGuid().ToString("N"));
    private readonly CutDisk _disk;

    public RollTests()
    {
        LogFolder.Create(_folder, PhysicalDisk.Instance);
        _disk = new CutDisk(_folder, new Random(1));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    // Goal: what is appended and rolled while the disk is busy counts as synced only after a sync of its own. Method: hold the sync of the
    // first append, append once more, which rolls, let go; each later sync of the first file is looked at.
    [Fact]
    public async Task CommitAsync_RollWhileTheDiskIsBusy_SyncsTheRolledSegmentAndThenSealsIt()
    {
        using var log = Open(DurabilityMode.Always);
        using var isSyncing = new SemaphoreSlim(0);
        using var mayFinish = new SemaphoreSlim(0);
        var (syncs, seals) = (0, new List<bool>());
        _disk.BeforeFlush = name =>
        {
            if (name != "00000000000000000000.log")
                return;
            seals.Add(IsSealed(name));
            if (++syncs > 1)
                return;
            isSyncing.Release();
            Assert.True(mayFinish.Wait(s_patience));
        };
        Append(log); // as large as a segment
        var first = log.CommitAsync().AsTask();
        Assert.True(await isSyncing.WaitAsync(s_patience, TestContext.Current.CancellationToken));
        Append(log); // goes in, and the segment is rolled
        Append(log);
        Assert.Equal(2u, log.Stats.SegmentsCount);
        var second = log.CommitAsync().AsTask();
        Assert.False(second.IsCompleted);
        mayFinish.Release();
        await first.WaitAsync(s_patience, TestContext.Current.CancellationToken);
        await second.WaitAsync(s_patience, TestContext.Current.CancellationToken);

        Assert.Equal([false, false, true], seals); // the held one, that of the records, that of the seal
        Assert.True(IsSealed("00000000000000000000.log"));
        Assert.Contains("00000000000000000002.log", _disk.Flushed);
    }

    [Fact]
    public async Task CommitAsync_SyncOfARolledSegmentFails_EndsAppendsAndLeavesItUnsealed()
    {
        var log = Open(DurabilityMode.Always);
        Append(log);
        await log.CommitAsync();
        Append(log);
        _disk.BeforeFlush = _ => throw new IOException("The disk is gone.");
        await Assert.ThrowsAsync<FlushFailedException>(() => log.CommitAsync().AsTask().WaitAsync(s_patience, TestContext.Current.CancellationToken));
        Assert.Equal(AppendStatus.Failed, log.Append(MessageLayout.Classic, Batches.Classic(Sent.Of(600)), 1).Status);
        log.Dispose();
        Assert.False(IsSealed("00000000000000000000.log"));

        _disk.BeforeFlush = null;
        using var again = Open(DurabilityMode.Always);
        Assert.Equal(2UL, again.Stats.NextOffset);
        Assert.True(IsSealed("00000000000000000000.log"));
    }

    // Goal: a disk that is slower than the appends does not make us hold files without end. Method: a sync stands still until the thread
    // that appends waits for it, or is through.
    [Fact]
    public async Task Append_AsManyRolledSegmentsAsMayWait_WaitsForTheirSync()
    {
        using var log = Open(DurabilityMode.Interval);
        Append(log);
        var appending = new Thread(() =>
        {
            for (var i = 0; i < 4 * GroupCommit.MaxRolled; i++)
                Append(log);
        });
        var files = 0;
        _disk.BeforeFlush = _ =>
        {
            if (files != 0)
                return;
            files = 1;
            appending.Start();
            Assert.True(SpinWait.SpinUntil(() => appending.Join(1) || (Segments() > GroupCommit.MaxRolled && appending.ThreadState.HasFlag(ThreadState.WaitSleepJoin)), s_patience));
            files = Segments();
        };
        await log.FlushAsync(toDisk: true).WaitAsync(s_patience, TestContext.Current.CancellationToken);
        Assert.Equal(GroupCommit.MaxRolled + 1, files);
        Assert.True(appending.Join(s_patience));
        Assert.Equal((uint)((2 * GroupCommit.MaxRolled) + 1), log.Stats.SegmentsCount);
    }

    [Theory]
    [InlineData(DurabilityMode.None, true)]
    [InlineData(DurabilityMode.Interval, false)]
    [InlineData(DurabilityMode.Always, false)]
    public void Append_Roll_SealsAtOnceOnlyWhereNothingIsSynced(DurabilityMode durability, bool isSealed)
    {
        using var log = Open(durability);
        Append(log);
        Append(log);
        Assert.Equal(isSealed, IsSealed("00000000000000000000.log"));
    }

    // Goal: a seal that comes late finds its own file, whatever became of the log meanwhile.
    [Fact]
    public void ChangesOfTheFiles_RolledSegmentNotSynced_SealItFirst()
    {
        using var log = Open(DurabilityMode.Interval);
        for (var i = 0; i < 5; i++)
            Append(log);
        Assert.Equal(1u, log.DeleteSegments(1)); // its file is the next segment's
        Assert.True(IsSealed($"{2:D20}.log"));
        for (var i = 0; i < 3; i++)
            Append(log);
        log.TruncateAfter(6);
        Assert.Equal(7UL, log.Stats.NextOffset);
        Append(log);
        Append(log);
        log.Purge();
        Append(log);
        log.Dispose();
        using var again = Open(DurabilityMode.Interval);
        Assert.Equal(1UL, again.Stats.NextOffset);
        Assert.Empty(again.Damage);
    }

    [Fact]
    public void Create_FoldersAboveAreMissing_SyncsAllThatHoldANewName()
    {
        var disk = new TestDisk();
        var (topic, partition) = (Path.Combine(_folder, "topic"), Path.Combine(_folder, "topic", "0"));
        LogFolder.Create(partition, disk);
        Assert.Equal([partition, topic, _folder], disk.FlushedFolders);
        disk.FlushedFolders.Clear();
        LogFolder.Create(Path.Combine(topic, "1"), disk);
        Assert.Equal([Path.Combine(topic, "1"), topic], disk.FlushedFolders);
        Directory.Delete(topic, recursive: true);
    }

    private int Segments() => Directory.GetFiles(_folder, "*.log").Length;

    private bool IsSealed(string name)
    {
        using var file = File.OpenHandle(Path.Combine(_folder, name), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        return SegmentFile.Inspect(file, name).Seal is not null;
    }

    private static void Append(PartitionLog log) =>
        Assert.Equal(AppendStatus.Appended, log.Append(MessageLayout.Classic, Batches.Classic(Sent.Of(600)), 1).Status);

    private PartitionLog Open(DurabilityMode durability) => PartitionLog.Open(_folder, new PartitionLogOptions { Durability = durability, SegmentBytes = 512 },
        new FakeTimeProvider(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero)), new TestLogger(), _disk);
}
