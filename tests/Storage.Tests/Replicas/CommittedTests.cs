using Iggy.Storage.Context;
using Iggy.Storage.Tests.Setup;

namespace Iggy.Storage.Tests.Replicas;

/// <summary>Of a replica nobody sees what may still go; a log without replicas knows no such thing.</summary>
public class CommittedTests
{
    private static readonly ConsumerKey s_group = new(ConsumerKind.Group, 7);

    [Fact]
    public void Read_AboveWhatIsCommitted_FindsNothing()
    {
        using var log = ReplicaLogs.Leader();
        for (var i = 0; i < 6; i++)
        {
            log.Append(Sent.Of(200, i), Sent.Of(200, i));
            log.Clock.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.Empty(log.Offsets());
        Assert.Equal(0UL, log.Log.Stats.NextOffset);

        log.Log.SetCommitted(5);
        Assert.Equal([0UL, 1, 2, 3, 4], log.Offsets());
        Assert.Equal([3UL, 4], log.Offsets(ReadFrom.Offset, 3));
        Assert.Empty(log.Offsets(ReadFrom.Offset, 5));
        Assert.Equal([4UL], log.Offsets(ReadFrom.Last, count: 1));
        Assert.Equal([4UL], log.Offsets(ReadFrom.Timestamp, log.NowMicros - 4_000_000)); // the append of 4 and 5
        Assert.Empty(log.Offsets(ReadFrom.Timestamp, log.NowMicros - 1_000_000));
        Assert.Equal(4UL, log.Log.Read(new ReadRequest(ReadFrom.First, 0, 0)).CurrentOffset);
        Assert.Equal([0UL, 1, 2, 3, 4], log.Read(layout: MessageLayout.Compact).Select(message => message.Offset));
    }

    [Fact]
    public void Read_LargeAboveWhatIsCommitted_EndsThere()
    {
        using var log = ReplicaLogs.Leader();
        for (var i = 0; i < 6; i++)
            log.Append(Sent.Of(200, i));
        log.Log.SetCommitted(4);
        var read = log.Log.Read(new ReadRequest(ReadFrom.First, 0, 100, WholeBytes: 1));
        using var large = read.Large!;
        Assert.Equal([0UL, 1, 2, 3], Replies.Take(large, MessageLayout.Classic, 1 << 20).Select(message => message.Offset));
    }

    [Fact]
    public void Stats_OfWhatIsCommitted_LeaveTheRestOut()
    {
        using var log = ReplicaLogs.Leader();
        log.Append(Sent.Many(4, 10));
        log.Log.SetCommitted(3);
        Assert.Equal((3UL, 3UL, 2UL), (log.Log.Stats.NextOffset, log.Log.Stats.MessagesCount, log.Log.Stats.CurrentOffset));
        Assert.Equal(StoreOffsetStatus.OutOfRange, log.Log.StoreConsumerOffset(s_group, 3));
        Assert.Equal(StoreOffsetStatus.Stored, log.Log.StoreConsumerOffset(s_group, 0));
        Assert.Equal(2UL, log.Log.LagMessages);
        Assert.Equal(2UL, log.Log.LagAfter(0).Messages);
        log.Log.SetCommitted(2);
        Assert.Equal(3UL, log.Log.VisibleEnd); // what was seen is not taken back
    }

    [Fact]
    public void DeleteSegments_WithUncommittedMessages_KeepsThem()
    {
        using var log = ReplicaLogs.Leader();
        for (var i = 0; i < 6; i++)
            log.Append(Sent.Of(600, i));
        Assert.Equal(4u, log.Log.Stats.SegmentsCount);
        log.Log.SetCommitted(3); // segments begin at 0, 2 and 4
        Assert.Equal(1u, log.Log.DeleteSegments(10));
        Assert.Equal(2UL, log.Log.Stats.FirstOffset);
    }

    [Fact]
    public void Open_LogWithoutReplicas_ShowsEverythingAtOnce()
    {
        using var log = new TestLog(new PartitionLogOptions());
        log.Append(Sent.Many(3, 10));
        Assert.Equal([0UL, 1, 2], log.Offsets());
        Assert.Equal((3UL, 3UL), (log.Log.Stats.NextOffset, log.Log.VisibleEnd));
        Assert.Throws<InvalidOperationException>(() => log.Log.SetCommitted(1));
    }

    [Fact]
    public void Open_ReplicaAgain_ShowsNothingUntilItIsTold()
    {
        using var log = ReplicaLogs.Leader();
        log.Append(Sent.Many(3, 10));
        log.Log.SetCommitted(3);
        log.Reopen();
        Assert.Empty(log.Offsets());
        Assert.Equal(3UL, log.Log.EndOffset);
    }

    [Fact]
    public void Read_DamageAcrossWhatIsCommitted_IsToldUpToThere()
    {
        using var log = ReplicaLogs.Leader();
        log.Append(Sent.Many(4, 10));
        log.Kill(() =>
        {
            using var file = File.OpenHandle(log.LogFile(), FileMode.Open, FileAccess.ReadWrite);
            RandomAccess.Write(file, [0xFF, 0xFF], 4096 + 70);
        });
        log.Log.SetCommitted(2);
        var read = log.Log.Read(new ReadRequest(ReadFrom.First, 0, 10));
        Assert.Equal((ReadStatus.Damaged, 1UL), (read.Status, read.LastOffset));
    }
}
