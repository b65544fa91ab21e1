using CsCheck;
using Iggy.Storage.Context;
using Iggy.Storage.Tests.Setup;

namespace Iggy.Storage.Tests;

/// <summary>A read that is made beside the log gives what the log had, whatever the log does meanwhile.</summary>
public class LargeReadTests
{
    private static readonly ReadRequest s_all = new(ReadFrom.First, 0, uint.MaxValue, WholeBytes: 1);

    // Goal: pieces together are the reply that one read gives. Method: random logs, limits and sizes of pieces; both layouts.
    [Fact]
    public void Pieces_AnyReadOfAnyLog_AreTheWholeReply()
        => Gen.Select(Gen.Int[0, 3_000].Array[1, 12].Array[1, 12], Gen.Int[1, 20_000], Gen.Int[1, 60_000], Gen.Select(Gen.UInt[1, 80], Gen.UInt[0, 60], Gen.Bool)).Sample((batches, pieceBytes, maxBytes, poll) =>
        {
            using var log = new TestLog(new PartitionLogOptions { SegmentBytes = 20_000, PieceBytes = pieceBytes });
            foreach (var batch in batches)
                log.Append([.. batch.Select(Sent.Of)]);
            var (count, from, isClassic) = poll;
            var layout = isClassic ? MessageLayout.Classic : MessageLayout.Compact;
            var request = new ReadRequest(ReadFrom.Offset, from, count, layout, MaxBytes: maxBytes, PartitionId: 5);
            var whole = Replies.Take(log.Log.Read(request), layout, partitionId: 5);
            var prepared = log.Log.Read(request with { WholeBytes = 1 });
            if (whole.Count == 0)
            {
                Assert.Null(prepared.Large);
                return;
            }
            using var large = prepared.Large!;
            var pieces = Replies.Take(large, layout, pieceBytes, partitionId: 5);
            if (isClassic) // where a record is shared by two pieces the other layout has a head more, and so room for less
                Assert.Equal(whole.Count, pieces.Count);
            Assert.True(large.Bytes <= maxBytes || pieces.Count == 1);
            for (var i = 0; i < pieces.Count; i++)
                Assert.Equivalent(whole[i], pieces[i], strict: true);
        }, iter: 150);

    [Theory]
    [InlineData(RecordCodec.Zstd)]
    [InlineData(RecordCodec.Lz4)]
    public void Pieces_PackedRecords_AreUnpackedBesideTheLog(RecordCodec codec)
    {
        using var log = new TestLog(new PartitionLogOptions { PieceBytes = 10_000 });
        log.Log.Codec = codec;
        for (var i = 0; i < 20; i++)
            log.Append(Sent.Many(10, 500));
        using var large = log.Log.Read(s_all).Large!;
        Assert.Equal(200, Replies.Take(large, MessageLayout.Classic, 10_000).Count);
    }

    [Fact]
    public void Read_ReplyWithinTheRoom_IsMadeAtOnce()
    {
        using var log = new TestLog();
        log.Append(Sent.Many(10, 1_000));
        var read = log.Log.Read(s_all with { WholeBytes = 10 * 1_065 });
        Assert.Equal(10, Replies.Take(read, MessageLayout.Classic).Count);
        Assert.Null(read.Large);
    }

    // Goal: what the average of the segment hides is seen in time. Method: one message among many small ones is larger than the room.
    [Fact]
    public void Read_LargeMessageAmongSmallOnes_IsNotMadeAtOnce()
    {
        using var log = new TestLog();
        log.Append(Sent.Many(5_000, 10));
        log.Append(Sent.Of(3_000_000));
        var read = log.Log.Read(new ReadRequest(ReadFrom.Offset, 4_999, 2, WholeBytes: 1 << 20));
        using var large = read.Large!;
        Assert.Equal([4_999, 5_000], Replies.Take(large, MessageLayout.Classic, 1 << 20).Select(message => (int)message.Offset));
        Assert.InRange(large.PieceBytes, 3_000_000, 3_000_200);
    }

    [Fact]
    public void Pieces_LogGoesOn_HaveNothingThatCameLater()
    {
        using var log = new TestLog(new PartitionLogOptions { SegmentBytes = 3_000 });
        log.Append(Sent.Many(2, 1_000));
        using var large = log.Log.Read(s_all).Large!;
        for (var i = 0; i < 10; i++)
            log.Append(Sent.Many(2, 1_000)); // rolls the segment that is being read
        Assert.Equal([0, 1], Replies.Take(large, MessageLayout.Classic, 1 << 20).Select(message => (int)message.Offset));
    }

    public enum Ending
    {
        Purge,
        Retention,
        Truncation,
        Close,
        Death,
        Deletion,
    }

    public static TheoryData<Ending, bool> Endings()
    {
        var endings = new TheoryData<Ending, bool>();
        foreach (var ending in Enum.GetValues<Ending>())
        {
            endings.Add(ending, false);
            endings.Add(ending, true);
        }
        return endings;
    }

