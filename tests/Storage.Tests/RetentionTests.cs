using Iggy.Storage.Context;
using Iggy.Storage.Tests.Setup;

namespace Iggy.Storage.Tests;

/// <summary>Which sealed segments may go, and that only they go.</summary>
public class RetentionTests
{
    private static readonly TimeSpan s_hour = TimeSpan.FromHours(1);

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
