using System.Runtime.InteropServices;

namespace Iggy.Protocol.Vsr;

/// <summary>The head of a batch record, byte for byte as on the wire: 256 bytes, of which all after the producer are zero, and that too where there is none.</summary>
/// <remarks>A producer leaves partition, base offset and base time at 0; the server fills them and computes the checksum anew. Offsets and times of
/// the messages are differences from what stands here.</remarks>
[StructLayout(LayoutKind.Sequential, Pack = 1, Size = UsedBytes)]
#pragma warning disable CA1051 // the fields are the layout
public struct BatchHeader
{
    /// <summary>Bytes of a header.</summary>
    public const int SizeInBytes = 256;

    internal const int UsedBytes = 72;

    /// <summary>Where the part starts that names a producer: the 0.12 line alone has it, and zeros stand there without one.</summary>
    internal const int ProducerAt = 52;
    internal const int BytesBeforeChecksum = 40;

    /// <summary>@0: the partition.</summary>
    public ulong PartitionId;

    /// <summary>@8: from which the messages count their offsets.</summary>
    public ulong BaseOffset;

    /// <summary>@16: when the server appended them all.</summary>
    public ulong BaseTimestampMicros;

    /// <summary>@24: the earliest creation time, from which the messages count theirs.</summary>
    public ulong OriginTimestampMicros;

    /// <summary>@32: header and frames.</summary>
    public ulong BatchBytes;

    /// <summary>@40: XXH3-64 of the first 40 bytes, the count, and the checksums of all frames.</summary>
    public ulong Checksum;

    /// <summary>@48: frames that follow, at least 1.</summary>
    public uint MessagesCount;

    /// <summary>@52: 1 where a producer is named.</summary>
    public byte HasProducer;

    private readonly byte _zero1;
    private readonly ushort _zero2;

    /// <summary>@56: drawn by the client, below 2^63.</summary>
    public ulong ProducerId;

    /// <summary>@64: below 2^15; a higher one fences off the lower ones.</summary>
    public ushort ProducerEpoch;

    private readonly ushort _zero3;

    /// <summary>@68: number of the first message among those of the producer, below 2^31.</summary>
    public uint BaseSequence;

    /// <summary>The header at the start of a span, in place.</summary>
    /// <param name="batch">At least <see cref="SizeInBytes"/>.</param>
    public static ref readonly BatchHeader At(ReadOnlySpan<byte> batch) => ref MemoryMarshal.AsRef<BatchHeader>(batch);

    /// <summary>Writes the header with its zeros.</summary>
    /// <param name="destination">At least <see cref="SizeInBytes"/>.</param>
    public readonly void WriteTo(Span<byte> destination)
    {
        destination[UsedBytes..SizeInBytes].Clear();
        MemoryMarshal.Write(destination, in this);
    }
}

/// <summary>The head of a message inside a batch, byte for byte as on the wire: 48 bytes, then the payload, then the user headers.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1, Size = SizeInBytes)]
public struct FrameHeader
{
    /// <summary>Bytes of a header.</summary>
    public const int SizeInBytes = 48;

    /// <summary>@0: XXH3-64 of every byte of the frame after this field.</summary>
    public ulong Checksum;

    /// <summary>@8: lower half of the id.</summary>
    public ulong IdLow;

    /// <summary>@16: upper half of the id.</summary>
    public ulong IdHigh;

    /// <summary>@24: offset from the batch's base.</summary>
    public uint OffsetDelta;

    /// <summary>@28: creation time from the batch's origin, in microseconds.</summary>
    public uint TimestampDelta;

    /// <summary>@32: length of the user headers.</summary>
    public uint UserHeadersBytes;

    /// <summary>@36: length of the payload.</summary>
    public uint PayloadBytes;

    /// <summary>@40: zero.</summary>
    public ulong Reserved;

    /// <summary>Both halves of the id.</summary>
    public UInt128 Id
    {
        readonly get => new(IdHigh, IdLow);
        set => (IdHigh, IdLow) = ((ulong)(value >> 64), (ulong)value);
    }

    /// <summary>Bytes of the whole frame. Can't overflow: both lengths are 32 bits wide.</summary>
    public readonly ulong FrameBytes => SizeInBytes + (ulong)UserHeadersBytes + PayloadBytes;

    /// <summary>The header at the start of a span, in place.</summary>
    /// <param name="frame">At least <see cref="SizeInBytes"/>.</param>
    public static ref readonly FrameHeader At(ReadOnlySpan<byte> frame) => ref MemoryMarshal.AsRef<FrameHeader>(frame);

    /// <summary>Writes the header.</summary>
    /// <param name="destination">At least <see cref="SizeInBytes"/>.</param>
    public readonly void WriteTo(Span<byte> destination) => MemoryMarshal.Write(destination, in this);
}
#pragma warning restore CA1051
