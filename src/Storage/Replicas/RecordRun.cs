using System.Runtime.InteropServices;
using Iggy.Storage.Records;

namespace Iggy.Storage.Replicas;

/// <summary>Whole appends of one segment, as they lie there, from bytes that nobody vouches for.</summary>
internal readonly record struct RecordRun(uint Records, uint Generation, ulong FirstTimestampMicros)
{
    /// <summary>Checks every header, every body's checksum, the padding, and that the records follow each other from one offset to another. Allocates nothing.</summary>
    /// <param name="bytes">Starts with a record and ends with the padding of one.</param>
    /// <param name="from">Offset of the first message.</param>
    /// <param name="end">Offset after the last.</param>
    /// <param name="run">What they are.</param>
    public static bool TryCheck(ReadOnlySpan<byte> bytes, ulong from, ulong end, out RecordRun run)
    {
        run = default;
        var (offset, time, epoch, isOpen) = (from, 0UL, 0u, true);
        while (!bytes.IsEmpty)
        {
            if (bytes.Length < RecordHeader.SizeInBytes)
                return false;
            var header = MemoryMarshal.Read<RecordHeader>(bytes);
            if (!header.IsIntact(run.Records == 0 ? header.Generation : run.Generation) || header.AlignedBytes > (uint)bytes.Length)
                return false;
            if (header.BaseOffset != offset || header.BaseTimestampMicros < time || header.Epoch < epoch)
                return false;
            var body = bytes.Slice(RecordHeader.SizeInBytes, (int)header.BodyBytes);
            if (FileFormat.Checksum(body) != header.BodyChecksum || (header.HasEnvelope && !header.CanHold(RecordEnvelope.FramesBytes(body))))
                return false;
            if (bytes[(int)header.RecordBytes..(int)header.AlignedBytes].ContainsAnyExcept((byte)0))
                return false;

            run = run.Records == 0 ? new(1, header.Generation, header.BaseTimestampMicros) : run with { Records = run.Records + 1 };
            (offset, time, epoch, isOpen) = (header.NextOffset, header.BaseTimestampMicros, header.Epoch, header.Flags.HasFlag(RecordFlags.MoreFollow));
            bytes = bytes[(int)header.AlignedBytes..];
        }
        return offset == end && !isOpen;
    }
}
