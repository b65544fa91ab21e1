using Iggy.Storage.Context;
using Iggy.Storage.Log;
using Iggy.Storage.Tests.Setup;

namespace Iggy.Storage.Tests;

/// <summary>Reads by time are exact, also when the clock is not.</summary>
public class TimestampTests
{
    private const long s_now = 1_780_000_000_000_000, s_year = 31_536_000_000_000;

    [Fact]
    public void Read_EqualTimestamps_StartsAtTheFirstOfThem()
    {
        using var log = new TestLog(new PartitionLogOptions { SegmentBytes = 600 });
        var start = log.NowMicros;
        for (var i = 0; i < 30; i++)
        {
            log.Append(Sent.Many(2, 10));
            if (i % 5 == 4)
                log.Clock.Advance(TimeSpan.FromMicroseconds(1));
        }
        for (var group = 0UL; group < 6; group++)
            Assert.Equal(group * 10, log.Offsets(ReadFrom.Timestamp, start + group, 1)[0]);
        Assert.Equal(0UL, log.Offsets(ReadFrom.Timestamp, 0, 1)[0]);
        Assert.Empty(log.Offsets(ReadFrom.Timestamp, start + 6));
        Assert.Empty(log.Offsets(ReadFrom.Timestamp, ulong.MaxValue));
    }

    [Fact]
    public void Append_ClockGoesBack_TimestampsDoNot()
    {
        var clock = new SteppingClock(1_000_000);
        using var log = new TestLog();
        log.Log.Dispose();
        var times = new List<ulong>();
        foreach (var micros in (long[])[1_000_000, 1_000_500, 400, 1_000_400, 2_000_000])
        {
            clock.Micros = micros;
            using var opened = PartitionLog.Open(log.Folder, log.Options, clock, log.Logger, log.Disk); // also across openings
            Assert.Equal(AppendStatus.Appended, opened.Append(MessageLayout.Classic, Batches.Classic(Sent.Of(1)), 1).Status);
            times.Add(Replies.Take(opened.Read(new ReadRequest(ReadFrom.Last, 0, 1)), MessageLayout.Classic)[0].TimestampMicros);
        }
        Assert.Equal([1_000_000UL, 1_000_500, 1_000_500, 1_000_500, 2_000_000], times);
    }

    // One moment in the future must not stamp what comes later; inside a segment times do not fall all the same.
    [Fact]
    public void Append_ClockWasFarAhead_TimesFollowItBackInANewSegment()
    {
        var (clock, now) = (new SteppingClock(s_now), s_now);
        using var log = new TestLog();
        log.Log.Dispose();
        using (var opened = PartitionLog.Open(log.Folder, log.Options, clock, log.Logger, log.Disk))
        {
            Append(opened, 1);
            clock.Micros = now + s_year;
            Append(opened, 2);
            clock.Micros = now + 1;
            Append(opened, 3);
            Append(opened, 4);
            Assert.Equal([now, now + s_year, now + 1, now + 1], Times(opened));
            Assert.Equal(2u, opened.Stats.SegmentsCount);
            Assert.Single(log.Logger.Events, entry => entry.Id == 1029);
            Assert.Equal([0UL, 1, 2, 3], Offsets(opened, now));
            Assert.Equal([1UL, 2, 3], Offsets(opened, now + 1)); // the first that bears it or a later one, and all that follow
            Assert.Equal([1UL, 2, 3], Offsets(opened, now + s_year));
            Assert.Empty(Offsets(opened, now + s_year + 1));
        }

        clock.Micros = now + 2;
        using var again = PartitionLog.Open(log.Folder, log.Options, clock, log.Logger, log.Disk);
        Append(again, 5);
        Assert.Equal(now + 2, Times(again)[^1]);
        Assert.Equal(2u, again.Stats.SegmentsCount);
        Assert.Single(log.Logger.Events, entry => entry.Id == 1029);
    }

