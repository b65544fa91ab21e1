using System.Buffers;
using System.Text;
using Iggy.Storage.Context;
using Iggy.Storage.Records;
using Iggy.Storage.Segments;
using Iggy.Storage.Tests.Setup;

namespace Iggy.Storage.Tests;

/// <summary>Packed records read as if they were not, in every layout, from memory and from files, and take less room.</summary>
public class CompressionTests
{
    [Theory]
    [InlineData(RecordCodec.Lz4, MessageLayout.Classic)]
    [InlineData(RecordCodec.Lz4, MessageLayout.Compact)]
    [InlineData(RecordCodec.Zstd, MessageLayout.Classic)]
    [InlineData(RecordCodec.Zstd, MessageLayout.Compact)]
    public void Append_Packed_ReadsTheSameInEveryLayoutAndAfterEveryEnd(RecordCodec codec, MessageLayout layout)
    {
        using var log = new TestLog(new PartitionLogOptions { SegmentBytes = 64 << 10 });
        var sent = new List<Sent>();
        for (var round = 0; round < 12; round++)
        {
            log.Log.Codec = (RecordCodec)(round % 3) is RecordCodec.None ? RecordCodec.None : codec; // plain ones between the others
            Sent[] batch = [Text(round, 3000), Sent.Of(0, round), Noise(round, 700), Sent.Of(5000, round) with { UserHeaders = Encoding.UTF8.GetBytes(new string('h', 300)) }];
            log.Append(layout, batch);
            sent.AddRange(batch);
        }
        var stats = log.Log.Stats;
        Assert.Equal(sent.Aggregate(0UL, (sum, message) => sum + message.ClassicBytes), stats.MessageBytes);
        Assert.True(stats.SegmentsCount > 1);
        Check(log, sent);
        Check(log.Kill(), sent);
        Check(log.Reopen(), sent);
        Assert.Equal(stats, log.Log.Stats);
        Assert.Empty(log.Log.Damage);
        log.Log.Dispose(); // cuts the file to its records
        Assert.True(DiskBytes(log) < (long)stats.MessageBytes * 3 / 4);
    }

    [Theory]
    [InlineData(RecordCodec.Lz4)]
    [InlineData(RecordCodec.Zstd)]
    public void Append_BytesThatDoNotPack_AreStoredAsTheyAre(RecordCodec codec)
    {
        using var log = new TestLog();
        log.Log.Codec = codec;
        var noise = Noise(1, 5000);
        log.Append(noise);
        log.Log.Dispose();
        Assert.Equal(SegmentFormat.HeadBytes + RecordFormat.Align((uint)(RecordHeader.SizeInBytes + MessageFrame.SizeInBytes + 5000)), DiskBytes(log));
        Assert.Equal(RecordFlags.None, FirstHeader(log).Flags);
        Check(log.Kill(), [noise]);
    }

    [Fact]
    public void Append_AsksForACodecThatIsNone_Throws()
    {
        using var log = new TestLog();
        Assert.Throws<ArgumentOutOfRangeException>(() => log.Log.Codec = (RecordCodec)3);
    }

    [Theory]
    [InlineData(RecordCodec.Lz4)]
    [InlineData(RecordCodec.Zstd)]
    public void Append_SeveralRecordsInOneAppend_AreAllPackedAndRecovered(RecordCodec codec)
    {
        using var log = new TestLog();
        log.Log.Codec = codec;
        var sent = Enumerable.Range(0, 9).Select(i => Text(i, 400_000)).ToArray(); // above a record's target size
        log.Append(sent);
        Assert.True(log.Log.Stats.SegmentsCount == 1 && FirstHeader(log).Flags.HasFlag(RecordFlags.MoreFollow));
        Check(log, sent);
        Check(log.Kill(), sent);
        log.Log.Dispose();
        Assert.True(DiskBytes(log) < 1_500_000);
    }

    // Goal: a torn packed append is cut, one before it is not. Method: cut the file at every byte of the last record.
    [Theory]
    [InlineData(RecordCodec.Lz4)]
    [InlineData(RecordCodec.Zstd)]
    public void Open_FileCutInsideThePackedRecord_KeepsWhatIsBeforeIt(RecordCodec codec)
    {
        using var log = new TestLog();
        log.Log.Codec = codec;
        log.Append(Text(1, 500));
        log.Log.Dispose();
        var before = (int)DiskBytes(log);
        log.Kill().Log.Codec = codec;
        log.Append(Text(2, 500));
        log.Log.Dispose();
        var image = new LogImage(log.Folder, tailBytes: 0);
        var file = image[log.LogFile()];
        for (var cut = before; cut < file.Length; cut++)
        {
            log.Kill(() => image.Restore(log.LogFile(), file.AsSpan(0, cut)));
            Assert.Equal(ReadStatus.Ok, log.StatusAt(0));
            Assert.Equal("text", Encoding.UTF8.GetString(log.Read(count: 1)[0].Payload.AsSpan(0, 4)));
            if (cut < file.Length - 8) // the last bytes may be padding
                Assert.Equal(ReadStatus.Damaged, log.StatusAt(1)); // it was committed
        }
    }

