using System.Runtime.InteropServices;

namespace Iggy.Storage.Segments;

/// <summary>Constants of a segment file. The layouts are described in <c>docs/formats/segment.md</c>.</summary>
internal static class SegmentFormat
{
    public const uint HeadBytes = 4096;      // one page, so that records start on their own
    public const uint IndexStrideBytes = 64 << 10;
}

/// <summary>First 64 bytes of a segment file, written once when the file is made or reused.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1, Size = SizeInBytes)]
internal struct SegmentHead
{
    public const int SizeInBytes = 64;
    public const ulong ExpectedMagic = 0x3147_4553_5947_4749; // "IGGYSEG1"

    public ulong Magic;                       // @0
    public uint Version, Generation;          // @8
    public ulong FirstOffset, CreatedMicros;  // @16
    public ulong LogId;                       // @32  of the log that made the file; 0: not known
    private readonly ulong _reserved0, _reserved1; // @40
    public ulong Checksum;                    // @56

    public static SegmentHead Create(ulong firstOffset, uint generation, ulong createdMicros, ulong logId)
    {
        var head = new SegmentHead
        {
            Magic = ExpectedMagic,
            Version = FileFormat.Version,
            Generation = generation,
            FirstOffset = firstOffset,
            CreatedMicros = createdMicros,
            LogId = logId,
        };
        head.Checksum = FileFormat.ChecksumOfBlock(in head);
        return head;
    }

    public readonly bool IsIntact => Magic == ExpectedMagic && Checksum == FileFormat.ChecksumOfBlock(in this);
}

/// <summary>
/// How far a segment is committed. Two slots are written in turn, so a torn write leaves the other: the state before the append
/// that was not acknowledged yet.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1, Size = SizeInBytes)]
internal struct CommitSlot
{
    public const int SizeInBytes = 64;
    public const int FirstPosition = 64; // both lie in the first 512-byte sector

    public ulong Sequence;                    // @0   +1 per write; the greater one counts
    public uint Position, Generation;         // @8   end of the committed records in the file
    public ulong NextOffset;                  // @16
    public ulong MessageBytes;                // @24  as clients count
    public ulong FirstTimestampMicros;        // @32
    public ulong LastTimestampMicros;         // @40  the clock of later appends may not fall below it
    public uint Records;                      // @48
    public uint SyncedPosition;               // @52  what was on disk when this was written; 0: everything up to Position was acknowledged
    public ulong Checksum;                    // @56

    public readonly bool IsIntact(uint generation) =>
        Generation == generation && Position >= SegmentFormat.HeadBytes && Checksum == FileFormat.ChecksumOfBlock(in this);
}

/// <summary>What a sealed segment holds. Written when it is rolled, at its own sector of the head block.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1, Size = SizeInBytes)]
internal struct SealBlock
{
    public const int SizeInBytes = 64;
    public const int FilePosition = 512;
    public const uint ExpectedMagic = 0x4C41_4553; // "SEAL"

    public uint Magic, Generation;            // @0
    public ulong NextOffset;                  // @8   message count = this - first offset
    public ulong MessageBytes;                // @16
    public ulong FirstTimestampMicros;        // @24
    public ulong LastTimestampMicros;         // @32
    public uint EndPosition, Records;         // @40  the file is exactly this long
    private readonly ulong _reserved;         // @48
    public ulong Checksum;                    // @56

    public readonly bool IsIntact(uint generation) => Magic == ExpectedMagic && Generation == generation
        && EndPosition >= SegmentFormat.HeadBytes && Checksum == FileFormat.ChecksumOfBlock(in this);
}

/// <summary>One entry of an index file: a record that starts at a position. Only a hint; the record's own header decides.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1, Size = SizeInBytes)]
internal struct IndexEntry
{
    public const int SizeInBytes = 16;

    public uint OffsetInSegment, Position;    // @0   base offset - first offset of the segment
    public ulong TimestampMicros;             // @8
}
