using System.Runtime.InteropServices;
using Iggy.Storage.Context;
using Iggy.Storage.Files;
using Iggy.Storage.Log;
using Iggy.Storage.Records;
using Iggy.Storage.Segments;
using Iggy.Storage.Tests.Setup;

namespace Iggy.Storage.Tests;

/// <summary>Whatever a death leaves: nothing acknowledged goes without a word, nothing damaged is served.</summary>
public class RecoveryTests
{
    private const int Head = (int)SegmentFormat.HeadBytes;
    private const int CommitBytes = 2 * CommitSlot.SizeInBytes;

    // Goal: cut anywhere, a log whose appends were all acknowledged serves what is whole and reports the rest as damaged.
    [Fact]
    public void Open_AcknowledgedLogCutAtEveryByte_ServesWhatIsWholeAndReportsTheRest()
    {
        using var log = new TestLog();
        var ends = AppendThree(log);
        var image = Take(log);
        for (var length = Head; length < ends[^1]; length++)
        {
            image.Restore(log.LogFile(), image[log.LogFile()].AsSpan(0, length));
            log.Kill();
            var whole = Enumerable.Range(0, 3).Count(i => Start(ends, i) + RecordBytes(image[log.LogFile()], Start(ends, i)) <= length);
            if (whole == 3)
                break; // only padding is cut
            CheckDamaged(log, firstDamaged: whole, lastDamaged: 2, messages: 3, $"cut at {length}");
        }
    }

    [Fact]
    public void Open_AcknowledgedRecordWithAnyByteBent_IsDamagedAndTheOthersAreServed()
    {
        using var log = new TestLog();
        var ends = AppendThree(log);
        var image = Take(log);
        for (var record = 0; record < 3; record++)
        {
            var start = Start(ends, record);
            for (var at = start; at < start + RecordBytes(image[log.LogFile()], start); at++)
            {
                Bend(image, log.LogFile(), at);
                log.Kill();
                CheckDamaged(log, record, record, messages: 3, $"bent at {at}");
            }
        }
    }

    // The last append was never acknowledged: its commit slot was not written. It counts whole or not at all.
    [Fact]
    public void Open_UnacknowledgedAppendCutAtEveryByte_IsKeptWholeOrCut()
    {
        using var log = new TestLog();
        var ends = AppendThree(log, beforeLast: out var commit);
        var image = Take(log);
        commit.CopyTo(image[log.LogFile()], CommitSlot.FirstPosition);
        for (var length = ends[1]; length <= ends[2]; length++)
        {
            image.Restore(log.LogFile(), image[log.LogFile()].AsSpan(0, length));
            log.Kill();
            var isWhole = length >= ends[1] + RecordBytes(image[log.LogFile()], ends[1]);
            CheckWhole(log, messages: isWhole ? 3 : 2, $"cut at {length}");
            Assert.Equal(length > ends[1] && !isWhole, log.Logger.Has(TestLogger.TailCut));
        }
    }

    [Fact]
    public void Open_UnacknowledgedAppendWithAnyByteBent_IsCut()
    {
        using var log = new TestLog();
        var ends = AppendThree(log, beforeLast: out var commit);
        var image = Take(log);
        commit.CopyTo(image[log.LogFile()], CommitSlot.FirstPosition);
        for (var at = ends[1]; at < ends[1] + RecordBytes(image[log.LogFile()], ends[1]); at++)
        {
            Bend(image, log.LogFile(), at);
            log.Kill();
            CheckWhole(log, messages: 2, $"bent at {at}");
        }
    }

    [Fact]
    public void Open_UnacknowledgedAppendOfSeveralRecords_IsCutAsAWholeWhenItsLastIsMissing()
    {
        using var log = new TestLog();
        log.Append(Sent.Of(10));
        var commit = CommitSlots(log);
        // Creation times two hours apart do not fit one record.
        log.Append(Sent.Of(10), Sent.Of(11) with { OriginMicros = 7_200_000_000 }, Sent.Of(12));
        var image = Take(log);
        var bytes = image[log.LogFile()];
        commit.CopyTo(bytes, CommitSlot.FirstPosition);
        image.Restore(log.LogFile(), bytes);
        Assert.Equal([0UL, 1, 2, 3], log.Kill().Offsets());

        var lastRecord = bytes.AsSpan().LastIndexOf(BitConverter.GetBytes(RecordHeader.ExpectedMagic));
        image.Restore(log.LogFile(), bytes.AsSpan(0, lastRecord + 40));
        log.Kill();
        CheckWhole(log, messages: 1, "without the last record");
        Assert.True(log.Logger.Has(TestLogger.TailCut));
        log.Log.Abandon();
        using var file = SegmentFile.Open(log.LogFile());
        var behind = new byte[bytes.Length];
        Assert.NotEqual(0, RandomAccess.Read(file, behind, Head + 128 + 120)); // behind the first record and the one the check appended
        Assert.False(behind.AsSpan().ContainsAnyExcept((byte)0)); // or what was cut could come back behind later appends
    }

