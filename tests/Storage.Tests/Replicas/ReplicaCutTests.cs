using Iggy.Storage.Tests.Setup;

namespace Iggy.Storage.Tests.Replicas;

/// <summary>A replica goes back to where a record begins, or begins anew, whatever dies on the way.</summary>
public class ReplicaCutTests
{
    private const int Appends = 7; // of two messages, two appends in a segment

    [Theory]
    [InlineData(DurabilityMode.None)]
    [InlineData(DurabilityMode.Always)]
    public void CutTo_AnyRecord_LeavesWhatIsBelowAndFollowsFromThere(DurabilityMode durability)
    {
        for (var end = 0UL; end <= 2 * Appends; end += 2)
        {
            using var leader = Filled(durability);
            using var follower = new TestLog(leader.Options);
            follower.Log.FollowToEnd(leader.Log);
            follower.Log.CutTo(end);
            Assert.Equal(end, follower.Log.EndOffset);
            Assert.Equal(Expected(end), follower.Values());
            Assert.False(File.Exists(Path.Combine(follower.Folder, "segment.spare")));
            Assert.Equal(Expected(end), follower.Kill().Values());

            follower.Log.FollowToEnd(leader.Log);
            leader.Log.Dispose();
            follower.Log.Dispose();
            ReplicaLogs.AssertSameSegments(leader.Folder, follower.Folder);
        }
    }

    [Fact]
    public void CutTo_InTheMiddleOfARecord_IsRefusedAndChangesNothing()
    {
        using var log = Filled(DurabilityMode.None);
        Assert.Throws<ArgumentException>(() => log.Log.CutTo(3));
        Assert.Throws<ArgumentException>(() => log.Log.CutTo((2 * Appends) + 1));
        Assert.Equal((ulong)(2 * Appends), log.Log.EndOffset);
        log.Append(ReplicaLogs.Valued(99));
        Assert.Equal([.. Expected(2 * Appends), 99], log.Values());
    }

    // Goal: other messages after a cut are not mixed up with those that were there.
    [Fact]
    public void CutTo_ThenOtherMessages_AreTheOnesThatAreThere()
    {
        for (var end = 0UL; end <= 2 * Appends; end += 2)
        {
            using var old = Filled(DurabilityMode.Always);
            using var next = new TestLog(old.Options);
            while (next.Log.EndOffset < end)
                next.Log.Follow(old.Log, maxBytes: 1);
            next.Log.BeginLeading(9);
            for (var i = 0; i < 5; i++)
                next.Append(ReplicaLogs.Valued(100 + i, 300));
            old.Log.CutTo(end);
            old.Log.FollowToEnd(next.Log, maxBytes: 1);
            Assert.Equal([.. Expected(end), 100, 101, 102, 103, 104], old.Values());
            Assert.Equal(old.Values(), old.Kill().Values());
            Assert.Empty(old.Log.Damage);
            old.Log.Dispose();
            next.Log.Dispose();
            ReplicaLogs.AssertSameSegments(old.Folder, next.Folder);
        }
    }

    // Goal: a death at any step of a cut leaves a log that ends there or above, and holds what it held.
    [Fact]
    public void CutTo_KilledAtEveryStep_EndsThereOrAbove()
    {
        for (var end = 2UL; end < 2 * Appends; end += 4)
        {
            var isDone = false;
            for (var step = 1; !isDone; step++)
            {
                using var log = Filled(DurabilityMode.Always);
                isDone = DiesAt(log, step, () => log.Log.CutTo(end));
                Assert.InRange(log.Log.EndOffset, end, 2UL * Appends);
                Assert.Equal(Expected(log.Log.EndOffset), log.Values());
                Assert.Empty(log.Log.Damage);
                Assert.Equal(default, log.Log.Losses);
                log.Log.CutTo(end);
                Assert.Equal(Expected(end), log.Values());
            }
        }
    }

    [Fact]
    public void RestartAt_KilledAtEveryStep_LeavesAllOrNothing()
    {
        var isDone = false;
        for (var step = 1; !isDone; step++)
        {
            using var log = Filled(DurabilityMode.Always);
            log.Log.SetCommitted(4);
            Assert.Equal(StoreOffsetStatus.Stored, log.Log.StoreConsumerOffset(new(ConsumerKind.Consumer, 1), 3));
            isDone = DiesAt(log, step, () => log.Log.RestartAt(1000));
            Assert.True(log.Log.EndOffset is 2 * Appends or 1000, $"step {step}: {log.Log.EndOffset}");
            Assert.Equal(log.Log.EndOffset == 1000 ? [] : Expected(2 * Appends), log.Values());
            Assert.Empty(log.Log.Damage);
            Assert.Equal(default, log.Log.Losses);
            Assert.True(log.Log.TryGetConsumerOffset(new(ConsumerKind.Consumer, 1), out var stored) && stored == 3);
            log.Log.RestartAt(1000);
            Assert.Equal((1000UL, 1000UL), (log.Log.StartOffset, log.Log.EndOffset));
            log.Log.BeginLeading(3);
            Assert.Equal(1000UL, log.Append(ReplicaLogs.Valued(5)));
            Assert.Equal([5], log.Values());
        }
    }

