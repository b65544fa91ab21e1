using Iggy.Storage.Context;
using Iggy.Storage.Tests.Setup;

namespace Iggy.Storage.Tests;

/// <summary>Appends that go to the file by a write and not through the mapping: large ones, and those whose sync is waited for.</summary>
public class WrittenAppendTests
{
    // Goal: whichever way an append goes, readers and the next opening see it. Method: sizes on both sides of each limit, in turn; the test's disk counts writes.
    [Theory]
    [InlineData(DurabilityMode.None, 4)]
    [InlineData(DurabilityMode.Always, 6)]
    public void Append_SizesAroundTheLimits_ReadBackBeforeAndAfterAKill(DurabilityMode durability, int expectedWrites)
    {
        using var log = new TestLog(new PartitionLogOptions { Durability = durability });
        var writes = 0;
        log.Disk.BeforeWrite = () => writes++;
        int[] sizes = [10, 64 << 10, 300, 300_000, 70_000, (2 << 20) - 1000, (2 << 20) + 1000];
        for (var i = 0; i < sizes.Length; i++)
            log.Append(Sent.Of(sizes[i], i));

        Assert.Equal(expectedWrites, writes);
        Check(log, sizes);
        Check(log.Kill(), sizes);
        Assert.DoesNotContain(log.Logger.Events, entry => entry.Id is TestLogger.TailCut);
    }

    // Where nothing is mapped every append is two writes: the records, and the slot that makes them count.
    [Fact]
    public void Append_NothingMapped_ReadsBackBeforeAndAfterAKillAndARoll()
    {
        using var log = new TestLog(new PartitionLogOptions { SegmentBytes = PartitionLogOptions.SmallestSegmentBytes });
        log.Disk.CannotMap = true;
        var writes = 0;
        log.Disk.BeforeWrite = () => writes++;
        int[] sizes = [10, 300_000, 300, (2 << 20) + 1000, 5, 3 << 20, 100];
        for (var i = 0; i < sizes.Length; i++)
            log.Append(Sent.Of(sizes[i], i));

        Assert.Equal(2 * sizes.Length, writes);
        Assert.NotEqual(1u, log.Log.Stats.SegmentsCount);
        Check(log, sizes);
        Check(log.Kill(), sizes);
        Check(log.Reopen(), sizes);
        Assert.DoesNotContain(log.Logger.Events, entry => entry.Id is TestLogger.TailCut);
    }

    // The records are in the file then, and the next append must not be written over them as if they were not.
    [Fact]
    public void Append_NothingMappedAndTheSlotFindsNoSpace_EndsAppends()
    {
        using var log = new TestLog();
        log.Disk.CannotMap = true;
        log.Append(Sent.Of(100));
        var writes = 0;
        log.Disk.BeforeWrite = () =>
        {
            if (++writes == 2)
                throw new IOException("No space left on device", 28); // ENOSPC
        };
        Assert.Equal(AppendStatus.Failed, log.Log.Append(MessageLayout.Classic, Batches.Classic(Sent.Of(50)), 1).Status);
        log.Disk.BeforeWrite = null;
        Assert.Equal(AppendStatus.Failed, log.Log.Append(MessageLayout.Classic, Batches.Classic(Sent.Of(50)), 1).Status);
    }

    // Goal: several records of one append come out of the same memory, and old bytes of it never reach the file.
    [Fact]
    public void Append_AfterALargerOne_LeavesNothingOfItBehind()
    {
        using var log = new TestLog(new PartitionLogOptions { Durability = DurabilityMode.Always });
        log.Append(Sent.Of(200_001, 7));
        log.Append(Sent.Of(1, 8), Sent.Of(2, 9));
        var bytes = File.ReadAllBytes(log.LogFile());
        Assert.Equal([200_001, 1, 2], log.Kill().Read().Select(message => message.Payload.Length));
        Assert.Equal(File.ReadAllBytes(log.LogFile()), bytes[..(int)new FileInfo(log.LogFile()).Length]);
    }

    [Fact]
    public void Append_WriteRunsFull_CountsNothingAndGoesOnWithSpace()
    {
        using var log = new TestLog(new PartitionLogOptions { Durability = DurabilityMode.Always });
        log.Append(Sent.Of(100));
        log.Disk.BeforeWrite = () => throw new IOException("No space left on device", 28); // ENOSPC
        Assert.Equal(AppendStatus.DiskFull, log.Log.Append(MessageLayout.Classic, Batches.Classic(Sent.Of(100_000)), 1).Status);
        Assert.Equal([0ul], log.Offsets());

        log.Disk.BeforeWrite = null;
        Assert.Equal(1ul, log.Append(Sent.Of(50, 1)));
        Check(log.Kill(), [100, 50]);
    }

    [Fact]
    public void Append_WriteFails_EndsAppendsAndTheNextOpeningCutsIt()
    {
        using var log = new TestLog(new PartitionLogOptions { Durability = DurabilityMode.Always });
        log.Append(Sent.Of(100));
        log.Disk.BeforeWrite = static () => throw new IOException("The disk is gone.");
        Assert.Equal(AppendStatus.Failed, log.Log.Append(MessageLayout.Classic, Batches.Classic(Sent.Of(100_000)), 1).Status);
        log.Disk.BeforeWrite = null;
        Assert.Equal(AppendStatus.Failed, log.Log.Append(MessageLayout.Classic, Batches.Classic(Sent.Of(10)), 1).Status);
        Assert.Equal([0ul], log.Offsets());

        Check(log.Kill(), [100]);
        Assert.Equal(1ul, log.Append(Sent.Of(10, 1)));
    }

    private static void Check(TestLog log, int[] sizes)
        => Assert.Equal(sizes.Select((size, i) => Convert.ToHexString(Sent.Of(size, i).Payload)), log.Read().Select(message => Convert.ToHexString(message.Payload)));
}
