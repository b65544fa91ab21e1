using Iggy.Storage.Tests.Setup;

namespace Iggy.Storage.Tests.Replicas;

/// <summary>Records go from one log to another as they are, and nothing else gets in.</summary>
public class RecordCopyTests
{
    // Goal: rolls, packed and plain records, appends of several records and large ones give the same files.
    [Theory]
    [InlineData(1)]
    [InlineData(700)]
    [InlineData(1 << 20)]
    public void AppendRecords_OfAWholeLog_GivesTheSameSegments(int maxBytes)
    {
        using var leader = ReplicaLogs.Leader(ReplicaLogs.Options with { SegmentBytes = 3000 });
        using var follower = new TestLog(ReplicaLogs.Options);
        for (var i = 0; i < 30; i++)
        {
            leader.Log.Codec = (RecordCodec)(i % 3);
            leader.Append([.. Enumerable.Range(0, 1 + (i % 4)).Select(j => ReplicaLogs.Valued(i, 20 * i))]);
            leader.Clock.Advance(TimeSpan.FromMilliseconds(1));
        }
        leader.Append(ReplicaLogs.Valued(1), ReplicaLogs.Valued(2) with { OriginMicros = 7_200_000_000 }, ReplicaLogs.Valued(3)); // three records
        leader.Append(ReplicaLogs.Valued(4, 3 << 20));
        follower.Log.FollowToEnd(leader.Log, maxBytes);

        Assert.Equal(leader.Values(), follower.Values());
        Assert.Equal(leader.Log.Stats, follower.Log.Stats);
        Assert.Equal(leader.Log.RecordsCount, follower.Log.RecordsCount);
        leader.Log.Dispose();
        follower.Log.Dispose();
        ReplicaLogs.AssertSameSegments(leader.Folder, follower.Folder);
    }

    // Goal: an append of several records never comes in parts, since half of one must not be read.
    [Fact]
    public void PlanRecords_AppendOfSeveralRecords_TakesAllOfThem()
    {
        using var leader = ReplicaLogs.Leader(ReplicaLogs.Options with { SegmentBytes = 1 << 20 });
        leader.Append(ReplicaLogs.Valued(0));
        leader.Append(ReplicaLogs.Valued(1), ReplicaLogs.Valued(2) with { OriginMicros = 7_200_000_000 });
        leader.Append(ReplicaLogs.Valued(3));
        Assert.Equal(3UL, leader.Log.PlanRecords(1, 4, maxBytes: 1).End);
        Assert.Equal(RecordsFound.Records, leader.Log.PlanRecords(2, 3, 1).Found);
        Assert.Equal(RecordsFound.End, leader.Log.PlanRecords(1, 2, 1 << 20).Found); // half of it is not to be passed
        Assert.Equal(RecordsFound.End, leader.Log.PlanRecords(4, 9, 1).Found);
    }

    [Fact]
    public void PlanRecords_InTheMiddleOfARecordOrBelowTheLog_FindsNothing()
    {
        using var leader = ReplicaLogs.Leader();
        leader.Append(Sent.Many(3, 400));
        leader.Append(Sent.Many(3, 400));
        leader.Append(Sent.Of(1));
        Assert.Equal(RecordsFound.NotThere, leader.Log.PlanRecords(1, 7, 1000).Found);
        leader.Log.SetCommitted(7);
        Assert.Equal(1u, leader.Log.DeleteSegments(1));
        Assert.Equal(RecordsFound.NotThere, leader.Log.PlanRecords(0, 7, 1000).Found);
    }

    // Goal: bytes that are not what the leader wrote do not get in, whichever of them is wrong. Method: every byte bent, and every length.
    [Fact]
    public void AppendRecords_WithAnyByteBentOrMissing_IsRefused()
    {
        using var leader = ReplicaLogs.Leader();
        leader.Append(Sent.Of(21, 1));
        leader.Append(Sent.Of(30, 2), Sent.Of(3, 3));
        var plan = leader.Log.PlanRecords(0, 3, 1 << 20);
        var records = leader.Log.Copy(in plan);
        using var follower = new TestLog(ReplicaLogs.Options);
        follower.Log.RollTo(0, plan.Generation);
        for (var at = 0; at < records.Length; at++)
        {
            var bent = records.ToArray();
            bent[at] ^= 0x41;
            Assert.Equal(RecordsStatus.Malformed, follower.Log.AppendRecords(0, 3, bent));
            Assert.Equal(RecordsStatus.Malformed, follower.Log.AppendRecords(0, 3, records.AsSpan(0, at)));
        }
        Assert.Equal(RecordsStatus.Malformed, follower.Log.AppendRecords(0, 2, records));
        Assert.Equal(RecordsStatus.Malformed, follower.Log.AppendRecords(0, 4, records));
        Assert.Equal(RecordsStatus.OutOfOrder, follower.Log.AppendRecords(1, 3, records));
        Assert.Equal(0UL, follower.Log.EndOffset);
        Assert.Equal(RecordsStatus.Appended, follower.Log.AppendRecords(0, 3, records));
        Assert.Equal(RecordsStatus.OutOfOrder, follower.Log.AppendRecords(0, 3, records));
    }

