using Iggy.Storage.Context;
using Iggy.Storage.Segments;
using Iggy.Storage.Tests.Setup;

namespace Iggy.Storage.Tests;

/// <summary>Rolling, deleting, purging and truncating segments.</summary>
public class SegmentTests
{
    private static readonly PartitionLogOptions s_small = new() { SegmentBytes = 5 << 10 };

    // Spec semantics 5.1: 1000-byte messages and segments of 5 KiB give 7 messages in each sealed segment.
    [Fact]
    public void Append_ThousandByteMessagesInto5KiBSegments_SealsSevenEach()
    {
        using var log = Filled(messages: 22);
        Assert.Equal(new LogStats(0, 22, 22, 22_000, 4, 21), log.Log.Stats);
        Assert.True(File.Exists(log.LogFile(7)) && File.Exists(log.LogFile(14)) && File.Exists(log.LogFile(21)));
        Assert.Equal(new LogStats(0, 22, 22, 22_000, 4, 21), log.Reopen().Log.Stats);
        Assert.Equal(22, log.Kill().Read().Count);
    }

    [Fact]
    public void Append_BatchThatDoesNotFitTheMapping_RollsFirst()
    {
        using var log = new TestLog(new PartitionLogOptions { SegmentBytes = 512 });
        log.Append(Sent.Of(10));
        log.Append(Sent.Many(20, 1_000_000));
        Assert.Equal([0UL, 1], log.Offsets(count: 2));
        Assert.True(File.Exists(log.LogFile(1)));
        Assert.Equal(21, log.Kill().Read().Count);
    }

    [Fact]
    public void Append_FirstBatchDoesNotFitTheMapping_EnlargesTheEmptySegment()
    {
        using var log = new TestLog(new PartitionLogOptions { SegmentBytes = 512 });
        log.Append(Sent.Many(20, 1_000_000));
        Assert.Equal(1u, log.Log.Stats.SegmentsCount);
        log.Append(Sent.Of(1));
        Assert.Equal(2u, log.Log.Stats.SegmentsCount);
        Assert.Equal(21, log.Kill().Read().Count);
        Assert.Empty(log.Log.Damage);
    }

    [Fact]
    public void Dispose_ActiveSegment_LeavesItsFileCutToItsRecords()
    {
        using var log = new TestLog();
        log.Append(Sent.Of(16));
        log.Log.Dispose();
        Assert.Equal(4096 + 64 + 48 + 16, new FileInfo(log.LogFile()).Length);
    }

    // A copy of the folder of a running server is as large as what is in it.
    [Fact]
    public void Append_FewMessages_LeaveASmallFile()
    {
        using var log = new TestLog();
        for (var i = 0; i < 4; i++)
            log.Append(Sent.Of(100));
        Assert.InRange(new FileInfo(log.LogFile()).Length, 4096 + (4 * 216), 80 << 10);
    }

    // Goal: space is taken ahead of the traffic, not far ahead of it. Method: after every append, how much longer the file is than its records.
    [Fact]
    public void Append_ManyMessages_FileGrowsInStepsThatFollow()
    {
        using var log = new TestLog();
        var (steps, length) = (0, 0L);
        for (var i = 1; i <= 64; i++)
        {
            log.Append(Sent.Many(8, 100_000));
            var now = new FileInfo(log.LogFile()).Length;
            steps += now != length ? 1 : 0;
            length = now;
            Assert.InRange(length, i * 800_000L, (i * 3 * 801_000L) + (1 << 20));
        }
        Assert.InRange(steps, 4, 40); // not one for each append, however slow the machine
    }

    [Fact]
    public void DeleteSegments_NoConsumers_DeletesSealedOnesAndKeepsCounting()
    {
        using var log = Filled(messages: 22);
        Assert.Equal(0u, log.Log.DeleteSegments(0));
        Assert.Equal(1u, log.Log.DeleteSegments(1));
        Assert.Equal(new LogStats(7, 22, 15, 15_000, 3, 21), log.Log.Stats);
        Assert.Equal(7UL, log.Offsets(ReadFrom.Offset, 2)[0]);
        Assert.Equal(2u, log.Log.DeleteSegments(uint.MaxValue));
        Assert.Equal([21UL], log.Offsets());
        Assert.Equal([21UL], log.Offsets(ReadFrom.Last, count: 100));
        Assert.False(File.Exists(log.LogFile()) || File.Exists(log.LogFile(7)) || File.Exists(log.IndexFile(7)));
        Assert.Equal(22UL, log.Kill().Append(Sent.Of(1)));
    }