    [Fact]
    public void Open_RecordOfAnEarlierWriterBehindTheEnd_IsCut()
    {
        using var log = new TestLog();
        for (var i = 0; i < 3; i++)
            log.Append(Sent.Of(16));
        var left = new byte[128];
        using (var file = SegmentFile.Open(log.LogFile()))
            Assert.Equal(128, RandomAccess.Read(file, left, Head + 256));
        log.Log.TruncateAfter(0);
        log.Kill().Append(Sent.Of(16));
        log.Kill(() => Overwrite(log.LogFile(), Head + 256, left)); // its offset is the next one, but its epoch is past
        Assert.Equal([0UL, 1], log.Offsets());
    }

    [Fact]
    public void Open_EitherCommitSlotBent_FallsBackToTheOtherOrToTheRecords()
    {
        using var log = new TestLog();
        AppendThree(log);
        var image = Take(log);
        for (var at = CommitSlot.FirstPosition; at < CommitSlot.FirstPosition + CommitBytes; at++)
        {
            Bend(image, log.LogFile(), at);
            log.Kill();
            CheckWhole(log, messages: 3, $"bent at {at}");
        }

        var bytes = (byte[])image[log.LogFile()].Clone();
        bytes.AsSpan(CommitSlot.FirstPosition, CommitBytes).Clear();
        image.Restore(log.LogFile(), bytes);
        log.Kill();
        Assert.True(log.Logger.Has(TestLogger.CommitUnreadable));
        CheckWhole(log, messages: 3, "no commit slot");
    }

    [Fact]
    public void Open_NoCommitSlotAndADamagedRecord_KeepsWhatIsBehindIt()
    {
        using var log = new TestLog();
        AppendThree(log);
        var image = Take(log);
        image[log.LogFile()].AsSpan(CommitSlot.FirstPosition, CommitBytes).Clear();
        Bend(image, log.LogFile(), Head + 70);
        log.Kill();
        CheckDamaged(log, 0, 0, messages: 3, "no commit slot, first record bent");
    }

    [Fact]
    public void Open_HeadOfTheOnlySegmentBent_PutsItDownAndNeverReusesItsOffsets()
    {
        using var log = new TestLog();
        AppendThree(log);
        var image = Take(log);
        for (var at = 0; at < SegmentHead.SizeInBytes; at++)
        {
            Bend(image, log.LogFile(), at);
            log.Kill();
            Assert.True(log.Logger.Has(TestLogger.HeadDamaged));
            Assert.Equal([new DamagedRange(0, 2)], log.Log.Damage);
            Assert.Equal(ReadStatus.Damaged, log.StatusAt(1));
            Assert.Equal(3UL, log.Append(Sent.Of(1)));
            Assert.Equal([3UL], log.Offsets(ReadFrom.Offset, 3));
        }
    }

    [Fact]
    public void Open_HeadOfAMiddleSegmentGone_TakesDownThatSegmentOnly()
    {
        using var log = Segments(3, out var firstOffsets);
        var (first, next) = (firstOffsets[1], firstOffsets[2]);
        log.Kill(() => Overwrite(log.LogFile(first), 0, new byte[Head]));
        CheckHole(log, first, next - 1);
        log.Kill(() => File.Delete(log.LogFile(first)));
        CheckHole(log, first, next - 1);
    }

    [Fact]
    public void Open_EmptyFileAsLastSegment_IsDownAndItsOffsetsAreNotGiven()
    {
        using var log = new TestLog();
        log.Append(Sent.Of(5));
        log.Kill(() => File.WriteAllBytes(log.LogFile(1), []));
        Assert.True(log.Logger.Has(TestLogger.HeadDamaged));
        Assert.Equal([0UL], log.Offsets());
        Assert.Equal(1UL + Inventory.OffsetsAhead, log.Append(Sent.Of(5))); // nobody knows what was in it
    }

