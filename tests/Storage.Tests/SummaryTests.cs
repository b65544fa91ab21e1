using CsCheck;
using Iggy.Storage.Context;
using Iggy.Storage.Log;
using Iggy.Storage.Offsets;
using Iggy.Storage.Tests.Setup;

namespace Iggy.Storage.Tests;

/// <summary>What is known of a log without opening it is true, or is not known.</summary>
public class SummaryTests
{
    private static readonly ConsumerKey s_one = new(ConsumerKind.Consumer, 1);

    [Fact]
    public void TryReadSummary_NeverOpened_IsAnEmptyLog()
    {
        using var log = new TestLog();
        Assert.True(PartitionLog.TryReadSummary(log.Folder, out var summary));
        Assert.Equal(log.Log.Summary, summary);
    }

    [Fact]
    public void TryReadSummary_ClosedInOrder_IsWhatTheLogSays()
    {
        using var log = new TestLog(new PartitionLogOptions { SegmentBytes = 1000 });
        for (var i = 0; i < 30; i++)
            log.Append(Sent.Many(3, 64));
        log.Log.StoreConsumerOffset(s_one, 70);
        Assert.Equal(2u, log.Log.DeleteSegments(2));
        var expected = log.Log.Summary;
        Assert.True(expected is { LagMessages: 19, OldestSealed: { IsHeld: false, FirstOffset: > 0 } });
        log.Log.Dispose();

        Assert.True(PartitionLog.TryReadSummary(log.Folder, out var summary));
        Assert.Equal(expected, summary);
        Assert.True(summary.Stats is { FirstOffset: > 0, SegmentsCount: > 1, NextOffset: 90 });
        log.Reopen();
        Assert.Equal(expected, log.Log.Summary);
    }

    [Fact]
    public void TryReadSummary_OldestSegmentHeld_SaysSo()
    {
        using var log = new TestLog(new PartitionLogOptions { SegmentBytes = 1000 });
        for (var i = 0; i < 9; i++)
            log.Append(Sent.Many(3, 64));
        log.Log.StoreConsumerOffset(s_one, 0);
        log.Log.Dispose();
        Assert.True(PartitionLog.TryReadSummary(log.Folder, out var summary));
        Assert.Equal(new SealedSegment(0, log.NowMicros, log.NowMicros, IsHeld: true), summary.OldestSealed);
    }

    [Fact]
    public void TryReadSummary_OpenOrKilled_IsNotKnown()
    {
        using var log = new TestLog();
        log.Append(Sent.Many(3, 64));
        log.Log.Dispose();
        log.Reopen();
        Assert.False(PartitionLog.TryReadSummary(log.Folder, out _)); // written once, but the log is open again
        log.Append(Sent.Many(3, 64));
        log.Kill(() => Assert.False(PartitionLog.TryReadSummary(log.Folder, out _)));
    }

    [Fact]
    public void TryReadSummary_AfterAFailedSync_IsNotKnown()
    {
        using var log = new TestLog(new PartitionLogOptions { Durability = DurabilityMode.Always });
        log.Append(Sent.Many(3, 64));
        log.Disk.BeforeFlush = static () => throw new IOException("broken by a test");
        log.Log.Dispose();
        Assert.False(PartitionLog.TryReadSummary(log.Folder, out _));
    }

    [Fact]
    public void TryReadSummary_AnyByteBent_IsNotKnownOrTheSame()
    {
        using var log = new TestLog();
        log.Append(Sent.Many(3, 64));
        log.Log.Dispose();
        Assert.True(PartitionLog.TryReadSummary(log.Folder, out var summary));
        var path = Path.Combine(log.Folder, "partition.lock");
        var whole = File.ReadAllBytes(path);
        for (var i = 0; i < whole.Length; i++)
        {
            var bent = whole.ToArray();
            bent[i] ^= 0x40;
            File.WriteAllBytes(path, bent);
            Assert.True(!PartitionLog.TryReadSummary(log.Folder, out var read) || read == summary, $"byte {i}");
            File.WriteAllBytes(path, whole[..i]);
            Assert.True(i == 0 || !PartitionLog.TryReadSummary(log.Folder, out _), $"cut at {i}");
        }
        File.WriteAllBytes(path, whole);
    }

    [Fact]
    public async Task TryReadSummary_BesideOpenings_NeverKeepsOneOut()
    {
        using var log = new TestLog();
        var stop = false;
        var reading = Task.Run(() =>
        {
            while (!Volatile.Read(ref stop))
                PartitionLog.TryReadSummary(log.Folder, out _);
        }, TestContext.Current.CancellationToken);
        for (var i = 0; i < 50; i++)
            log.Reopen(); // throws when it finds the lock taken
        Volatile.Write(ref stop, true);
        await reading;
    }

    [Fact]
    public void TryReadSummary_NoLog_IsNotKnown()
        => Assert.False(PartitionLog.TryReadSummary(Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("N")), out _));

    // Goal: the smallest offset after any changes. Method: random sets and removals beside a plain table.
    [Fact]
    public void SmallestOffset_AnyChanges_IsTheSmallest() =>
        Gen.Select(Gen.Int[0, 20], Gen.ULong[0, 50], Gen.Bool).Array[0, 200].Sample(changes =>
        {
            var (smallest, table) = (new SmallestOffset(), new Dictionary<int, ulong>());
            foreach (var (slot, offset, isRemoval) in changes)
            {
                if (!isRemoval)
                {
                    smallest.Set(slot, offset);
                    table[slot] = offset;
                }
                else if (table.Remove(slot))
                    smallest.Remove(slot);
                if (smallest.Value != (table.Count == 0 ? null : table.Values.Min()))
                    return false;
            }
            smallest.Clear();
            return smallest.Value is null;
        });

    [Fact]
    public void LagMessages_StoredMovedDeletedAndLoaded_FollowsTheSlowest()
    {
        using var log = new TestLog();
        log.Append(Sent.Many(100, 1));
        for (var id = 1u; id <= 10; id++)
            log.Log.StoreConsumerOffset(new ConsumerKey(ConsumerKind.Consumer, id), 10 * (ulong)(id - 1));
        Assert.Equal(99UL, log.Log.LagMessages);
        log.Log.StoreConsumerOffset(s_one, 95);
        Assert.Equal(89UL, log.Log.LagMessages);
        log.Log.DeleteConsumerOffset(new ConsumerKey(ConsumerKind.Consumer, 2));
        Assert.Equal(79UL, log.Log.LagMessages);
        log.Kill();
        Assert.Equal(79UL, log.Log.LagMessages);
        log.Log.TruncateAfter(5);
        Assert.Equal(0UL, log.Log.LagMessages);
        log.Log.Purge();
        log.Append(Sent.Of(1));
        Assert.Equal(0UL, log.Log.LagMessages);
    }
}