    [Fact]
    public void DeleteSegments_ConsumersStandInTheWay_StopsAtTheSlowest()
    {
        using var log = Filled(messages: 22);
        log.Log.StoreConsumerOffset(new ConsumerKey(ConsumerKind.Consumer, 1), 20);
        log.Log.StoreConsumerOffset(new ConsumerKey(ConsumerKind.Group, 1), 5);
        Assert.Equal(0u, log.Log.DeleteSegments(10));
        log.Log.StoreConsumerOffset(new ConsumerKey(ConsumerKind.Group, 1), 6); // the last message of the first segment
        Assert.Equal(1u, log.Log.DeleteSegments(10));
        log.Log.DeleteConsumerOffset(new ConsumerKey(ConsumerKind.Group, 1));
        Assert.Equal(2u, log.Log.DeleteSegments(10)); // 20 is the last message of the third
    }

    [Fact]
    public void Roll_AfterADelete_ReusesTheFileAndReadsOnlyNewRecords()
    {
        using var log = Filled(messages: 22);
        log.Log.DeleteSegments(3);
        Assert.True(File.Exists(Path.Combine(log.Folder, "segment.spare")));
        for (var i = 0; i < 7; i++)
            log.Append(Sent.Of(1000 - 64, i));
        Assert.False(File.Exists(Path.Combine(log.Folder, "segment.spare")));
        Assert.Equal(Range(21, 29), log.Offsets());
        Assert.Equal(Range(21, 29), log.Kill().Offsets());
        Assert.False(log.Logger.Has(TestLogger.TailCut));
    }