    [Fact]
    public void Read_SealedSegmentDamagedWhileOpen_ReportsItAndServesTheRest()
    {
        using var log = Segments(2, out _);
        log.Offsets();
        Overwrite(log.LogFile(), Head + 64 + 50, [0xFF]); // the body of the first record
        Assert.Equal(ReadStatus.Damaged, log.StatusAt(0));
        Assert.Equal([new DamagedRange(0, 0)], log.Log.Damage);
        Assert.Equal(ReadStatus.Damaged, log.Log.Read(new ReadRequest(ReadFrom.First, 0, 10)).Status);
        Assert.Equal(1UL, log.Offsets(ReadFrom.Offset, 1)[0]);
    }

    [Fact]
    public void Read_StartsBeforeDamage_ReturnsTheMessagesBeforeIt()
    {
        using var log = new TestLog();
        var ends = AppendThree(log);
        log.Kill(() => Overwrite(log.LogFile(), ends[0] + 70, [0xFF]));
        Assert.Equal([0UL], log.Offsets());
        var damaged = log.Log.Read(new ReadRequest(ReadFrom.Offset, 1, 10));
        Assert.Equal((ReadStatus.Damaged, 1UL, 2UL), (damaged.Status, damaged.LastOffset, damaged.CurrentOffset));
        Assert.Equal([2UL], log.Offsets(ReadFrom.Offset, 2));
        Assert.Equal([2UL], log.Offsets(ReadFrom.Last, count: 1));
    }

    [Fact]
    public void Open_SealMissing_ReadsTheSegmentAndSealsIt()
    {
        using var log = Segments(3, out var firstOffsets);
        var all = log.Offsets();
        log.Kill(() => Overwrite(log.LogFile(firstOffsets[1]), SealBlock.FilePosition, new byte[SealBlock.SizeInBytes]));
        Assert.True(log.Logger.Has(TestLogger.SealMissing));
        Assert.Equal(all, log.Offsets());
        Assert.False(log.Kill().Logger.Has(TestLogger.SealMissing));
        Assert.Equal(all, log.Offsets());
    }