    [Fact]
    public void Append_OpenedWhenTheClockIsRightAgain_FollowsIt()
    {
        var clock = new SteppingClock(s_now + s_year);
        using var log = new TestLog();
        log.Log.Dispose();
        using (var opened = PartitionLog.Open(log.Folder, log.Options, clock, log.Logger, log.Disk))
            Append(opened, 1);
        clock.Micros = s_now;
        using var again = PartitionLog.Open(log.Folder, log.Options, clock, log.Logger, log.Disk);
        Append(again, 2);
        Assert.Equal([s_now + s_year, s_now], Times(again));
    }

    // Written before what follows it, so as old as that.
    [Fact]
    public void DeleteExpired_TimesStillToCome_TakesTheTimeOfWhatFollows()
    {
        var clock = new SteppingClock(s_now + s_year);
        using var log = new TestLog();
        log.Log.Dispose();
        using var opened = PartitionLog.Open(log.Folder, log.Options, clock, log.Logger, log.Disk);
        Append(opened, 1);
        clock.Micros = s_now;
        Append(opened, 2);
        clock.Micros = s_now + 1000;
        Assert.Equal((ulong)s_now, opened.OldestSealed!.Value.LastTimestampMicros);
        Assert.Equal(0u, opened.DeleteExpiredSegments(s_now - 1));
        Assert.Equal(1u, opened.DeleteExpiredSegments(s_now));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Append_IdSeenWhenTheClockWasFarAhead_IsForgottenAfterItsExpiry(bool isOpenedAgain)
    {
        var clock = new SteppingClock(s_now + s_year);
        using var log = new TestLog(new PartitionLogOptions { Deduplication = new DeduplicationWindow(10, TimeSpan.FromMinutes(1)) });
        log.Log.Dispose();
        var opened = PartitionLog.Open(log.Folder, log.Options, clock, log.Logger, log.Disk);
        Append(opened, 1, id: 7);
        clock.Micros = s_now;
        if (isOpenedAgain)
        {
            opened.Dispose();
            opened = PartitionLog.Open(log.Folder, log.Options, clock, log.Logger, log.Disk);
        }
        Append(opened, 2, id: 7); // dropped
        Append(opened, 3, id: 8);
        Assert.Equal(2UL, opened.Stats.NextOffset);
        clock.Micros += 60_000_000;
        Append(opened, 4, id: 7);
        Assert.Equal(3UL, opened.Stats.NextOffset);
        opened.Dispose();
    }

    [Fact]
    public void Read_AnswerMayLieInDamage_SaysDamaged()
    {
        using var log = new TestLog();
        var start = log.NowMicros;
        for (var i = 0; i < 4; i++)
        {
            log.Append(Sent.Of(16, i));
            log.Clock.Advance(TimeSpan.FromMicroseconds(10));
        }
        log.Kill(() =>
        {
            using var file = File.OpenHandle(log.LogFile(), FileMode.Open, FileAccess.Write);
            RandomAccess.Write(file, new byte[64], 4096 + (2 * 128)); // the header of offset 2: its time is unknown
        });
        Assert.Equal(ReadStatus.Damaged, log.Log.Read(new ReadRequest(ReadFrom.Timestamp, start + 11, 10)).Status);
        Assert.Equal(ReadStatus.Damaged, log.Log.Read(new ReadRequest(ReadFrom.Timestamp, start + 30, 10)).Status);
        Assert.Equal([0UL, 1], log.Offsets(ReadFrom.Timestamp, start));
        Assert.Empty(log.Offsets(ReadFrom.Timestamp, start + 31));
    }

    private static void Append(PartitionLog log, int seed, UInt128 id = default)
        => Assert.Equal(AppendStatus.Appended, log.Append(MessageLayout.Classic, Batches.Classic(Sent.Of(seed) with { Id = id }), 1).Status);

    private static long[] Times(PartitionLog log)
        => [.. Replies.Take(log.Read(new ReadRequest(ReadFrom.First, 0, 100)), MessageLayout.Classic).Select(message => (long)message.TimestampMicros)];

    private static ulong[] Offsets(PartitionLog log, long fromMicros)
        => [.. Replies.Take(log.Read(new ReadRequest(ReadFrom.Timestamp, (ulong)fromMicros, 100)), MessageLayout.Classic).Select(message => message.Offset)];

    private sealed class SteppingClock(long micros) : TimeProvider
    {
        public long Micros { get; set; } = micros;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddMicroseconds(Micros);
    }
}