    [Fact]
    public void Append_IntoAReusedFile_WritesZerosAsPadding()
    {
        using var log = new TestLog();
        log.Append(Sent.Of(200, seed: 1));
        log.Log.Purge();
        log.Append(Sent.Of(1));
        var file = new byte[4096 + 120];
        using (var handle = SegmentFile.Open(log.LogFile()))
            Assert.Equal(file.Length, RandomAccess.Read(handle, file, 0));
        Assert.False(file.AsSpan(4096 + 64 + 48 + 1).ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void Purge_Log_StartsAgainAtZeroWithoutStoredOffsets()
    {
        using var log = Filled(messages: 10);
        log.Log.StoreConsumerOffset(new ConsumerKey(ConsumerKind.Consumer, 1), 4);
        log.Log.Purge();
        Assert.Equal(new LogStats(0, 0, 0, 0, 1, 0), log.Log.Stats);
        Assert.False(log.Log.TryGetConsumerOffset(new ConsumerKey(ConsumerKind.Consumer, 1), out _));
        Assert.Equal(StoreOffsetStatus.OutOfRange, log.Log.StoreConsumerOffset(new ConsumerKey(ConsumerKind.Consumer, 1), 0));
        Assert.Equal(0UL, log.Append(Sent.Of(3)));
        Assert.Equal([0UL], log.Kill().Offsets());
        Assert.False(log.Log.TryGetConsumerOffset(new ConsumerKey(ConsumerKind.Consumer, 1), out _));
    }

    // Goal: a death at any step of a purge leaves all or nothing. Method: die before each step in turn, open again, look.
    [Fact]
    public void Purge_DeathAtAnyStep_LeavesAllOrNothing()
    {
        var (isOld, isNew) = (false, false);
        for (var step = 1; ; step++)
        {
            using var log = Filled(messages: 10, DurabilityMode.Interval);
            log.Log.StoreConsumerOffset(new ConsumerKey(ConsumerKind.Consumer, 1), 4);
            log.Disk.Steps = 0;
            var deadly = step;
            log.Disk.BeforeStep = number => { if (number == deadly) throw new IOException("The process dies here."); };
            var failure = Record.Exception(log.Log.Purge);
            log.Disk.BeforeStep = null;
            if (failure is null)
                break;

            Assert.Equal(AppendStatus.Failed, log.Log.Append(MessageLayout.Classic, Batches.Classic(Sent.Of(1)), 1).Status);
            log.Kill();
            var isKept = log.Log.Stats.NextOffset == 10;
            (isOld, isNew) = (isOld || isKept, isNew || !isKept);
            Assert.Equal(isKept ? 10 : 0, log.Read().Count);
            Assert.Equal(isKept, log.Log.TryGetConsumerOffset(new ConsumerKey(ConsumerKind.Consumer, 1), out _));
            Assert.Equal(isKept ? 10UL : 0UL, log.Append(Sent.Of(2)));
        }
        Assert.True(isOld && isNew);
    }

    [Fact]
    public void TruncateAfter_AnyOffset_KeepsExactlyWhatIsBelow()
    {
        for (var last = 0UL; last < 24; last++)
        {
            using var log = new TestLog(new PartitionLogOptions { SegmentBytes = 2 << 10 });
            for (var i = 0; i < 8; i++)
                log.Append(Sent.Many(3, 200 + i));
            log.Log.StoreConsumerOffset(new ConsumerKey(ConsumerKind.Group, 9), 20);
            log.Log.TruncateAfter(last);
            Check(log, last);
            Check(log.Kill(), last);
            Assert.Equal(last + 1, log.Append(Sent.Many(4, 10)));
            Assert.Equal(Range(0, last + 5), log.Kill().Offsets());
            Assert.Empty(log.Log.Damage);
        }

        static void Check(TestLog log, ulong last)
        {
            Assert.Equal(Range(0, last + 1), log.Offsets());
            Assert.True(log.Log.TryGetConsumerOffset(new ConsumerKey(ConsumerKind.Group, 9), out var stored));
            Assert.Equal(Math.Min(20, last), stored);
            Assert.Equal((ulong)log.Read().Sum(message => 64 + message.Payload.Length), log.Log.Stats.MessageBytes);
        }
    }

    [Fact]
    public void TruncateAfter_DeathAtAnyStep_EndsAtTheCutOrAbove()
    {
        for (var step = 1; ; step++)
        {
            using var log = new TestLog(new PartitionLogOptions { SegmentBytes = 2 << 10, Durability = DurabilityMode.Interval });
            for (var i = 0; i < 8; i++)
                log.Append(Sent.Many(3, 200 + i));
            log.Disk.Steps = 0;
            var deadly = step;
            log.Disk.BeforeStep = number => { if (number == deadly) throw new IOException("The process dies here."); };
            var failure = Record.Exception(() => log.Log.TruncateAfter(7));
            log.Disk.BeforeStep = null;
            if (failure is null)
                break;

            log.Kill();
            Assert.InRange(log.Log.Stats.NextOffset, 8UL, 24UL);
            Assert.Equal(Range(0, log.Log.Stats.NextOffset), log.Offsets());
            log.Log.TruncateAfter(7);
            Assert.Equal(Range(0, 8), log.Offsets());
        }
    }

    [Fact]
    public void Append_DiskRunsFull_IsRefusedLeavesTheLogAndGoesOnWithSpace()
    {
        using var log = new TestLog();
        log.Append(Sent.Of(100));
        log.Disk.FullFrom = 0;
        var batch = Batches.Classic(Sent.Of(900_000));
        Assert.Equal(AppendStatus.DiskFull, log.Log.Append(MessageLayout.Classic, batch, 1).Status);
        Assert.Equal(AppendStatus.DiskFull, log.Log.Append(MessageLayout.Classic, batch, 1).Status);
        Assert.Single(log.Logger.Events, entry => entry.Id == TestLogger.DiskFull);
        Assert.Equal([0UL], log.Offsets());
        log.Disk.FullFrom = long.MaxValue;
        Assert.Equal(1UL, log.Append(Sent.Of(900_000)));
        Assert.Equal([0UL, 1], log.Kill().Offsets());
    }

    [Fact]
    public void Append_BigStepDoesNotFit_ReservesJustWhatIsNeeded()
    {
        using var log = new TestLog();
        log.Disk.FullFrom = 4096 + 4096;
        Assert.Equal(0UL, log.Append(Sent.Of(3000)));
        Assert.Equal(AppendStatus.DiskFull, log.Log.Append(MessageLayout.Classic, Batches.Classic(Sent.Of(3000)), 1).Status);
    }

    [Fact]
    public void Roll_DiskFull_AppendCountsAndTheRollIsTriedAgain()
    {
        using var log = Filled(messages: 6);
        log.Disk.BeforeStep = _ => throw new IOException("No space left on device", 28);
        Assert.Equal(6UL, log.Append(Sent.Of(1000 - 64)));
        Assert.Equal(1u, log.Log.Stats.SegmentsCount);
        Assert.Equal(AppendStatus.DiskFull, log.Log.Append(MessageLayout.Classic, Batches.Classic(Sent.Of(1)), 1).Status);
        log.Disk.BeforeStep = null;
        Assert.Equal(7UL, log.Append(Sent.Of(1)));
        Assert.Equal(2u, log.Log.Stats.SegmentsCount);
        Assert.Equal(Range(0, 8), log.Kill().Offsets());
    }

    [Fact]
    public void Open_IdleLog_ReservesNothingBeyondItsHead()
    {
        using var log = new TestLog();
        log.Disk.FullFrom = 0; // a reservation would fail
        Assert.Equal(0UL, log.Reopen().Log.Stats.NextOffset);
        log.Log.Dispose();
        Assert.Equal(4096, new FileInfo(log.LogFile()).Length);
    }

    private static TestLog Filled(int messages, DurabilityMode durability = DurabilityMode.None)
    {
        var log = new TestLog(s_small with { Durability = durability });
        for (var i = 0; i < messages; i++)
            log.Append(Sent.Of(1000 - 64, i));
        return log;
    }

    private static ulong[] Range(ulong from, ulong to) => [.. Enumerable.Range((int)from, (int)(to - from)).Select(i => (ulong)i)];
}
