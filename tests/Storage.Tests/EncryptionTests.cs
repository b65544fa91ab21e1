using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Iggy.Storage.AtRest;
using Iggy.Storage.Context;
using Iggy.Storage.Records;
using Iggy.Storage.Segments;
using Iggy.Storage.Tests.Setup;

namespace Iggy.Storage.Tests;

/// <summary>Encrypted records: nothing readable on disk, everything readable with the keys, nothing served without them.</summary>
public class EncryptionTests
{
    private static readonly byte[] s_first = Key(1), s_second = Key(2);

    [Theory]
    [InlineData(RecordCodec.None, MessageLayout.Classic)]
    [InlineData(RecordCodec.None, MessageLayout.Compact)]
    [InlineData(RecordCodec.Lz4, MessageLayout.Classic)]
    [InlineData(RecordCodec.Zstd, MessageLayout.Compact)]
    public void Append_Encrypted_ReadsTheSameAndLeavesNothingReadableInTheFiles(RecordCodec codec, MessageLayout layout)
    {
        using var log = new TestLog(With(1, (1, s_first)) with { SegmentBytes = 8 << 10 });
        var sent = Enumerable.Range(0, 24).Select(i => CompressionTests.Text(i, 700 + i) with { UserHeaders = Encoding.UTF8.GetBytes("text in headers") }).ToArray();
        log.Log.Codec = codec;
        for (var i = 0; i < sent.Length; i += 2)
            log.Append(layout, sent[i..(i + 2)]);
        Assert.True(log.Log.Stats.SegmentsCount > 1);
        CompressionTests.Check(log, sent);
        CompressionTests.Check(log.Kill(), sent);
        CompressionTests.Check(log.Reopen(), sent);
        Assert.Equal(sent.Aggregate(0UL, (sum, message) => sum + message.ClassicBytes), log.Log.Stats.MessageBytes);
        log.Log.Dispose();
        foreach (var path in Directory.GetFiles(log.Folder))
            Assert.Equal(-1, File.ReadAllBytes(path).AsSpan().IndexOf("text"u8));
    }

    [Fact]
    public void Keys_SwitchedOnRotatedAndOff_OldRecordsStayReadable()
    {
        using var log = new TestLog();
        var sent = Enumerable.Range(0, 4).Select(i => CompressionTests.Text(i, 200)).ToArray();
        log.Append(sent[0]);
        log.Options = With(1, (1, s_first));
        log.Reopen().Append(sent[1]);
        log.Options = With(7, (1, s_first), (7, s_second));
        log.Reopen().Append(sent[2]);
        log.Options = With(null, (1, s_first), (7, s_second));
        log.Reopen().Append(sent[3]);
        CompressionTests.Check(log, sent);
        CompressionTests.Check(log.Kill(), sent);
    }

    [Fact]
    public void Read_KeyThatIsNotConfigured_IsDamagedNamesTheKeyAndComesBackWithIt()
    {
        using var log = new TestLog(With(7, (7, s_first)));
        log.Append(CompressionTests.Text(1, 200));
        log.Options = new PartitionLogOptions();
        log.Reopen().Append(CompressionTests.Text(2, 200));
        Assert.Equal(2UL, log.Log.Stats.MessagesCount); // recovery needs no key
        Assert.Equal(ReadStatus.Damaged, log.StatusAt(0));
        Assert.Contains("encryption key 7, which is not configured", Assert.Single(log.Logger.Events, entry => entry.Id == TestLogger.Damaged).Text, StringComparison.Ordinal);
        Assert.Equal([1UL], log.Offsets(ReadFrom.Offset, 1));

        log.Options = With(7, (7, s_second)); // the wrong key under the same id
        Assert.Equal(ReadStatus.Damaged, log.Reopen().StatusAt(0));
        Assert.Contains("encryption key 7", Assert.Single(log.Logger.Events, entry => entry.Id == TestLogger.Damaged).Text, StringComparison.Ordinal);

        log.Options = With(7, (7, s_first));
        Assert.Equal([0UL, 1], log.Reopen().Offsets());
    }

