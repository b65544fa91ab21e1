using System.Text;
using Iggy.Storage.AtRest;
using Iggy.Storage.Context;
using Iggy.Storage.Records;
using Iggy.Storage.Segments;
using Iggy.Storage.Tests.Setup;

namespace Iggy.Storage.Tests;

/// <summary>Folders written by earlier builds stay readable. A new format version adds a folder; none is ever changed.</summary>
public class GoldenTests
{
    // Written by version 1: three appends of two messages, one sealed segment, one stored offset.
    [Fact]
    public void Open_FolderOfVersion1_ReadsEverythingInIt()
    {
        using var log = new TestLog(new PartitionLogOptions { SegmentBytes = 512 });
        Take(log, "version1");

        Assert.Equal(new LogStats(0, 6, 6, 6 * 264, 2, 5), log.Log.Stats);
        foreach (var layout in Enum.GetValues<MessageLayout>())
        {
            var messages = log.Read(layout: layout);
            for (var i = 0; i < 6; i++)
            {
                var sent = Sent.Of(200, i);
                Assert.Equal((ulong)i, messages[i].Offset);
                Assert.Equal(1767323045000000UL + (ulong)(i / 2), messages[i].TimestampMicros);
                Assert.Equal((sent.OriginMicros, sent.Id), (messages[i].OriginMicros, messages[i].Id));
                Assert.Equal(sent.Payload, messages[i].Payload);
            }
        }
        Assert.True(log.Log.TryGetConsumerOffset(new ConsumerKey(ConsumerKind.Group, 7), out var stored) && stored == 4);
        Assert.Empty(log.Log.Damage);
        Assert.Empty(log.Logger.Events);
    }

    // The same folder, written by this build: bytes may differ only by a new format version.
    [Fact]
    public void Write_SameCalls_GiveTheSameBytes()
    {
        using var log = new TestLog(new PartitionLogOptions { SegmentBytes = 512 });
        for (var i = 0; i < 6; i += 2)
        {
            log.Append(Sent.Of(200, i), Sent.Of(200, i + 1));
            log.Clock.Advance(TimeSpan.FromMicroseconds(1));
        }
        log.Log.StoreConsumerOffset(new ConsumerKey(ConsumerKind.Group, 7), 4);
        log.Log.Dispose();
        var golden = Path.Combine(AppContext.BaseDirectory, "Golden", "version1");
        Write(log, "version1");
        foreach (var file in Directory.GetFiles(golden))
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(log.Folder, Path.GetFileName(file))));
    }

    // Written by version 1 with what was synced in its commit slots: the same appends, each committed, and a clean stop.
    [Fact]
    public async Task WriteAndOpen_FolderWithSyncedPositions_GivesTheSameBytesAndReadsThem()
    {
        using var log = new TestLog(new PartitionLogOptions { SegmentBytes = 512, Durability = DurabilityMode.Always });
        for (var i = 0; i < 6; i += 2)
        {
            log.Append(Sent.Of(200, i), Sent.Of(200, i + 1));
            await log.Log.CommitAsync();
            log.Clock.Advance(TimeSpan.FromMicroseconds(1));
        }
        log.Log.Dispose();
        Write(log, "version1-synced");
        var golden = Path.Combine(AppContext.BaseDirectory, "Golden", "version1-synced");
        foreach (var file in Directory.GetFiles(golden))
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(log.Folder, Path.GetFileName(file))));
        Assert.Equal(4096u + 560, BitConverter.ToUInt32(File.ReadAllBytes(Path.Combine(golden, $"{4:D20}.log")), 64 + 52));

        using var read = new TestLog(log.Options);
        Take(read, "version1-synced");
        Assert.Equal(new LogStats(0, 6, 6, 6 * 264, 2, 5), read.Log.Stats);
        Assert.Equal([0UL, 1, 2, 3, 4, 5], read.Offsets());
        Assert.Empty(read.Logger.Events);
    }

    // Written by version 1 with its flags for packed and encrypted records: one append for each codec, plain and encrypted, over two sealed segments.
    // What packs and encrypts may give other bytes in a later release, so only the reading is compared.
    [Fact]
    public void Open_FolderWithPackedAndEncryptedRecords_ReadsEverythingInIt()
    {
        using (var written = new TestLog(Packed()))
        {
            foreach (var (codec, keyId, number) in PackedAppends())
            {
                written.Options = Packed(keyId);
                written.Reopen().Log.Codec = codec;
                written.Append(CompressionTests.Text(number, 300), CompressionTests.Text(number + 1, 300));
            }
            written.Log.Dispose();
            Write(written, "version1-packed");
        }

        using var log = new TestLog(Packed());
        Take(log, "version1-packed");
        Assert.Equal(new LogStats(0, 12, 12, 12 * 364, 3, 11), log.Log.Stats);
        CompressionTests.Check(log, [.. Enumerable.Range(0, 12).Select(i => CompressionTests.Text(i, 300))]);
        Assert.Empty(log.Log.Damage);
        Assert.Empty(log.Logger.Events);

        var flags = new List<uint>();
        foreach (var path in new[] { log.LogFile(), log.LogFile(firstOffset: 6) })
        {
            log.Log.Dispose();
            var file = File.ReadAllBytes(path);
            for (var at = 4096; at < file.Length; at += (int)RecordFormat.Align(BitConverter.ToUInt32(file, at + 4)))
                flags.Add(BitConverter.ToUInt32(file, at + 36));
        }
        Assert.Equal([0u, 0x100, 0x10, 0x110, 0x20, 0x120], flags);
    }

    private static IEnumerable<(RecordCodec Codec, uint? KeyId, int Number)> PackedAppends() =>
        Enum.GetValues<RecordCodec>().SelectMany(codec => new[] { (codec, (uint?)null), (codec, 3u) }).Select((one, i) => (one.codec, one.Item2, 2 * i));

    private static PartitionLogOptions Packed(uint? keyId = null) => new()
    {
        SegmentBytes = 1024,
        Name = "golden/1",
        Encryption = new EncryptionKeys([new(3, Encoding.ASCII.GetBytes("thirty-two bytes of a golden key"))], keyId),
    };

    private static void Take(TestLog log, string golden)
    {
        _ = log.Log;
        log.Kill(() =>
        {
            using (var held = SegmentFile.Open(Path.Combine(log.Folder, "partition.lock")))
                RandomAccess.SetLength(held, 1024); // no inventory, as earlier builds left it
            foreach (var file in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Golden", golden)))
                File.Copy(file, Path.Combine(log.Folder, Path.GetFileName(file)), overwrite: true);
        });
    }

    // IGGY_WRITE_GOLDEN names a folder that gets them all, for a new format version.
    private static void Write(TestLog log, string golden)
    {
        if (Environment.GetEnvironmentVariable("IGGY_WRITE_GOLDEN") is not { } target)
            return;
        var folder = Directory.CreateDirectory(Path.Combine(target, golden)).FullName;
        foreach (var file in Directory.GetFiles(log.Folder, "0*").Concat(Directory.GetFiles(log.Folder, "consumers.offsets")))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
    }
}
