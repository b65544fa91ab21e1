using Iggy.Storage.Context;
using Iggy.Storage.Files;
using Iggy.Storage.Tests.Setup;

namespace Iggy.Storage.Tests;

/// <summary>What an acknowledgement stands for, and what a failed sync does.</summary>
public class CommitTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    // The runtime takes it for success where a file system cannot sync, or says that it became read-only, which it does after a failure.
    [Fact]
    public void Flush_RefusedBySystem_IsAFailure()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere the runtime syncs.");
        using var file = File.OpenHandle("/dev/null");
        Assert.Throws<IOException>(() => PhysicalDisk.Instance.Flush(file));
    }

    [Fact]
    public async Task CommitAsync_None_IsCompleteWithoutASync()
    {
        using var log = new TestLog();
        log.Append(Sent.Of(1));
        var before = log.Disk.Flushes;
        await log.Log.CommitAsync();
        await log.Log.FlushAsync(toDisk: false);
        Assert.Equal(before, log.Disk.Flushes);
        await log.Log.FlushAsync(toDisk: true).WaitAsync(s_patience, TestContext.Current.CancellationToken);
        Assert.Equal(before + 2, log.Disk.Flushes); // log and inventory; the index is made anew where it is lost
    }

    // Goal: a caller that is promised the disk gets it whatever the log's mode, and only where there is something to sync.
    [Theory]
    [InlineData(DurabilityMode.None)]
    [InlineData(DurabilityMode.Interval)]
    public async Task CommitAsync_ToDisk_SyncsWhateverTheMode(DurabilityMode mode)
    {
        using var log = new TestLog(new PartitionLogOptions { Durability = mode, FlushInterval = TimeSpan.FromDays(1) });
        log.Append(Sent.Of(1));
        var before = log.Disk.Flushes;
        await log.Log.CommitAsync(toDisk: true).AsTask().WaitAsync(s_patience, TestContext.Current.CancellationToken);
        Assert.Equal(before + 2, log.Disk.Flushes); // log and inventory; the index is made anew where it is lost
        Assert.True(log.Log.CommitAsync(toDisk: true).AsTask().IsCompletedSuccessfully);
        Assert.Equal(before + 2, log.Disk.Flushes);
    }

    // Goal: callers that come while a sync runs share the next one. Method: hold the first sync, append and commit ten times, let go.
    [Fact]
    public async Task CommitAsync_Always_CallersDuringASyncShareTheNext()
    {
        using var log = new TestLog(new PartitionLogOptions { Durability = DurabilityMode.Always });
        using var isSyncing = new SemaphoreSlim(0);
        using var mayFinish = new SemaphoreSlim(0);
        log.Append(Sent.Of(1));
        var before = log.Disk.Flushes;
        var held = 0;
        log.Disk.BeforeFlush = () =>
        {
            if (Interlocked.Exchange(ref held, 1) != 0)
                return;
            isSyncing.Release();
            Assert.True(mayFinish.Wait(s_patience));
        };
        var first = log.Log.CommitAsync().AsTask();
        Assert.True(await isSyncing.WaitAsync(s_patience, TestContext.Current.CancellationToken));
        var others = new Task[10];
        for (var i = 0; i < others.Length; i++)
        {
            log.Append(Sent.Of(1));
            others[i] = log.Log.CommitAsync().AsTask();
            Assert.False(others[i].IsCompleted);
        }
        Assert.False(first.IsCompleted);
        mayFinish.Release();
        await Task.WhenAll([first, .. others]).WaitAsync(s_patience, TestContext.Current.CancellationToken);
        Assert.InRange(log.Disk.Flushes - before, 2, 5); // two rounds of log and index, one of the inventory
        Assert.True(log.Log.CommitAsync().AsTask().IsCompletedSuccessfully);
    }

    [Fact]
    public async Task CommitAsync_RollDuringASync_SyncsTheSealedSegmentToo()
    {
        using var log = new TestLog(new PartitionLogOptions { Durability = DurabilityMode.Always, SegmentBytes = 512 });
        for (var i = 0; i < 50; i++)
        {
            log.Append(Sent.Many(3, 300));
            await log.Log.CommitAsync().AsTask().WaitAsync(s_patience, TestContext.Current.CancellationToken);
        }
        Assert.Equal(150, log.Kill().Read().Count);
    }

    [Fact]
    public async Task Append_Interval_IsSyncedWhenTheTimeHasPassed()
    {
        using var log = new TestLog(new PartitionLogOptions { Durability = DurabilityMode.Interval, FlushInterval = TimeSpan.FromSeconds(3) });
        log.Append(Sent.Of(1));
        var before = log.Disk.Flushes;
        var synced = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        log.Disk.BeforeFlush = () => synced.TrySetResult();
        Assert.True(log.Log.CommitAsync().AsTask().IsCompletedSuccessfully);
        log.Clock.Advance(TimeSpan.FromSeconds(2.9));
        Assert.Equal(before, log.Disk.Flushes);
        log.Clock.Advance(TimeSpan.FromSeconds(0.1));
        await synced.Task.WaitAsync(s_patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task CommitAsync_SyncFails_EndsAppendsButNotReads()
    {
        using var log = new TestLog(new PartitionLogOptions { Durability = DurabilityMode.Always });
        log.Append(Sent.Of(1));
        log.Disk.BeforeFlush = () => throw new IOException("The disk is gone.");
        await Assert.ThrowsAsync<FlushFailedException>(() => log.Log.CommitAsync().AsTask().WaitAsync(s_patience, TestContext.Current.CancellationToken));
        log.Disk.BeforeFlush = null;
        Assert.Equal(AppendStatus.Failed, log.Log.Append(MessageLayout.Classic, Batches.Classic(Sent.Of(1)), 1).Status);
        Assert.Equal(StoreOffsetStatus.Failed, log.Log.StoreConsumerOffset(new ConsumerKey(ConsumerKind.Consumer, 1), 0));
        await Assert.ThrowsAsync<FlushFailedException>(() => log.Log.CommitAsync().AsTask());
        Assert.Equal([0UL], log.Offsets());
        Assert.Equal(1UL, log.Reopen().Append(Sent.Of(1)));
    }

    [Fact]
    public void Dispose_Always_SyncsWhatIsOpen()
    {
        using var log = new TestLog(new PartitionLogOptions { Durability = DurabilityMode.Always });
        log.Append(Sent.Of(1));
        log.Log.StoreConsumerOffset(new ConsumerKey(ConsumerKind.Consumer, 1), 0);
        var before = log.Disk.Flushes;
        log.Log.Dispose();
        Assert.Equal(before + 4, log.Disk.Flushes); // log, index, offsets, inventory
        Assert.Equal(AppendStatus.Closed, log.Log.Append(MessageLayout.Classic, Batches.Classic(Sent.Of(1)), 1).Status);
        Assert.Equal(ReadStatus.Closed, log.Log.Read(new ReadRequest(ReadFrom.First, 0, 1)).Status);
    }
}
