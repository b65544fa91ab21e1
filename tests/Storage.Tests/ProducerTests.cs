using System.Buffers.Binary;
using Iggy.Storage.AtRest;
using Iggy.Storage.Context;
using Iggy.Storage.Producers;
using Iggy.Storage.Tests.Setup;

namespace Iggy.Storage.Tests;

/// <summary>Producers that number their messages: each message is written once, however often it is sent, whatever dies in between.</summary>
public class ProducerTests
{
    private const ulong A = 7, B = 8;

    [Fact]
    public void Append_OfAProducer_IsJudgedByItsNumbers()
    {
        using var log = new TestLog();
        Assert.Equal(AppendStatus.ProducerUnknown, Status(log, A, 0, 5, 1));
        Assert.Equal(0, log.Log.ProducersCount);
        Assert.Equal(0UL, Offset(log, A, 0, 0, 3));
        Assert.Equal(3UL, Offset(log, B, 4, 0, 1)); // any epoch is a beginning
        Assert.Equal(4UL, Offset(log, A, 0, 3, 2));
        Assert.Equal(6UL, log.Log.Stats.NextOffset);

        Assert.Equal(0UL, Offset(log, A, 0, 0, 3)); // repeats are told where the first one lies
        Assert.Equal(4UL, Offset(log, A, 0, 3, 2));
        Assert.Equal(1UL, Offset(log, A, 0, 1, 1));
        Assert.Equal(AppendStatus.ProducerOutOfOrder, Status(log, A, 0, 6, 1)); // a gap
        Assert.Equal(AppendStatus.ProducerOutOfOrder, Status(log, A, 0, 4, 2)); // only its first message is there
        Assert.Equal(AppendStatus.ProducerFenced, Status(log, B, 3, 1, 1));
        Assert.Equal(AppendStatus.ProducerOutOfOrder, Status(log, B, 5, 1, 1)); // a new epoch begins anew
        Assert.Equal(6UL, Offset(log, B, 5, 0, 1));
        Assert.Equal(AppendStatus.ProducerFenced, Status(log, B, 4, 1, 1));
        Assert.Equal(7UL, log.Log.Stats.NextOffset);
        Assert.Equal(Enumerable.Range(0, 7).Select(offset => (ulong)offset), log.Offsets());
    }

    [Fact]
    public void Append_WithAHeadThatCannotBe_IsRefused()
    {
        using var log = new TestLog();
        var batch = Batches.Numbered(A, 0, 0, Sent.Of(1));
        foreach (var (place, value) in new (int, byte)[] { (52, 2), (53, 1), (63, 0x80), (65, 0x80), (71, 0x80) })
        {
            var wrong = batch.ToArray();
            wrong[place] = value;
            Assert.Equal(AppendStatus.InvalidBatch, log.Log.Append(MessageLayout.Compact, wrong, 1).Status);
        }
        Assert.Equal(AppendStatus.Appended, log.Log.Append(MessageLayout.Compact, batch, 1).Status);
    }

    [Fact]
    public void Numbers_AtTheirEnd_BeginAgain()
    {
        var table = new ProducerTable(1);
        table.Note(new() { ProducerId = A, BaseSequence = int.MaxValue - 1 }, 4, 100);
        Assert.Equal(ProducerVerdict.Next, table.Judge(new() { ProducerId = A, BaseSequence = 2 }, 1, out _));
        Assert.Equal(ProducerVerdict.Repeated, table.Judge(new() { ProducerId = A, BaseSequence = int.MaxValue }, 2, out var offset));
        Assert.Equal(101UL, offset);
        Assert.Equal(ProducerVerdict.Repeated, table.Judge(new() { ProducerId = A, BaseSequence = 1 }, 1, out offset));
        Assert.Equal(103UL, offset);
        Assert.Equal(ProducerVerdict.OutOfOrder, table.Judge(new() { ProducerId = A, BaseSequence = 3 }, 1, out _));
    }

    [Fact]
    public void Repeat_OlderThanWhatIsRemembered_IsNeitherWrittenNorPlaced()
    {
        using var log = new TestLog();
        for (var i = 0u; i < Producer.MaxRanges; i++)
        {
            Offset(log, A, 0, i, 1);
            log.Append(Sent.Of(1)); // others in between: a producer that is alone is remembered as one range
        }
        Offset(log, A, 0, Producer.MaxRanges, 1);
        Assert.Equal(AppendStatus.RepeatTooOld, Status(log, A, 0, 0, 1));
        Assert.Equal(2UL, Offset(log, A, 0, 1, 1));
        Assert.Equal(2UL, Offset(log.Kill(), A, 0, 1, 1));
        Assert.Equal(AppendStatus.RepeatTooOld, Status(log, A, 0, 0, 1));
    }

