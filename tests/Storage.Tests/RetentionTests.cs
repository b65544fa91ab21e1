using Iggy.Storage.Context;
using Iggy.Storage.Tests.Setup;

namespace Iggy.Storage.Tests;

/// <summary>Which sealed segments may go, and that only they go.</summary>
public class RetentionTests
{
    private static readonly TimeSpan s_hour = TimeSpan.FromHours(1), s_patience = TimeSpan.FromSeconds(20);

    [Fact]
    public void OldestSealed_OnlyTheActiveSegment_IsNone()
    {
        using var log = new TestLog(new PartitionLogOptions { SegmentBytes = 5 << 10 });
        Assert.Null(log.Log.OldestSealed);
        log.Append(Sent.Of(1));
        Assert.Null(log.Log.OldestSealed);
        Assert.Equal(0u, log.Log.DeleteExpiredSegments(ulong.MaxValue));
        Assert.False(log.Log.DeleteOldestSegment(0));
        Assert.Equal([0UL], log.Offsets());
    }

    [Fact]
    public void DeleteExpired_ByTheNewestMessage_TakesWholeSegmentsOnly()
    {
        using var log = Filled(out var times);
        Assert.Equal(new SealedSegment(0, times[0], times[6], IsHeld: false), log.Log.OldestSealed);
        Assert.Equal(0u, log.Log.DeleteExpiredSegments(times[6] - 1));
        Assert.Equal(1u, log.Log.DeleteExpiredSegments(times[6]));
        Assert.Equal(new SealedSegment(7, times[7], times[13], IsHeld: false), log.Log.OldestSealed);
        Assert.Equal(2u, log.Log.DeleteExpiredSegments(ulong.MaxValue)); // never the active one
        Assert.Equal(new LogStats(21, 22, 1, 1000, 1, 21), log.Log.Stats);
        Assert.Equal(["00000000000000000021.log"], LogFiles(log));
        Assert.Equal([21UL], log.Kill().Offsets());
    }

    [Fact]
    public void DeleteExpired_ConsumerStandsInTheWay_StopsThereAndSaysSoOnce()
    {
        using var log = Filled(out _);
        log.Log.StoreConsumerOffset(new ConsumerKey(ConsumerKind.Group, 1), 12);
        Assert.Equal(1u, log.Log.DeleteExpiredSegments(ulong.MaxValue));
        Assert.Equal((7UL, true), (log.Log.OldestSealed!.Value.FirstOffset, log.Log.OldestSealed.Value.IsHeld));
        Assert.Equal(0u, log.Log.DeleteExpiredSegments(ulong.MaxValue));
        Assert.False(log.Log.DeleteOldestSegment(7));
        Assert.Single(log.Logger.Events, entry => entry.Id == 1015);

        log.Log.StoreConsumerOffset(new ConsumerKey(ConsumerKind.Group, 1), 13);
        Assert.True(log.Log.DeleteOldestSegment(7));
        Assert.Equal(14UL, log.Log.Stats.FirstOffset);
    }

    [Fact]
    public void DeleteOldest_OfAnotherSegmentThanMeant_DoesNothing()
    {
        using var log = Filled(out _);
        Assert.False(log.Log.DeleteOldestSegment(7));
        Assert.True(log.Log.DeleteOldestSegment(0));
        Assert.False(log.Log.DeleteOldestSegment(0)); // the same wish twice takes one segment
        Assert.Equal(7UL, log.Log.Stats.FirstOffset);
    }

    // A segment whose times are lost cannot be newer than what follows it.
    [Fact]
    public void DeleteExpired_SegmentThatIsDown_GoesWithTheTimeOfTheNext()
    {
        using var log = Filled(out var times);
        log.Kill(() => File.WriteAllBytes(log.LogFile(), new byte[8192]));
        Assert.Equal(new SealedSegment(0, 0, times[7], IsHeld: false), log.Log.OldestSealed);
        Assert.Equal(new DamagedRange(0, 6), Assert.Single(log.Log.Damage));
        Assert.Equal(0u, log.Log.DeleteExpiredSegments(times[7] - 1));
        Assert.Equal(1u, log.Log.DeleteExpiredSegments(times[7]));
        Assert.Empty(log.Log.Damage);
        Assert.Equal(7UL, log.Offsets()[0]);
    }

    // Goal: files go beside the work of the log. Method: the first change of a name stands still; meanwhile appends, rolls, syncs and reads come through.
    [Fact]
    public async Task Run_FilesTakeLong_HoldsUpNobody()
    {
        using var log = new TestLog(new PartitionLogOptions { SegmentBytes = 5 << 10, Durability = DurabilityMode.Always });
        for (var i = 0; i < 22; i++)
            log.Append(Sent.Of(1000 - 64, i));
        await log.Log.CommitAsync();
        using var isGoing = new SemaphoreSlim(0);
        using var mayGo = new SemaphoreSlim(0);
        var removal = log.Log.TakeOldest(2);
        Assert.Equal((2u, 14UL), (removal.Count, log.Log.Stats.FirstOffset));
        var remover = 0;
        log.Disk.BeforeStep = _ =>
        {
            if (Environment.CurrentManagedThreadId != Volatile.Read(ref remover))
                return;
            isGoing.Release();
            Assert.True(mayGo.Wait(s_patience));
        };
        var running = Task.Run(() =>
        {
            Volatile.Write(ref remover, Environment.CurrentManagedThreadId);
            removal.Run();
        }, TestContext.Current.CancellationToken);
        Assert.True(await isGoing.WaitAsync(s_patience, TestContext.Current.CancellationToken));

        for (var i = 22; i < 40; i++)
            log.Append(Sent.Of(1000 - 64, i));
        await log.Log.CommitAsync().AsTask().WaitAsync(s_patience, TestContext.Current.CancellationToken);
        Assert.Equal(4u, log.Log.Stats.SegmentsCount);
        Assert.Equal(14UL, log.Offsets()[0]);
        Assert.Equal(39UL, log.Offsets(ReadFrom.Offset, 39)[0]);
        Assert.Contains("00000000000000000000.log", LogFiles(log));
        Volatile.Write(ref remover, 0);
        mayGo.Release();
        await running.WaitAsync(s_patience, TestContext.Current.CancellationToken);
        Assert.Equal("00000000000000000014.log", LogFiles(log).Order().First());
        Assert.Equal([.. Enumerable.Range(14, 26).Select(offset => (ulong)offset)], log.Kill().Offsets());
        Assert.Empty(log.Log.Damage);
    }

    [Fact]
    public void Run_AfterAPurge_TouchesNothing()
    {
        using var log = Filled(out _);
        var removal = log.Log.TakeOldest(2);
        log.Log.Purge();
        log.Append(Sent.Of(1));
        removal.Run();
        Assert.Equal([0UL], log.Kill().Offsets());
        Assert.Equal(default, log.Log.Losses);
    }

    // Three sealed segments of seven messages, one an hour, and an active one.
    private static TestLog Filled(out ulong[] times)
    {
        var log = new TestLog(new PartitionLogOptions { SegmentBytes = 5 << 10 });
        times = new ulong[22];
        for (var i = 0; i < times.Length; i++)
        {
            times[i] = log.NowMicros;
            log.Append(Sent.Of(1000 - 64, i));
            log.Clock.Advance(s_hour);
        }
        return log;
    }

    private static string[] LogFiles(TestLog log) => [.. Directory.GetFiles(log.Folder, "*.log").Select(path => Path.GetFileName(path)!)];
}
