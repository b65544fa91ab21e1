using System.Buffers;
using System.Buffers.Binary;

namespace Iggy.Protocol.Vsr;

/// <summary>The checks of a batch record, and its checksum.</summary>
public static class Batch
{
    // Checksums of so many frames are gathered without taking an array from the pool.
    private const int FramesOnStack = 64;

    /// <summary>Proves that a batch is one record of whole messages as a producer makes it. What the checksums of its frames cover is not looked at:
    /// see <see cref="CheckFrames"/>. Allocates nothing.</summary>
    /// <param name="batch">The record, exactly.</param>
    /// <param name="count">What the request says.</param>
    /// <param name="mayNameProducer">Whether the line knows producers.</param>
    /// <returns><see cref="IggyError.None"/>, or what is wrong: <see cref="IggyError.InvalidCommand"/> for the layout,
    /// <see cref="IggyError.TooBigMessagePayload"/>, <see cref="IggyError.TooBigUserHeaders"/>, <see cref="IggyError.InvalidBatchChecksum"/>.</returns>
    public static IggyError Check(ReadOnlySpan<byte> batch, uint count, bool mayNameProducer = false)
    {
        if (batch.Length < BatchHeader.SizeInBytes)
            return IggyError.InvalidCommand;
        ref readonly var header = ref BatchHeader.At(batch);
        if (header.BatchBytes != (ulong)batch.Length || header.MessagesCount != count || count == 0
            || header.OriginTimestampMicros > ulong.MaxValue - uint.MaxValue // origin and difference could wrap
            || batch[(mayNameProducer && IsProducer(batch) ? BatchHeader.UsedBytes : BatchHeader.ProducerAt)..BatchHeader.SizeInBytes].ContainsAnyExcept((byte)0))
            return IggyError.InvalidCommand;

        var frames = batch[BatchHeader.SizeInBytes..];
        if (count > (uint)(frames.Length / FrameHeader.SizeInBytes))
            return IggyError.InvalidCommand;
        if (CheckLayout(frames, count) is var fault and not IggyError.None)
            return fault;
        return Checksum(batch, frames, count) == header.Checksum ? IggyError.None : IggyError.InvalidBatchChecksum;
    }

    /// <summary>Compares every frame with its checksum, in a batch that passed <see cref="Check"/>.</summary>
    /// <returns><see cref="IggyError.None"/> or <see cref="IggyError.InvalidMessageChecksum"/>.</returns>
    public static IggyError CheckFrames(ReadOnlySpan<byte> batch)
    {
        for (var frames = batch[BatchHeader.SizeInBytes..]; !frames.IsEmpty;)
        {
            ref readonly var header = ref FrameHeader.At(frames);
            var bytes = (int)header.FrameBytes;
            if (header.Checksum != Hashes.Xxh3(frames[sizeof(ulong)..bytes]))
                return IggyError.InvalidMessageChecksum;
            frames = frames[bytes..];
        }
        return IggyError.None;
    }

    /// <summary>Whether the checksum of a record is right, in a record whose frames tile it.</summary>
    public static bool IsChecksumRight(ReadOnlySpan<byte> batch) =>
        BatchHeader.At(batch).Checksum == Checksum(batch, batch[BatchHeader.SizeInBytes..], BatchHeader.At(batch).MessagesCount);

    /// <summary>Computes the checksum of a record whose other fields are final, and writes it.</summary>
    internal static void Seal(Span<byte> batch)
    {
        var header = BatchHeader.At(batch);
        header.Checksum = Checksum(batch, batch[BatchHeader.SizeInBytes..], header.MessagesCount);
        header.WriteTo(batch);
    }

    private static bool IsProducer(ReadOnlySpan<byte> batch)
    {
        ref readonly var header = ref BatchHeader.At(batch);
        return header is { HasProducer: 1, ProducerId: <= long.MaxValue, ProducerEpoch: <= (ushort)short.MaxValue, BaseSequence: <= int.MaxValue }
            && !batch[(BatchHeader.ProducerAt + 1)..56].ContainsAnyExcept((byte)0) && !batch[66..68].ContainsAnyExcept((byte)0);
    }

    private static IggyError CheckLayout(ReadOnlySpan<byte> frames, uint count)
    {
        var taken = 0U;
        for (; frames.Length >= FrameHeader.SizeInBytes; taken++)
        {
            ref readonly var header = ref FrameHeader.At(frames);
            if (header.PayloadBytes > ProtocolLimits.MaxMessagePayloadBytes)
                return IggyError.TooBigMessagePayload;
            if (header.UserHeadersBytes > ProtocolLimits.MaxUserHeadersBytes)
                return IggyError.TooBigUserHeaders;
            if (header.OffsetDelta != taken || header.Reserved != 0 || header.FrameBytes > (ulong)frames.Length)
                return IggyError.InvalidCommand;
            frames = frames[(int)header.FrameBytes..];
        }
        return frames.IsEmpty && taken == count ? IggyError.None : IggyError.InvalidCommand;
    }

    private static ulong Checksum(ReadOnlySpan<byte> batch, ReadOnlySpan<byte> frames, uint count)
    {
        const int ProducerBytes = 15; // 1, id, epoch, number of the first message
        var fixedBytes = BatchHeader.BytesBeforeChecksum + sizeof(uint) + (BatchHeader.At(batch).HasProducer == 1 ? ProducerBytes : 0);
        const int MostFixedBytes = BatchHeader.BytesBeforeChecksum + sizeof(uint) + ProducerBytes;
        var bytes = checked(fixedBytes + ((int)count * sizeof(ulong)));
        var rented = count > FramesOnStack ? ArrayPool<byte>.Shared.Rent(bytes) : null;
        var input = rented is null ? stackalloc byte[MostFixedBytes + (FramesOnStack * sizeof(ulong))] : rented;
        input = input[..bytes];

        batch[..BatchHeader.BytesBeforeChecksum].CopyTo(input);
        BinaryPrimitives.WriteUInt32LittleEndian(input[BatchHeader.BytesBeforeChecksum..], count);
        if (BatchHeader.At(batch).HasProducer == 1)
        {
            var producer = input[(BatchHeader.BytesBeforeChecksum + sizeof(uint))..];
            producer[0] = 1;
            batch[56..66].CopyTo(producer[1..]);
            batch[68..72].CopyTo(producer[11..]);
        }
        for (var place = input[fixedBytes..]; !place.IsEmpty; place = place[sizeof(ulong)..])
        {
            frames[..sizeof(ulong)].CopyTo(place);
            frames = frames[(int)FrameHeader.At(frames).FrameBytes..];
        }
        var checksum = Hashes.Xxh3(input);
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
        return checksum;
    }
}
