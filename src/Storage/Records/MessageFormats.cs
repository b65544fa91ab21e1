using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Iggy.Storage.Records;

/// <summary>A message inside a record, and on the wire of the newer dialect: 48 bytes, then payload, then user headers.</summary>
/// <remarks>Layout: <c>spec/vsr-dialect.md</c> 4.7. Stored so that a poll of that dialect is nearly a copy.</remarks>
[StructLayout(LayoutKind.Sequential, Pack = 1, Size = SizeInBytes)]
internal struct MessageFrame
{
    public const int SizeInBytes = 48;

    public ulong Checksum;                    // @0   XXH3-64 of everything after it
    public ulong IdLow, IdHigh;               // @8
    public uint OffsetDelta;                  // @24  from the record's base offset
    public uint TimestampDelta;               // @28  creation time from the record's origin, in microseconds
    public uint UserHeadersBytes, PayloadBytes; // @32
    public ulong Reserved;                    // @40  zero

    /// <summary>Payload and user headers. A sum of two u32, so it cannot wrap.</summary>
    public readonly ulong ContentBytes => (ulong)PayloadBytes + UserHeadersBytes;
}

/// <summary>A message of the 0.8.0 dialect: 64 bytes, then payload, then user headers.</summary>
/// <remarks>Layout: <c>spec/binary-protocol.md</c> 2.9.</remarks>
[StructLayout(LayoutKind.Sequential, Pack = 1, Size = SizeInBytes)]
internal struct ClassicMessage
{
    public const int SizeInBytes = 64;

    public ulong Checksum;                    // @0   XXH3-64 of everything after it
    public ulong IdLow, IdHigh;               // @8
    public ulong Offset;                      // @24
    public ulong TimestampMicros;             // @32  append time
    public ulong OriginTimestampMicros;       // @40  creation time
    public uint UserHeadersBytes, PayloadBytes; // @48
    public ulong Reserved;                    // @56  zero

    /// <summary>Payload and user headers. A sum of two u32, so it cannot wrap.</summary>
    public readonly ulong ContentBytes => (ulong)PayloadBytes + UserHeadersBytes;
}

/// <summary>Head of a batch on the wire of the newer dialect: 256 bytes, of which these are the first; the rest is zero.</summary>
/// <remarks>Layout: <c>spec/vsr-dialect.md</c> 4.7; the producer: <c>spec/wire-0.12.md</c> 7.1.</remarks>
[StructLayout(LayoutKind.Sequential, Pack = 1, Size = UsedBytes)]
internal struct CompactBatch
{
    public const int SizeInBytes = 256;
    public const int UsedBytes = 72;
    public const int BytesBeforeChecksum = 40;
    public const int ProducerBytesInChecksum = 15;

    public ulong PartitionId;                 // @0
    public ulong BaseOffset;                  // @8
    public ulong BaseTimestampMicros;         // @16
    public ulong OriginTimestampMicros;       // @24
    public ulong BatchBytes;                  // @32  head and frames
    public ulong Checksum;                    // @40  XXH3-64 of bytes 0-39, the count, the producer if there is one, and the checksums of the frames
    public uint MessageCount;                 // @48
    public uint HasProducer;                  // @52  0, or 1 where the rest is filled
    public ulong ProducerId;                  // @56
    public ushort ProducerEpoch;              // @64
    private readonly ushort _reserved;        // @66  zero
    public uint BaseSequence;                 // @68  number of the first message among those of the producer

    /// <summary>What the checksum covers of a batch with a producer, between the count and the frames.</summary>
    /// <returns><see cref="ProducerBytesInChecksum"/>.</returns>
    public readonly int WriteProducerForChecksum(Span<byte> target)
    {
        target[0] = 1;
        BinaryPrimitives.WriteUInt64LittleEndian(target[1..], ProducerId);
        BinaryPrimitives.WriteUInt16LittleEndian(target[9..], ProducerEpoch);
        BinaryPrimitives.WriteUInt32LittleEndian(target[11..], BaseSequence);
        return ProducerBytesInChecksum;
    }
}
