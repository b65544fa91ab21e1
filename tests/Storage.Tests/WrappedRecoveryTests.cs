using Iggy.Storage.AtRest;
using Iggy.Storage.Context;
using Iggy.Storage.Records;
using Iggy.Storage.Segments;
using Iggy.Storage.Tests.Setup;

namespace Iggy.Storage.Tests;

/// <summary>Deaths while packed or encrypted records are written: what was acknowledged is never cut, what was not counts whole or not at all.</summary>
public class WrappedRecoveryTests
{
    private static readonly EncryptionKeys s_keys = new([new(1, [.. Enumerable.Range(7, 32).Select(i => (byte)i)])], 1);

    public static TheoryData<RecordCodec, bool> Kinds { get; } = new()
    {
        { RecordCodec.Lz4, false }, { RecordCodec.Zstd, false }, { RecordCodec.None, true }, { RecordCodec.Lz4, true }, { RecordCodec.Zstd, true },
    };

    // The last append was never acknowledged: its commit slot was not written. Method: cut the file at every byte of its record.
    [Theory]
    [MemberData(nameof(Kinds))]
    public void Open_UnacknowledgedAppendCutAtEveryByte_IsKeptWholeOrCut(RecordCodec codec, bool isEncrypted)
    {
        using var log = Make(codec, isEncrypted, out var image, out var commit, out var last);
        commit.CopyTo(image[log.LogFile()], CommitSlot.FirstPosition);
        var end = last + RecordBytes(image[log.LogFile()], last);
        for (var length = last; length <= end; length++)
        {
            image.Restore(log.LogFile(), image[log.LogFile()].AsSpan(0, length));
            log.Kill();
            var messages = length == end ? 3 : 2;
            Assert.Empty(log.Log.Damage);
            CompressionTests.Check(log, [.. Enumerable.Range(0, messages).Select(i => CompressionTests.Text(i, 200))]);
            Assert.Equal(length > last && length < end, log.Logger.Has(TestLogger.TailCut));
            Assert.Equal((ulong)messages, log.Append(CompressionTests.Text(messages, 200)));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Open_AcknowledgedRecordWithAnyByteBentOrCut_IsDamagedNeverDropped(RecordCodec codec, bool isEncrypted)
    {
        using var log = Make(codec, isEncrypted, out var image, out _, out var last);
        var end = last + RecordBytes(image[log.LogFile()], last);
        for (var at = last; at < end; at++)
        {
            var bent = (byte[])image[log.LogFile()].Clone();
            bent[at] ^= 0x5A;
            image.Restore(log.LogFile(), bent);
            CheckDamaged(log.Kill(), $"bent at {at}");
            image.Restore(log.LogFile(), image[log.LogFile()].AsSpan(0, at));
            CheckDamaged(log.Kill(), $"cut at {at}");
        }
    }

    // Goal: a wrong key looks like no torn tail: what is behind the commit slot is kept, and is there again with the right key.
    [Fact]
    public void Open_UnacknowledgedAppendWithoutTheKey_IsKept()
    {
        using var log = Make(RecordCodec.None, isEncrypted: true, out var image, out var commit, out _);
        commit.CopyTo(image[log.LogFile()], CommitSlot.FirstPosition);
        image.Restore(log.LogFile(), image[log.LogFile()]);
        foreach (var keys in new[] { null, new EncryptionKeys([new(1, new byte[32])], 1) })
        {
            log.Options = new PartitionLogOptions { Encryption = keys };
            Assert.Equal(3UL, log.Kill().Log.Stats.NextOffset);
            Assert.Equal(ReadStatus.Damaged, log.StatusAt(2));
            Assert.False(log.Logger.Has(TestLogger.TailCut));
        }
        log.Options = new PartitionLogOptions { Encryption = s_keys };
        CompressionTests.Check(log.Kill(), [.. Enumerable.Range(0, 3).Select(i => CompressionTests.Text(i, 200))]);
    }

    // Goal: a body that says it is larger than it is costs no memory and serves nothing. Method: the declared size is changed, with right checksums.
    [Theory]
    [InlineData(RecordCodec.Lz4, 0u)]
    [InlineData(RecordCodec.Lz4, 247u)]
    [InlineData(RecordCodec.Lz4, 249u)]
    [InlineData(RecordCodec.Zstd, 247u)]
    [InlineData(RecordCodec.Zstd, 249u)]
    [InlineData(RecordCodec.Zstd, uint.MaxValue)]
    public void Read_WrongDeclaredSize_IsDamaged(RecordCodec codec, uint declared)
    {
        using var log = new TestLog();
        log.Log.Codec = codec;
        log.Append(CompressionTests.Text(0, 200)); // frames of 248 bytes
        log.Log.Dispose();
        var file = File.ReadAllBytes(log.LogFile());
        var record = file.AsSpan((int)SegmentFormat.HeadBytes);
        Assert.Equal(248u, BitConverter.ToUInt32(record[64..]));
        BitConverter.TryWriteBytes(record[64..], declared);
        BitConverter.TryWriteBytes(record[48..], FileFormat.Checksum(record[64..RecordBytes(file, (int)SegmentFormat.HeadBytes)]));
        BitConverter.TryWriteBytes(record[56..], FileFormat.Checksum(record[..56]));
        log.Kill(() => File.WriteAllBytes(log.LogFile(), file));
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(ReadStatus.Damaged, log.StatusAt(0));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    private static TestLog Make(RecordCodec codec, bool isEncrypted, out LogImage image, out byte[] commit, out int last)
    {
        var log = new TestLog(new PartitionLogOptions { Encryption = isEncrypted ? s_keys : null });
        log.Log.Codec = codec;
        log.Append(CompressionTests.Text(0, 200));
        log.Append(CompressionTests.Text(1, 200));
        using (var file = SegmentFile.Open(log.LogFile()))
        {
            commit = new byte[2 * CommitSlot.SizeInBytes];
            Assert.Equal(commit.Length, RandomAccess.Read(file, commit, CommitSlot.FirstPosition));
        }
        log.Append(CompressionTests.Text(2, 200));
        log.Log.Abandon();
        image = new LogImage(log.Folder);
        last = image[log.LogFile()].AsSpan().LastIndexOf(BitConverter.GetBytes(RecordHeader.ExpectedMagic));
        Assert.NotEqual(0u, BitConverter.ToUInt32(image[log.LogFile()], last + 36)); // packed or encrypted
        return log;
    }

    private static void CheckDamaged(TestLog log, string what)
    {
        Assert.True(log.Log.Stats.NextOffset == 3, what);
        Assert.True(log.StatusAt(2) is ReadStatus.Damaged, what);
        Assert.True(log.Offsets() is [0, 1], what);
        Assert.False(log.Logger.Has(TestLogger.TailCut), what);
    }

    private static int RecordBytes(byte[] file, int position) => BitConverter.ToInt32(file, position + 4);
}