    // Goal: messages that are gone, or whose log is, are still read to the end by who began before, and what came in their place is not touched.
    // Method: the read is prepared, or half made, when they go; then the log is filled with other messages, in files that could be used again.
    [Theory]
    [MemberData(nameof(Endings))]
    public void Pieces_MessagesGoMeanwhile_AreWhatWasThere(Ending ending, bool isMeasured)
    {
        using var log = new TestLog(new PartitionLogOptions { SegmentBytes = 5_000, PieceBytes = 2_500 });
        for (var i = 0; i < 20; i++)
            log.Append(Sent.Of(1_000, seed: i));
        using var large = log.Log.Read(s_all).Large!;
        if (isMeasured)
            large.MeasureSome();

        switch (ending)
        {
            case Ending.Purge:
                log.Log.Purge();
                break;
            case Ending.Retention:
                Assert.True(log.Log.DeleteSegments(10) > 0);
                break;
            case Ending.Truncation:
                log.Log.TruncateAfter(11);
                break;
            case Ending.Close:
                log.Reopen();
                break;
            case Ending.Death:
                log.Kill();
                break;
            default:
                log.Log.Dispose();
                Directory.Delete(log.Folder, recursive: true);
                Directory.CreateDirectory(log.Folder);
                Replies.Take(large, MessageLayout.Classic, 2_500).ForEach(message => Assert.Equal(Sent.Of(1_000, (int)message.Offset).Payload, message.Payload));
                return;
        }
        for (var i = 0; i < 30; i++)
            log.Append(Sent.Of(900, seed: 100 + i));

        var read = Replies.Take(large, MessageLayout.Classic, 2_500);
        Assert.Equal(20, read.Count);
        Assert.All(read, message => Assert.Equal(Sent.Of(1_000, (int)message.Offset).Payload, message.Payload));
        Assert.Empty(log.Log.Damage);
        Assert.Equal(Sent.Of(900, 129).Payload, log.Read(ReadFrom.Last, count: 1)[0].Payload);
    }

    // Goal: files that nobody reads any more are used again, or the guard would cost what it guards.
    [Fact]
    public void Dispose_FilesOfARead_AreUsedAgainAfterwards()
    {
        using var log = new TestLog(new PartitionLogOptions { SegmentBytes = 3_000 });
        for (var i = 0; i < 10; i++)
            log.Append(Sent.Of(1_000, seed: i));
        var large = log.Log.Read(s_all).Large!;
        log.Log.DeleteSegments(1);
        Assert.False(HasSpare(log));
        large.Dispose();
        log.Log.DeleteSegments(1);
        Assert.True(HasSpare(log));
    }

    [Fact]
    public void Pieces_DamageInTheWay_EndInFrontOfIt()
    {
        using var log = new TestLog(new PartitionLogOptions { PieceBytes = 2_500 });
        for (var i = 0; i < 10; i++)
            log.Append(Sent.Of(1_000, seed: i));
        log.Reopen();
        Damage(log, record: 6);
        using (var large = log.Log.Read(s_all).Large!)
            Assert.Equal(6, Replies.Take(large, MessageLayout.Classic, 2_500).Count);
        Assert.Equal([new DamagedRange(6, 6)], log.Log.Damage);
        Assert.Equal(ReadStatus.Damaged, log.StatusAt(6));
        using var behind = log.Log.Read(s_all with { From = ReadFrom.Offset, Value = 7 }).Large!;
        Assert.Equal(3, Replies.Take(behind, MessageLayout.Classic, 2_500).Count);
    }

    [Fact]
    public void Measure_FirstMessageIsDamaged_SaysSo()
    {
        using var log = new TestLog();
        for (var i = 0; i < 3; i++)
            log.Append(Sent.Of(1_000, seed: i));
        log.Reopen();
        using var large = log.Log.Read(s_all).Large!;
        Damage(log, record: 0);
        Assert.False(large.MeasureSome());
        Assert.Equal((ReadStatus.Damaged, 0UL, 0u), (large.Status, large.LastOffset, large.Count));
    }

    // Goal: damage between the two looks is not sent as messages.
    [Fact]
    public void NextPiece_DamagedSinceItWasMeasured_Throws()
    {
        using var log = new TestLog(new PartitionLogOptions { PieceBytes = 2_500 });
        for (var i = 0; i < 6; i++)
            log.Append(Sent.Of(1_000, seed: i));
        log.Reopen();
        using var large = log.Log.Read(s_all).Large!;
        while (large.MeasureSome())
            continue;
        Damage(log, record: 3);
        Assert.NotNull(large.NextPiece());
        Assert.Throws<IOException>(() => large.NextPiece());
    }

    // Goal: the bound on open files holds: a read of very many small segments ends early, and the next one goes on.
    [Fact]
    public void Pieces_MoreSegmentsThanAreHeld_EndEarlyAndGoOn()
    {
        using var log = new TestLog(new PartitionLogOptions { SegmentBytes = 512 });
        for (var i = 0; i < 40; i++)
            log.Append(Sent.Of(1_000, seed: i));
        var offsets = new List<int>();
        while (log.Log.Read(s_all with { From = ReadFrom.Offset, Value = (ulong)offsets.Count }).Large is { } large)
        {
            using (large)
            {
                var part = Replies.Take(large, MessageLayout.Classic, 1 << 20);
                Assert.InRange(part.Count, 1, 32); // of 16 segments with two messages each
                log.Log.Remember(large);
                offsets.AddRange(part.Select(message => (int)message.Offset));
            }
            if (offsets.Count == 40)
                break;
        }
        Assert.Equal(Enumerable.Range(0, 40), offsets);
    }

    private static bool HasSpare(TestLog log) => Directory.GetFiles(log.Folder).Any(path => Path.GetFileName(path).Contains("spare", StringComparison.Ordinal));

    // Records of one message of 1,000 bytes: 64 + 48 + 1,000 bytes, a multiple of 8.
    private static void Damage(TestLog log, int record)
    {
        using var file = File.OpenHandle(log.LogFile(), FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        RandomAccess.Write(file, [1, 2, 3, 4], 4096 + (record * 1112) + 500);
    }
}