    [Fact]
    public void AppendRecords_OfAnotherSegment_AreRefused()
    {
        using var leader = ReplicaLogs.Leader();
        leader.Append(Sent.Of(21, 1));
        using var follower = new TestLog(ReplicaLogs.Options);
        follower.Log.RollTo(0, 9);
        var plan = leader.Log.PlanRecords(0, 1, 1 << 20);
        Assert.Equal(RecordsStatus.WrongSegment, follower.Log.AppendRecords(0, 1, leader.Log.Copy(in plan)));
    }

    // Goal: records of half an append are no whole appends.
    [Fact]
    public void AppendRecords_WithoutTheLastRecordOfAnAppend_AreRefused()
    {
        using var leader = ReplicaLogs.Leader();
        leader.Append(ReplicaLogs.Valued(1), ReplicaLogs.Valued(2) with { OriginMicros = 7_200_000_000 });
        var plan = leader.Log.PlanRecords(0, 2, 1 << 20);
        var records = leader.Log.Copy(in plan);
        using var follower = new TestLog(ReplicaLogs.Options);
        follower.Log.RollTo(0, plan.Generation);
        var first = (BitConverter.ToInt32(records, 4) + 7) & ~7;
        Assert.Equal(RecordsStatus.Malformed, follower.Log.AppendRecords(0, 1, records.AsSpan(0, first)));
    }

    [Fact]
    public void AppendRecords_FullDisk_IsRefusedAndGoesOnLater()
    {
        using var leader = ReplicaLogs.Leader(ReplicaLogs.Options with { SegmentBytes = 1 << 20 });
        leader.Append(ReplicaLogs.Valued(1, 200_000));
        using var follower = new TestLog(ReplicaLogs.Options);
        var plan = leader.Log.PlanRecords(0, 1, 1 << 20);
        follower.Log.RollTo(0, plan.Generation);
        follower.Disk.FullFrom = 10_000;
        Assert.Equal(RecordsStatus.DiskFull, follower.Log.AppendRecords(0, 1, leader.Log.Copy(in plan)));
        follower.Disk.FullFrom = long.MaxValue;
        Assert.Equal(RecordsStatus.Appended, follower.Log.AppendRecords(0, 1, leader.Log.Copy(in plan)));
    }

    // Goal: a follower whose segments are meant to be smaller takes what the leader's hold.
    [Fact]
    public void AppendRecords_BeyondTheMapping_Enlarges()
    {
        using var leader = ReplicaLogs.Leader(ReplicaLogs.Options with { SegmentBytes = 64 << 20 });
        using var follower = new TestLog(ReplicaLogs.Options with { Durability = DurabilityMode.Always }); // maps 8 MiB
        for (var i = 0; i < 12; i++)
            leader.Append(ReplicaLogs.Valued(i, 1_000_000));
        follower.Log.FollowToEnd(leader.Log);
        Assert.Equal(Enumerable.Range(0, 12), follower.Values());
        Assert.Equal(Enumerable.Range(0, 12), follower.Kill().Values());
    }

    // Goal: a leader's records are never taken for those of an older one behind them.
    [Fact]
    public void BeginLeading_AfterALeaderOfManyOpenings_WritesAGreaterEpoch()
    {
        using var leader = ReplicaLogs.Leader(epoch: 500);
        leader.Append(ReplicaLogs.Valued(1));
        using var follower = new TestLog(ReplicaLogs.Options);
        follower.Log.FollowToEnd(leader.Log);
        follower.Log.BeginLeading(2);
        follower.Append(ReplicaLogs.Valued(2));
        leader.Log.FollowToEnd(follower.Log);
        Assert.Equal([1, 2], leader.Values());
        using var file = File.OpenHandle(leader.LogFile(), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var epochs = new byte[4];
        RandomAccess.Read(file, epochs, 4096 + 152 + 40);
        Assert.Equal(501, BitConverter.ToInt32(epochs));
    }

    // Goal: nobody takes what cannot be read.
    [Fact]
    public void PlanRecords_Damaged_SaysSo()
    {
        using var leader = ReplicaLogs.Leader();
        leader.Append(Sent.Of(600, 1));
        leader.Append(Sent.Of(600, 2));
        leader.Append(Sent.Of(10, 3));
        leader.Kill(() =>
        {
            using var file = File.OpenHandle(leader.LogFile(), FileMode.Open, FileAccess.ReadWrite);
            RandomAccess.Write(file, [0xFF, 0xFF], 4096 + 200);
        });
        var plan = leader.Log.PlanRecords(0, 3, 1);
        Assert.True(plan.Found is RecordsFound.Damaged || !leader.Log.CopyRecords(in plan, new byte[plan.Bytes]));
        Assert.Equal(RecordsFound.Damaged, leader.Log.PlanRecords(0, 3, 1).Found);
    }

    // Goal: the spare file of a segment of a higher generation never becomes one of a lower: its old records would be taken for new ones.
    [Fact]
    public void RollTo_LowerGenerationThanTheSpareFile_DoesNotUseIt()
    {
        using var log = ReplicaLogs.Leader();
        log.Log.RollTo(0, 50);
        log.Append(Sent.Of(600, 1));
        log.Append(Sent.Of(600, 2));
        log.Append(Sent.Of(600, 3));
        log.Log.SetCommitted(3);
        Assert.Equal(1u, log.Log.DeleteSegments(1));
        Assert.True(File.Exists(Path.Combine(log.Folder, "segment.spare")));
        log.Log.RollTo(3, 7);
        Assert.True(File.Exists(Path.Combine(log.Folder, "segment.spare")));
        Assert.Equal(7u, log.Log.GenerationOfSegmentAt(3));
    }
}