    [Fact]
    public void Read_FlippedByteInAPackedBody_IsDamagedAndNothingElseIs()
    {
        using var log = new TestLog(new PartitionLogOptions { SegmentBytes = 512 });
        log.Log.Codec = RecordCodec.Lz4;
        for (var i = 0; i < 4; i++)
            log.Append(Text(i, 600)); // each finds its segment empty or full
        log.Kill(() =>
        {
            var bytes = File.ReadAllBytes(log.LogFile());
            bytes[SegmentFormat.HeadBytes + RecordHeader.SizeInBytes + 40] ^= 1;
            File.WriteAllBytes(log.LogFile(), bytes);
        });
        Assert.Equal(ReadStatus.Damaged, log.StatusAt(0));
        Assert.Equal([1UL, 2, 3], log.Offsets(ReadFrom.Offset, 1));
    }

    [Theory]
    [InlineData(RecordCodec.Lz4)]
    [InlineData(RecordCodec.Zstd)]
    public void TruncateAfter_InsideAPackedRecord_KeepsExactlyWhatIsBelow(RecordCodec codec)
    {
        for (var last = 0UL; last < 12; last++)
        {
            using var log = new TestLog(new PartitionLogOptions { SegmentBytes = 2 << 10 });
            log.Log.Codec = codec;
            var sent = Enumerable.Range(0, 12).Select(i => Text(i, 300)).ToArray();
            for (var i = 0; i < 12; i += 3)
                log.Append(sent[i..(i + 3)]);
            log.Log.TruncateAfter(last);
            Check(log, sent[..((int)last + 1)]);
            Check(log.Kill(), sent[..((int)last + 1)]);
            Assert.Equal(sent[..((int)last + 1)].Aggregate(0UL, (sum, message) => sum + message.ClassicBytes), log.Log.Stats.MessageBytes);
        }
    }

    [Theory]
    [InlineData(RecordCodec.Lz4)]
    [InlineData(RecordCodec.Zstd)]
    public void AppendAndRead_SteadyState_AllocateNothing(RecordCodec codec)
    {
        using var log = new TestLog();
        log.Log.Codec = codec;
        var batch = Batches.Classic(Enumerable.Range(0, 100).Select(i => Text(i, 200)).ToArray());
        var logFile = log.Log;
        Assert.Equal(0, Allocations.Least(Work));

        void Work()
        {
            for (var i = 0; i < 100; i++)
                logFile.Append(MessageLayout.Classic, batch, 100);
            for (var i = 0; i < 10; i++)
                ArrayPool<byte>.Shared.Return(logFile.Read(new ReadRequest(ReadFrom.Offset, (ulong)(i * 70), 70)).Rented!);
        }
    }

    internal static Sent Text(int seed, int bytes) => Sent.Of(bytes, seed) with { Payload = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat($"text number {seed}, ", (bytes / 14) + 1)))[..bytes] };

    internal static void Check(TestLog log, IReadOnlyList<Sent> sent)
    {
        foreach (var layout in Enum.GetValues<MessageLayout>())
        {
            var served = log.Read(layout: layout);
            Assert.Equal(sent.Count, served.Count);
            for (var i = 0; i < sent.Count; i++)
            {
                Assert.Equal(((ulong)i, sent[i].Id, sent[i].OriginMicros), (served[i].Offset, served[i].Id, served[i].OriginMicros));
                Assert.Equal(sent[i].Payload, served[i].Payload);
                Assert.Equal(sent[i].UserHeaders, served[i].UserHeaders);
            }
            var middle = (ulong)sent.Count / 2;
            Assert.Equal(middle, log.Read(ReadFrom.Offset, middle, count: 1, layout)[0].Offset);
        }
    }

    internal static RecordHeader FirstHeader(TestLog log)
    {
        using var file = File.OpenHandle(log.LogFile(), share: FileShare.ReadWrite);
        Span<byte> bytes = stackalloc byte[RecordHeader.SizeInBytes];
        RandomAccess.Read(file, bytes, SegmentFormat.HeadBytes);
        return System.Runtime.InteropServices.MemoryMarshal.Read<RecordHeader>(bytes);
    }

    private static Sent Noise(int seed, int bytes)
    {
        var noise = Sent.Of(bytes, seed);
        new Random(seed).NextBytes(noise.Payload);
        return noise;
    }

    private static long DiskBytes(TestLog log) => Directory.GetFiles(log.Folder, "*.log").Sum(path => new FileInfo(path).Length);
}
