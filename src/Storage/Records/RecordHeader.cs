using System.Runtime.InteropServices;

namespace Iggy.Storage.Records;

/// <summary>Flags of a record. Bits not named here are refused, so an older build never misreads a body it cannot decode.</summary>
[Flags]
internal enum RecordFlags : uint
{
    None = 0,

    /// <summary>The append goes on in the next record; without that one this one does not count.</summary>
    MoreFollow = 1,

    /// <summary>Bits 4-7: the <see cref="RecordCodec"/> of the body; an envelope leads the body then.</summary>
    CodecMask = 0xF << RecordHeader.CodecShift,

    /// <summary>The body is encrypted, after packing; the longer envelope leads it.</summary>
    Encrypted = 1 << 8,

    /// <summary>The messages are those of a producer that numbers them: a <see cref="ProducerSection"/> ends the envelope.</summary>
    Producer = 1 << 9,
}

/// <summary>Head of a record: 64 bytes, little-endian, at a multiple of 8; the body follows, then zeros to the next multiple of 8.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1, Size = SizeInBytes)]
internal struct RecordHeader
{
    public const int SizeInBytes = 64;
    public const uint ExpectedMagic = 0x4345_5249; // "IREC"
    public const int CodecShift = 4;

    public uint Magic, RecordBytes;           // @0   header and body, without the padding
    public ulong BaseOffset;                  // @8
    public ulong BaseTimestampMicros;         // @16  append time of all its messages
    public ulong OriginTimestampMicros;       // @24  frames hold deltas from it
    public uint MessageCount;                 // @32
    public RecordFlags Flags;                 // @36
    public uint Epoch, Generation;            // @40  the writer's; the segment's
    public ulong BodyChecksum;                // @48  of the body as stored
    public ulong HeaderChecksum;              // @56  of the 56 bytes before

    public readonly uint BodyBytes => RecordBytes - SizeInBytes;

    public readonly uint AlignedBytes => RecordFormat.Align(RecordBytes);

    public readonly ulong NextOffset => BaseOffset + MessageCount;

    public readonly RecordCodec Codec => (RecordCodec)((uint)(Flags & RecordFlags.CodecMask) >> CodecShift);

    /// <summary>Whether the body is a <see cref="RecordEnvelope"/> and frames, packed, encrypted or of a producer, instead of the frames themselves.</summary>
    public readonly bool HasEnvelope => (Flags & (RecordFlags.CodecMask | RecordFlags.Encrypted | RecordFlags.Producer)) != 0;

    public readonly bool HasProducer => (Flags & RecordFlags.Producer) != 0;

    public readonly bool IsEncrypted => (Flags & RecordFlags.Encrypted) != 0;

    public readonly int EnvelopeBytes =>
        (IsEncrypted ? RecordEnvelope.EncryptedSizeInBytes : HasEnvelope ? RecordEnvelope.SizeInBytes : 0) + (HasProducer ? ProducerSection.SizeInBytes : 0);

    /// <summary>Size of its messages as clients count it: a header of 64 bytes instead of a frame of 48.</summary>
    /// <param name="framesBytes">Of its frames, unpacked.</param>
    public readonly ulong MessageBytes(uint framesBytes) =>
        framesBytes + ((ulong)MessageCount * (ClassicMessage.SizeInBytes - MessageFrame.SizeInBytes));

    /// <summary>Whether frames of so many bytes can be the messages of this record.</summary>
    public readonly bool CanHold(uint framesBytes) =>
        framesBytes <= RecordFormat.MaxFramesBytes && (ulong)MessageCount * MessageFrame.SizeInBytes <= framesBytes;

    /// <summary>Whether the header is one of this segment and its lengths can be used.</summary>
    /// <param name="generation">The segment's: a record left over in a recycled file has an older one.</param>
    public readonly bool IsIntact(uint generation) =>
        Magic == ExpectedMagic
        && Generation == generation
        && HeaderChecksum == FileFormat.ChecksumOfBlock(in this)
        && (Flags & ~(RecordFlags.MoreFollow | RecordFlags.CodecMask | RecordFlags.Encrypted | RecordFlags.Producer)) == 0
        && Codec <= RecordCodec.Zstd
        && RecordBytes is > SizeInBytes and <= RecordFormat.MaxBytes
        && MessageCount >= 1
        && (HasEnvelope ? BodyBytes > (uint)EnvelopeBytes : CanHold(BodyBytes))
        && BaseOffset <= ulong.MaxValue - MessageCount;
}
