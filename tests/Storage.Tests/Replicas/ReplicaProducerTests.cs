using Iggy.Storage.Tests.Setup;

namespace Iggy.Storage.Tests.Replicas;

/// <summary>Who leads next knows the producers of the records that it has, whoever wrote them.</summary>
public class ReplicaProducerTests
{
    private const ulong A = 7;

    public enum Before
    {
        Nothing,
        ACleanClose,
        ADeath,
        ACut,
    }

    [Theory]
    [InlineData(Before.Nothing)]
    [InlineData(Before.ACleanClose)]
    [InlineData(Before.ADeath)]
    [InlineData(Before.ACut)]
    public void BeginLeading_AfterFollowing_KnowsTheProducers(Before before)
    {
        using var leader = ReplicaLogs.Leader(ReplicaLogs.Options with { SegmentBytes = 3000 });
        using var follower = new TestLog(ReplicaLogs.Options);
        leader.Append(ReplicaLogs.Valued(0));
        follower.Log.FollowToEnd(leader.Log); // nobody is known yet
        for (var i = 0u; i < 20; i++)
        {
            Assert.Equal(new AppendResult(AppendStatus.Appended, 1 + (2 * i)), Append(leader, 2 * i));
            follower.Log.FollowToEnd(leader.Log);
        }
        Assert.Equal(1, follower.Log.ProducersCount);
        var next = 40u;
        if (before is Before.ACleanClose)
            follower.Reopen();
        if (before is Before.ADeath)
            follower.Kill();
        if (before is Before.ACut)
        {
            follower.Log.CutTo(37);
            next = 36;
        }

        follower.Log.BeginLeading(9);
        Assert.Equal(1, follower.Log.ProducersCount);
        Assert.Equal(new AppendResult(AppendStatus.Appended, 1), Append(follower, 0)); // a repeat
        Assert.Equal(new AppendResult(AppendStatus.Appended, 35), Append(follower, 34));
        Assert.Equal(AppendStatus.ProducerOutOfOrder, Append(follower, next + 2).Status);
        Assert.Equal(new AppendResult(AppendStatus.Appended, 1 + next), Append(follower, next));
        Assert.Equal(3UL + next, follower.Log.EndOffset);
    }

    private static AppendResult Append(TestLog log, uint sequence) =>
        log.Log.Append(MessageLayout.Compact, Batches.Numbered(A, 0, sequence, Sent.Many(2, 30)), 2);
}