    // Goal: whoever can write the file cannot give a message another offset, time, epoch or size. Method: change each field of the header that the
    // tag covers, with right checksums.
    [Theory]
    [InlineData(16)] // append time
    [InlineData(24)] // origin time
    [InlineData(40)] // epoch
    [InlineData(RecordHeader.SizeInBytes)] // size of the frames, in the envelope
    [InlineData(RecordHeader.SizeInBytes + 8)] // nonce
    [InlineData(RecordHeader.SizeInBytes + 20)] // tag
    [InlineData(RecordHeader.SizeInBytes + 36)] // ciphertext
    public void Read_ChangedWithRightChecksums_IsNotServed(int at)
    {
        using var log = new TestLog(With(1, (1, s_first)) with { SegmentBytes = 512 });
        log.Append(CompressionTests.Text(1, 600));
        log.Append(CompressionTests.Text(2, 600));
        log.Append(CompressionTests.Text(3, 600)); // so that the first two are in a sealed segment
        log.Kill(() =>
        {
            var bytes = File.ReadAllBytes(log.LogFile());
            var record = bytes.AsSpan((int)SegmentFormat.HeadBytes);
            record[at] ^= 1;
            var length = (int)BinaryPrimitives.ReadUInt32LittleEndian(record[4..]);
            BinaryPrimitives.WriteUInt64LittleEndian(record[48..], FileFormat.Checksum(record[64..length]));
            BinaryPrimitives.WriteUInt64LittleEndian(record[56..], FileFormat.Checksum(record[..56]));
            File.WriteAllBytes(log.LogFile(), bytes);
        });
        Assert.Equal(ReadStatus.Damaged, log.StatusAt(0));
        Assert.Equal([1UL, 2], log.Offsets(ReadFrom.Offset, 1));
    }

    // The page docs/formats/segment.md alone is enough to read an encrypted record.
    [Fact]
    public void Record_OnDisk_IsAsThePageSays()
    {
        using var log = new TestLog(With(9, (9, s_first)) with { Name = "topic/7" });
        log.Append(CompressionTests.Text(1, 100), CompressionTests.Text(2, 100));
        log.Log.Dispose();
        var record = File.ReadAllBytes(log.LogFile()).AsSpan(4096);
        var length = (int)BinaryPrimitives.ReadUInt32LittleEndian(record[4..]);
        Assert.Equal(0x100u, BinaryPrimitives.ReadUInt32LittleEndian(record[36..]));
        var body = record[64..length];
        Assert.Equal(2u * (48 + 100), BinaryPrimitives.ReadUInt32LittleEndian(body));
        Assert.Equal(9u, BinaryPrimitives.ReadUInt32LittleEndian(body[4..]));
        // HKDF-SHA256 of the key, no salt; info: the label, the generation of the segment, the name of the log.
        byte[] info = [.. "iggy records\0"u8, .. record[44..48], .. "topic/7"u8];
        using var cipher = new AesGcm(HKDF.DeriveKey(HashAlgorithmName.SHA256, s_first, 32, info: info), 16);
        var frames = new byte[body.Length - 36];
        cipher.Decrypt(body.Slice(8, 12), body[36..], body.Slice(20, 16), frames, [.. record[..48], .. body[..8]]);
        Assert.Equal("text number 2", Encoding.UTF8.GetString(frames.AsSpan(148 + 48, 13)));
        Assert.Equal(36, RecordEnvelope.EncryptedSizeInBytes);
        Assert.Equal((RecordEnvelope.SizeInBytes, 4), (Marshal.SizeOf<RecordEnvelope>(), (int)Marshal.OffsetOf<RecordEnvelope>(nameof(RecordEnvelope.KeyId))));
    }

    // Goal: whoever can write files cannot pass one partition's messages off as another's, though the headers fit. Method: the file goes to a log
    // of another name, and to a segment of another generation with right checksums.
    [Fact]
    public void Read_FileOfAnotherPartitionOrSegment_IsNotServed()
    {
        using var log = new TestLog(With(1, (1, s_first)) with { Name = "topic/0" });
        log.Append(CompressionTests.Text(1, 300));
        log.Log.Dispose();
        using (var other = new TestLog(log.Options with { Name = "topic/1" }))
        {
            other.Append(CompressionTests.Text(1, 300));
            other.Log.Dispose();
            var forged = File.ReadAllBytes(log.LogFile());
            File.ReadAllBytes(other.LogFile()).AsSpan(0, SegmentHead.SizeInBytes).CopyTo(forged); // passes for a file of that log
            other.Kill(() => File.WriteAllBytes(other.LogFile(), forged));
            Assert.Equal(ReadStatus.Damaged, other.StatusAt(0));
        }
        var file = File.ReadAllBytes(log.LogFile()).AsSpan();
        foreach (var (block, size) in new[] { (0, 64), (64, 64), (128, 64), (4096, 64) })
        {
            var at = block is 0 ? 12 : block is 4096 ? 44 : 12;
            file[block + at]++;
            BinaryPrimitives.WriteUInt64LittleEndian(file[(block + size - 8)..], FileFormat.Checksum(file.Slice(block, size - 8)));
        }
        var moved = file.ToArray();
        log.Kill(() => File.WriteAllBytes(log.LogFile(), moved));
        Assert.Equal(1UL, log.Log.Stats.NextOffset); // all fits, but for the tag
        Assert.Equal(ReadStatus.Damaged, log.StatusAt(0));
    }