    [Fact]
    public void RollTo_KilledAtEveryStep_IsDoneOrNot()
    {
        var isDone = false;
        for (var step = 1; !isDone; step++)
        {
            using var log = Filled(DurabilityMode.Always); // ends with one append in its segment
            isDone = DiesAt(log, step, () => log.Log.RollTo(2 * Appends, 40));
            Assert.Equal(Expected(2 * Appends), log.Values());
            log.Log.RollTo(2 * Appends, 41); // over the one of 40, which is empty
            log.Log.RollTo(2 * Appends, 41);
            Assert.Equal(41u, log.Log.GenerationOfSegmentAt(2 * Appends));
            log.Append(ReplicaLogs.Valued(5));
            Assert.Equal([.. Expected(2 * Appends), 5], log.Kill().Values());
            Assert.Empty(log.Log.Damage);
            Assert.Equal(default, log.Log.Losses);
        }
    }

    // Goal: what a follower wrote counts whole or not at all, wherever its file ends. Method: the last piece cut at every byte, without its commit slot.
    [Fact]
    public void Open_FollowerCutAtEveryByteOfItsLastRecords_HasWholeAppends()
    {
        using var leader = ReplicaLogs.Leader(ReplicaLogs.Options with { SegmentBytes = 1 << 20 });
        for (var i = 0; i < 3; i++)
            leader.Append(ReplicaLogs.Valued(i));
        using var follower = new TestLog(leader.Options);
        follower.Log.Follow(leader.Log, maxBytes: 1);
        follower.Log.LetGo();
        var slots = File.ReadAllBytes(follower.LogFile())[64..192];
        follower.Kill().Log.FollowToEnd(leader.Log);
        follower.Log.LetGo();
        var image = new LogImage(follower.Folder);
        slots.CopyTo(image[follower.LogFile()], 64);
        var end = 4096 + (3 * RecordBytes(image[follower.LogFile()]));
        for (var length = 4096 + RecordBytes(image[follower.LogFile()]); length <= end; length++)
        {
            image.Restore(follower.LogFile(), image[follower.LogFile()].AsSpan(0, length));
            follower.Kill();
            Assert.InRange(follower.Log.EndOffset, 1UL, 3UL);
            Assert.Equal(Enumerable.Range(0, (int)follower.Log.EndOffset), follower.Values());
            follower.Log.FollowToEnd(leader.Log);
            Assert.Equal([0, 1, 2], follower.Values());
            follower.Log.LetGo();
        }
        follower.Kill();
    }

    // Goal: a segment that a leader began and nobody took over is not in the way of its successor.
    [Fact]
    public void AppendRecords_BehindASegmentThatTheLeaderNeverBegan_GoIntoTheOneBefore()
    {
        using var old = Filled(DurabilityMode.Always);
        using var next = new TestLog(old.Options);
        next.Log.FollowToEnd(old.Log);
        old.Log.RollTo(2 * Appends, 60);
        next.Log.BeginLeading(7);
        next.Append(ReplicaLogs.Valued(70));
        old.Log.FollowToEnd(next.Log);
        Assert.Equal([.. Expected(2 * Appends), 70], old.Values());
        old.Log.Dispose();
        next.Log.Dispose();
        ReplicaLogs.AssertSameSegments(old.Folder, next.Folder);
    }

    private static TestLog Filled(DurabilityMode durability)
    {
        var log = ReplicaLogs.Leader(ReplicaLogs.Options with { Durability = durability });
        for (var i = 0; i < Appends; i++)
        {
            log.Append(ReplicaLogs.Valued(2 * i, 250), ReplicaLogs.Valued((2 * i) + 1, 250));
            log.Clock.Advance(TimeSpan.FromMilliseconds(1));
        }
        return log;
    }

    private static int[] Expected(ulong end) => [.. Enumerable.Range(0, (int)end)];

    private static int RecordBytes(byte[] image) => (BitConverter.ToInt32(image, 4096 + 4) + 7) & ~7;

    // Whether the change came to its end before the process "died".
    private static bool DiesAt(TestLog log, int step, Action change)
    {
        log.Disk.Steps = 0;
        log.Disk.BeforeStep = number => _ = number == step ? throw new IOException("dead") : number;
        var isDone = true;
        try
        {
            change();
        }
        catch (IOException)
        {
            isDone = false;
        }
        log.Disk.BeforeStep = null;
        log.Kill();
        return isDone;
    }
}