    [Fact]
    public void Open_SealedFileTooShort_ReportsItsTailAsDamaged()
    {
        using var log = Segments(2, out var firstOffsets);
        var path = log.LogFile();
        log.Kill(() =>
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Write);
            RandomAccess.SetLength(file, RandomAccess.GetLength(file) - 1);
        });
        Assert.Equal([new DamagedRange(firstOffsets[1] - 1, firstOffsets[1] - 1)], log.Log.Damage);
        Assert.Equal(firstOffsets[1], log.Offsets(ReadFrom.Offset, firstOffsets[1])[0]);
    }

    [Fact]
    public void Open_RecycledFile_NeverTakesItsOldRecordsForLiveOnes()
    {
        using var log = new TestLog();
        for (var i = 0; i < 20; i++)
            log.Append(Sent.Of(40, i)); // alike, so old records lie exactly behind new ones, with the offsets to come
        log.Log.Purge();
        Assert.False(File.Exists(Path.Combine(log.Folder, "segment.spare"))); // it became the new segment
        for (var i = 0UL; i < 12; i++)
        {
            Assert.Equal(i, log.Append(Sent.Of(40, (int)i)));
            log.Kill();
            CheckWhole(log, (int)i + 1, "after a purge"); // the check appends one
            log.Log.TruncateAfter(i);
        }
        Assert.False(log.Logger.Has(TestLogger.TailCut));
    }

    [Fact]
    public void Open_LaterFormat_IsRefusedAndUntouched()
    {
        using var log = new TestLog();
        log.Append(Sent.Of(5));
        log.Log.Dispose();
        var before = File.ReadAllBytes(log.LogFile());
        var head = MemoryMarshal.Read<SegmentHead>(before);
        head.Version = 2;
        head.Checksum = FileFormat.ChecksumOfBlock(in head);
        Overwrite(log.LogFile(), 0, MemoryMarshal.AsBytes(new ReadOnlySpan<SegmentHead>(in head)));
        Assert.Throws<UnknownFormatException>(() => PartitionLog.Open(log.Folder, log.Options, log.Clock, log.Logger, log.Disk));
        Overwrite(log.LogFile(), 0, before.AsSpan(0, SegmentHead.SizeInBytes));
        Assert.Equal([0UL], log.Kill().Offsets());
    }

    private static int[] AppendThree(TestLog log) => AppendThree(log, out _);

    private static int[] AppendThree(TestLog log, out byte[] beforeLast)
    {
        var ends = new int[3];
        beforeLast = [];
        for (var i = 0; i < 3; i++)
        {
            if (i == 2)
                beforeLast = CommitSlots(log);
            log.Append(Sent.Of(21 + i, i));
            ends[i] = (i == 0 ? Head : ends[i - 1]) + (int)RecordFormat.Align((uint)(64 + 48 + 21 + i));
        }
        return ends;
    }

    // What lies in the file beside the mapping: both are the same pages.
    private static byte[] CommitSlots(TestLog log)
    {
        using var file = SegmentFile.Open(log.LogFile());
        var bytes = new byte[CommitBytes];
        Assert.Equal(bytes.Length, RandomAccess.Read(file, bytes, CommitSlot.FirstPosition));
        return bytes;
    }

    private static LogImage Take(TestLog log)
    {
        log.Log.Abandon();
        return new LogImage(log.Folder);
    }

    private static int Start(int[] ends, int record) => record == 0 ? Head : ends[record - 1];

    private static int RecordBytes(byte[] file, int position) => BitConverter.ToInt32(file, position + 4);

    private static void Bend(LogImage image, string path, int at)
    {
        var bent = (byte[])image[path].Clone();
        bent[at] ^= 0x5A;
        image.Restore(path, bent);
    }

    private static void Overwrite(string path, long position, ReadOnlySpan<byte> bytes)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        RandomAccess.Write(file, bytes, position);
    }

    // Segments of 7 messages of 1000 bytes.
    private static TestLog Segments(int count, out ulong[] firstOffsets)
    {
        var log = new TestLog(new PartitionLogOptions { SegmentBytes = 5 << 10 });
        for (var i = 0; i < (7 * (count - 1)) + 3; i++)
            log.Append(Sent.Of(1000 - 64, i));
        Assert.Equal((uint)count, log.Log.Stats.SegmentsCount);
        firstOffsets = [.. Enumerable.Range(0, count).Select(i => (ulong)i * 7)];
        return log;
    }

    private static void CheckHole(TestLog log, ulong first, ulong last)
    {
        Assert.Equal([new DamagedRange(first, last)], log.Log.Damage);
        Assert.Equal(first, (ulong)log.Offsets().Length);
        Assert.Equal(ReadStatus.Damaged, log.StatusAt(first));
        Assert.Equal(ReadStatus.Damaged, log.StatusAt(last));
        Assert.Equal(last + 1, log.Offsets(ReadFrom.Offset, last + 1)[0]);
    }

    private static void CheckWhole(TestLog log, int messages, string what)
    {
        Assert.True(log.Log.Damage.Count == 0, what);
        Assert.Equal(Enumerable.Range(0, messages).Select(i => (ulong)i), log.Offsets());
        Assert.Equal((ulong)messages, log.Append(Sent.Of(3)));
        Assert.Equal(messages + 1, log.Read().Count);
    }

    // Also appends behind the damage and opens once more: neither may change what is known of it.
    private static void CheckDamaged(TestLog log, int firstDamaged, int lastDamaged, int messages, string what)
    {
        DamagedRange[] damage = [new((ulong)firstDamaged, (ulong)lastDamaged)];
        Assert.True(log.Log.Damage.SequenceEqual(damage), what); // found by the opening that recovers; later ones find it when it is read
        for (var opening = 0; opening < 2; opening++)
        {
            for (var offset = 0; offset < messages; offset++)
            {
                var isDamaged = offset >= firstDamaged && offset <= lastDamaged;
                Assert.True(log.StatusAt((ulong)offset) == (isDamaged ? ReadStatus.Damaged : ReadStatus.Ok), $"{what}, offset {offset}");
            }
            Assert.True(log.Log.Damage.SequenceEqual(damage), what);
            Assert.True(log.Logger.Has(TestLogger.Damaged), what);
            if (firstDamaged > 0)
                Assert.Equal(firstDamaged, log.Read().Count);
            Assert.Equal((ulong)(messages + opening), log.Append(Sent.Of(9)));
            Assert.Contains((ulong)(messages + opening), log.Offsets(ReadFrom.Offset, (ulong)lastDamaged + 1));
            log.Kill();
        }
    }
}
