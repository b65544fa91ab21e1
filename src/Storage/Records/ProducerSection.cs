using System.Runtime.InteropServices;

namespace Iggy.Storage.Records;

/// <summary>Who produced the messages of a record, and which of his they are: 16 bytes, little-endian, the last ones of its envelope.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1, Size = SizeInBytes)]
internal struct ProducerSection
{
    public const int SizeInBytes = 16;
    public const ulong MaxProducerId = long.MaxValue;
    public const ushort MaxEpoch = (ushort)short.MaxValue;
    public const uint MaxSequence = int.MaxValue;

    public ulong ProducerId;            // @0   drawn by the client
    public uint BaseSequence;           // @8   of the first message of the record; numbers begin at 0 again after the greatest
    public ushort Epoch;                // @12  a higher one fences off the lower ones
    private readonly ushort _reserved;  // @14  zero

    /// <summary>The sequence number so many messages further on.</summary>
    public static uint Add(uint sequence, uint count) => (sequence + count) & MaxSequence;

    /// <summary>The section of messages that come so many further on in the same batch.</summary>
    public readonly ProducerSection Behind(uint count) => this with { BaseSequence = Add(BaseSequence, count) };

    /// <summary>The section of a record that has one.</summary>
    public static ProducerSection Of(in RecordHeader header, ReadOnlySpan<byte> body) =>
        MemoryMarshal.Read<ProducerSection>(body[(header.EnvelopeBytes - SizeInBytes)..]);
}