    [Fact]
    public void Producers_AboveTheLimit_ForgetTheOneThatWroteLongestAgo()
    {
        using var log = new TestLog(new PartitionLogOptions { MaxProducers = 2 });
        Offset(log, A, 0, 0, 1);
        Offset(log, B, 0, 0, 1);
        Offset(log, A, 0, 1, 1);
        Offset(log, 9, 0, 0, 1);
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(2, log.Log.ProducersCount);
            Assert.Equal(AppendStatus.ProducerUnknown, Status(log, B, 0, 1, 1));
            Assert.Equal(2UL, Offset(log, A, 0, 1, 1));
            log.Kill();
        }
    }

    [Theory]
    [InlineData(DurabilityMode.None, RecordCodec.None, false)]
    [InlineData(DurabilityMode.Always, RecordCodec.Lz4, false)]
    [InlineData(DurabilityMode.Interval, RecordCodec.None, true)]
    [InlineData(DurabilityMode.None, RecordCodec.Zstd, true)]
    public void State_AfterDeathStopAndRetention_IsTheSame(DurabilityMode durability, RecordCodec codec, bool isEncrypted)
    {
        using var log = new TestLog(new PartitionLogOptions
        {
            SegmentBytes = 2 << 10,
            Durability = durability,
            Encryption = isEncrypted ? new EncryptionKeys(new Dictionary<uint, byte[]> { [1] = [.. Enumerable.Repeat((byte)3, 32)] }, 1) : null,
        });
        log.Log.Codec = codec;
        Assert.Equal(0UL, Offset(log, B, 2, 0, 1));
        for (var sequence = 0u; sequence < 40; sequence += 2)
        {
            Assert.Equal(1UL + sequence, Offset(log, A, 1, sequence, 2));
            if (sequence % 6 == 0)
                log.Kill();
            if (sequence % 10 == 0)
                log.Reopen();
            Assert.Equal(1UL + sequence, Offset(log, A, 1, sequence, 2));
        }
        Assert.True(log.Log.Stats.SegmentsCount > 2);
        Assert.True(log.Log.DeleteSegments(100) > 0);
        Assert.True(log.Log.Stats.FirstOffset > 1);
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(0UL, Offset(log, B, 2, 0, 1)); // where it was, although it is gone
            Assert.Equal(AppendStatus.ProducerFenced, Status(log, A, 0, 40, 1));
            Assert.Equal(39UL, Offset(log, A, 1, 38, 2));
            Assert.Equal(AppendStatus.ProducerOutOfOrder, Status(log, A, 1, 41, 1));
            log.Kill();
        }
        Assert.Equal(41UL, Offset(log, A, 1, 40, 1));
        Assert.Equal(1UL + 41, log.Log.Stats.NextOffset);
    }

    // Goal: whatever was acknowledged is known and nothing else, wherever the log ends. Method: a log of producers, cut at each offset.
    [Fact]
    public void State_OfALogThatIsCut_IsThatOfWhatIsLeft()
    {
        for (var last = 0UL; last < 12; last++)
        {
            using var log = new TestLog(new PartitionLogOptions { SegmentBytes = 1 << 10 });
            for (var i = 0u; i < 6; i++)
                Offset(log, i % 2 == 0 ? A : B, 0, i / 2 * 2, 2);
            log.Reopen(); // the table on disk holds all of it
            log.Log.TruncateAfter(last);
            for (var i = 0; i < 3; i++)
            {
                foreach (var (producer, first) in new[] { (A, 0UL), (B, 2UL) })
                {
                    var left = (uint)Enumerable.Range(0, 6).Count(sequence => first + (ulong)((sequence / 2 * 4) + (sequence % 2)) <= last);
                    Assert.Equal(left == 0 ? AppendStatus.ProducerUnknown : AppendStatus.ProducerOutOfOrder, Status(log, producer, 0, left + 1, 1));
                    if (left > 0)
                        Assert.Equal(first + ((left - 1) / 2 * 4) + ((left - 1) % 2), Offset(log, producer, 0, left - 1, 1));
                }
                Assert.Equal(last + 1 + (i < 2 ? 0u : 12u), log.Log.Stats.NextOffset);
                if (i == 1)
                    log.Append(Sent.Many(12, 10)); // other messages where those were
                log.Kill();
            }
        }
    }

    [Fact]
    public void Purge_ForgetsProducersToo()
    {
        using var log = new TestLog();
        Offset(log, A, 0, 0, 2);
        log.Log.Purge();
        Assert.Equal(AppendStatus.ProducerUnknown, Status(log, A, 0, 2, 1));
        Assert.Equal(0UL, Offset(log, A, 0, 0, 2));
        Assert.Equal(0UL, Offset(log.Kill(), A, 0, 0, 2));
        Assert.Equal(2UL, log.Log.Stats.NextOffset);
    }

    [Fact]
    public void TableOnDisk_ThatIsDamaged_IsMadeAnewFromTheRecords()
    {
        using var log = new TestLog(new PartitionLogOptions { SegmentBytes = 1 << 10 });
        for (var i = 0u; i < 20; i++)
            Offset(log, A, 0, i, 1);
        var path = Path.Combine(log.Folder, "producers.snapshot");
        foreach (var change in new Action<byte[]>[] { bytes => bytes[70] ^= 1, bytes => bytes[16] ^= 1, bytes => Array.Clear(bytes) })
        {
            log.Kill(() =>
            {
                var bytes = File.ReadAllBytes(path);
                change(bytes);
                File.WriteAllBytes(path, bytes);
            });
            Assert.Single(log.Logger.Events, entry => entry.Id == 1042);
            Assert.Equal(3UL, Offset(log, A, 0, 3, 1));
            Assert.Equal(AppendStatus.ProducerOutOfOrder, Status(log, A, 0, 21, 1));
        }
        log.Kill(() => File.WriteAllBytes(path, File.ReadAllBytes(path)[..^1]));
        Assert.Equal(19UL, Offset(log, A, 0, 19, 1));
    }

    [Fact]
    public void Segments_WhoseProducersCannotBeWrittenDown_Stay()
    {
        using var log = new TestLog(new PartitionLogOptions { SegmentBytes = 1 << 10 });
        Offset(log, A, 0, 0, 1);
        log.Disk.BeforeWrite = () => throw new IOException("no");
        for (var i = 1u; i < 40; i++)
            Offset(log, A, 0, i, 1);
        Assert.True(log.Log.Stats.SegmentsCount > 2);
        Assert.Equal(0u, log.Log.DeleteSegments(1));
        Assert.Contains(log.Logger.Events, entry => entry.Id == 1041);
        log.Disk.BeforeWrite = null;
        Assert.Equal(1u, log.Log.DeleteSegments(1));
        Assert.Equal(0UL, Offset(log.Kill(), A, 0, 0, 1));
    }

    [Fact]
    public void Batch_OfSeveralRecords_IsOneForItsProducer()
    {
        using var log = new TestLog();
        var large = Sent.Many(5, 400_000);
        var batch = Batches.Numbered(A, 0, 0, large);
        Assert.Equal(new AppendResult(AppendStatus.Appended, 0), log.Log.Append(MessageLayout.Compact, batch, 5));
        Assert.True(log.Log.RecordsCount > 1);
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(new AppendResult(AppendStatus.Appended, 0), log.Log.Append(MessageLayout.Compact, batch, 5));
            Assert.Equal(4UL, Offset(log, A, 0, 4, 1));
            log.Kill();
        }
        Assert.Equal(large.Select(message => message.Payload), log.Read(layout: MessageLayout.Compact).Select(message => message.Payload));
    }

    [Fact]
    public void Read_ByThoseWhoAsk_TellsTheProducer()
    {
        using var log = new TestLog();
        log.Append(Sent.Of(3));
        Assert.Equal(1UL, Offset(log, 0x1234, 5, 0, 2));
        var result = log.Log.Read(new ReadRequest(ReadFrom.First, 0, 10, MessageLayout.Numbered));
        var bytes = result.Rented.AsSpan(0, result.Bytes).ToArray();
        System.Buffers.ArrayPool<byte>.Shared.Return(result.Rented!);
        var first = bytes.AsSpan(0, (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(32)));
        Assert.False(first[52..256].ContainsAnyExcept((byte)0)); // nobody numbered it
        var second = bytes.AsSpan(first.Length);
        Assert.Equal(Convert.FromHexString("01000000" + "3412000000000000" + "0500" + "0000" + "00000000"), second[52..72].ToArray());
        var covered = new List<byte>([.. second[..40], .. second[48..52], 1, .. second[56..66], .. second[68..72]]);
        for (var frames = second[256..]; !frames.IsEmpty; frames = frames[(48 + (int)BinaryPrimitives.ReadUInt32LittleEndian(frames[32..]) + (int)BinaryPrimitives.ReadUInt32LittleEndian(frames[36..]))..])
            covered.AddRange(frames[..8]);
        Assert.Equal(FileFormat.Checksum(covered.ToArray()), BinaryPrimitives.ReadUInt64LittleEndian(second[40..]));
        Assert.Equal(3, log.Read(layout: MessageLayout.Compact).Count); // others are told nothing, and zeros stand there
    }

    private static ulong Offset(TestLog log, ulong producer, ushort epoch, uint sequence, uint count)
    {
        var result = Append(log, producer, epoch, sequence, count);
        Assert.Equal(AppendStatus.Appended, result.Status);
        return result.BaseOffset;
    }

    private static AppendStatus Status(TestLog log, ulong producer, ushort epoch, uint sequence, uint count) => Append(log, producer, epoch, sequence, count).Status;

    private static AppendResult Append(TestLog log, ulong producer, ushort epoch, uint sequence, uint count) =>
        log.Log.Append(MessageLayout.Compact, Batches.Numbered(producer, epoch, sequence, Sent.Many((int)count, 100)), count);
}
