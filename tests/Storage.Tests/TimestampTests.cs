using Iggy.Storage.Context;
using Iggy.Storage.Log;
using Iggy.Storage.Tests.Setup;

namespace Iggy.Storage.Tests;

/// <summary>Reads by time are exact, also when the clock is not.</summary>
public class TimestampTests
{
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

    private sealed class SteppingClock(long micros) : TimeProvider
    {
        public long Micros { get; set; } = micros;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddMicroseconds(Micros);
    }
}