    // Goal: many segments, each with a key of its own, are read in any order.
    [Fact]
    public void Read_ManySegmentsBackAndForth_FindsTheKeyOfEach()
    {
        using var log = new TestLog(With(1, (1, s_first)) with { SegmentBytes = 512 });
        for (var i = 0; i < 40; i++)
            log.Append(CompressionTests.Text(i, 600));
        Assert.True(log.Log.Stats.SegmentsCount > 16);
        for (var i = 0UL; i < 40; i++)
        {
            Assert.Equal($"text number {39 - i},", Encoding.UTF8.GetString(log.Read(ReadFrom.Offset, 39 - i, count: 1)[0].Payload)[..$"text number {39 - i},".Length]);
            Assert.Equal(i * 7 % 40, log.Read(ReadFrom.Offset, i * 7 % 40, count: 1)[0].Offset);
        }
    }

    [Fact]
    public void Append_SameMessageTwice_LooksDifferentOnDisk()
    {
        using var log = new TestLog(With(1, (1, s_first)));
        var nonces = new HashSet<string>();
        for (var i = 0; i < 50; i++)
            log.Append(CompressionTests.Text(1, 100));
        log.Log.Dispose();
        var file = File.ReadAllBytes(log.LogFile());
        for (var at = 4096; at < file.Length; at += (int)RecordFormat.Align(BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 4))))
            Assert.True(nonces.Add(Convert.ToHexString(file.AsSpan(at + 64 + 8, 12))));
        Assert.Equal(50, nonces.Count);
    }

    [Fact]
    public void Append_LargestMessage_FitsItsRecord()
    {
        using var log = new TestLog(With(1, (1, s_first)));
        var largest = Sent.Of((int)RecordFormat.MaxPayloadBytes) with { UserHeaders = new byte[RecordFormat.MaxUserHeadersBytes] };
        log.Append(largest);
        Assert.Equal(largest.ClassicBytes, log.Kill().Log.Stats.MessageBytes);
        Assert.Equal(largest.Payload.Length, Assert.Single(log.Read()).Payload.Length);
    }

    [Fact]
    public void TruncateAfter_InsideAnEncryptedRecord_WritesTheRestEncrypted()
    {
        using var log = new TestLog(With(1, (1, s_first)));
        var sent = Enumerable.Range(0, 6).Select(i => CompressionTests.Text(i, 300)).ToArray();
        log.Append(sent);
        log.Log.TruncateAfter(2);
        CompressionTests.Check(log, sent[..3]);
        CompressionTests.Check(log.Reopen(), sent[..3]);
        log.Log.Dispose();
        Assert.Equal(-1, File.ReadAllBytes(log.LogFile()).AsSpan().IndexOf("text"u8));
    }

    [Fact]
    public void TruncateAfter_WithoutTheKey_IsRefused()
    {
        using var log = new TestLog(With(1, (1, s_first)));
        log.Append(Sent.Many(6, 100));
        log.Options = new PartitionLogOptions();
        Assert.Contains("encryption key 1", Assert.Throws<IOException>(() => log.Reopen().Log.TruncateAfter(2)).Message, StringComparison.Ordinal);
        log.Options = With(1, (1, s_first));
        Assert.Equal(6, log.Kill().Read().Count);
    }

    [Fact]
    public void Keys_Wrong_AreRefused()
    {
        Assert.Throws<ArgumentException>(() => new EncryptionKeys([new(1, new byte[31])], 1));
        Assert.Throws<ArgumentException>(() => new EncryptionKeys([new(1, s_first)], 2));
        Assert.Throws<ArgumentException>(() => new EncryptionKeys([new(1, s_first), new(1, s_second)], 1));
        Assert.Null(new EncryptionKeys([new(1, s_first)], null).ActiveKeyId);
    }

    [Fact]
    public void AppendAndRead_SteadyState_AllocateNothing()
    {
        using var log = new TestLog(With(1, (1, s_first)));
        var batch = Batches.Classic(Sent.Many(100, 200));
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

    private static PartitionLogOptions With(uint? active, params (uint Id, byte[] Key)[] keys) =>
        new() { Encryption = new EncryptionKeys(keys.Select(key => KeyValuePair.Create(key.Id, key.Key)), active) };

    private static byte[] Key(byte seed) => [.. Enumerable.Range(0, 32).Select(i => (byte)(seed * 31 + i))];
}
