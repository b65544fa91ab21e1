using System.IO.Compression;
using System.IO.Hashing;
using System.Text;
using Iggy.Archive.Layout;
using Iggy.Archive.Manifests;

namespace Iggy.Archive.Tests;

/// <summary>Manifests as bytes; whatever a bucket holds, nothing of it is believed unchecked.</summary>
public class ManifestTests
{
    private const string Partition = "0123456789abcdef0123456789abcdef/0";

    [Fact]
    public void Read_WhatWasWritten_IsTheSame()
    {
        var manifest = Valid();
        var (bytes, hash) = ManifestCodec.Write(manifest);
        var read = ManifestCodec.Read(bytes, hash, "key");
        Assert.Equal(ManifestCodec.Write(manifest).Bytes, ManifestCodec.Write(read).Bytes);
        Assert.Equal(manifest.Partitions[0].Segments[1].Pieces.AsSpan(), read.Partitions[0].Segments[1].Pieces.AsSpan());
    }

    // Goal: no flipped bit gets through. Method: each byte of a small manifest in turn.
    [Fact]
    public void Read_AnyOtherByte_IsRefused()
    {
        var (bytes, hash) = ManifestCodec.Write(Valid());
        for (var i = 0; i < bytes.Length; i++)
        {
            var spoilt = bytes.ToArray();
            spoilt[i] ^= 1;
            Assert.Throws<ArchiveDamagedException>(() => ManifestCodec.Read(spoilt, hash, "key"));
        }
    }

    [Theory]
    [InlineData("../../../../etc/0123456789abcdef0123/0")]
    [InlineData("0123456789abcdef0123456789abcdef/../0")]
    [InlineData("0123456789abcdef0123456789abcdef/00")]
    [InlineData("")]
    public void Read_AKeyThatIsNoPartition_IsRefused(string key) =>
        Refuses(Valid() with { Partitions = [Valid().Partitions[0] with { Key = key }] });

    [Fact]
    public void Read_SegmentsThatOverlapOrHaveGaps_AreRefused()
    {
        var row = Valid().Partitions[0];
        Refuses(Valid() with { Partitions = [row with { Segments = [row.Segments[1], row.Segments[0]] }] });
        Refuses(Valid() with { Partitions = [row with { Segments = [row.Segments[1] with { End = 8192 }] }] });
        Refuses(Valid() with { Partitions = [row with { Segments = [row.Segments[1] with { End = 100, Pieces = [] }] }] });
        Refuses(Valid() with { Depth = 3 });
        Refuses(Valid() with { Version = 2 });
    }

    [Fact]
    public void Read_ASmallObjectThatUnpacksToMoreThanIsAllowed_IsRefused()
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            gzip.Write(Encoding.UTF8.GetBytes("{\"removed\":["));
            var blanks = new byte[1 << 20];
            blanks.AsSpan().Fill((byte)' ');
            for (var i = 0; i <= ManifestCodec.MaxTextBytes >> 20; i++)
                gzip.Write(blanks);
        }
        var bytes = packed.ToArray();
        Assert.Throws<ArchiveDamagedException>(() => ManifestCodec.Read(bytes, XxHash3.HashToUInt64(bytes), "key"));
        Assert.InRange(bytes.Length, 1, 1 << 20);
    }

    [Fact]
    public void Apply_ARowOfManifests_KeepsTheNewestOfEachPartition()
    {
        var listing = new Listing();
        listing.Apply(Valid());
        listing.Apply(Valid() with { Previous = new ManifestName(1, 1, 1), Depth = 1, Partitions = [new PartitionEntry("fedcba9876543210fedcba9876543210/1", 0, [], null)] });
        Assert.Equal(2, listing.Partitions.Count);
        listing.Apply(Valid() with { Previous = new ManifestName(1, 2, 1), Depth = 2, Partitions = [], Removed = [Partition] });
        Assert.Equal(["fedcba9876543210fedcba9876543210/1"], listing.Partitions.Keys);
        listing.Apply(Valid());
        Assert.Equal([Partition], listing.Partitions.Keys);
    }

    private static Manifest Valid() => new()
    {
        Epoch = 1,
        Sequence = 2,
        TakenMicros = 3,
        Metadata = new CopyName(1, 2, 4, 5),
        EncryptionMarks = new PackSlice(new PackName(1, 2, 0), 0, 9, 7),
        Partitions =
        [
            new PartitionEntry(Partition, 0,
            [
                new SegmentEntry(0, 1, 10, 50, 9000, 20, new WholeFile(1, 77), []),
                new SegmentEntry(50, 2, 21, 60, 4096 + 128, 30, null, [new Piece(4096, new PackSlice(new PackName(1, 2, 0), 0, 64, 5)), new Piece(4160, new PackSlice(new PackName(1, 2, 1), 64, 64, 6))]),
            ], new PackSlice(new PackName(1, 2, 0), 64, 96, 8)),
        ],
    };

    private static void Refuses(Manifest manifest)
    {
        var (bytes, hash) = ManifestCodec.Write(manifest);
        Assert.Throws<ArchiveDamagedException>(() => ManifestCodec.Read(bytes, hash, "key"));
    }
}
