using System.Buffers;
using System.Buffers.Binary;

namespace Iggy.Storage.Tests.Setup;

/// <summary>A message as a consumer gets it.</summary>
internal sealed record Served(ulong Offset, ulong TimestampMicros, ulong OriginMicros, UInt128 Id, byte[] Payload, byte[] UserHeaders);

/// <summary>Reads replies from the layouts of the specification alone, and checks every checksum in them.</summary>
internal static class Replies
{
    public static List<Served> Take(ReadResult result, MessageLayout layout, int headroom = 0, uint partitionId = 0)
    {
        Assert.Equal(ReadStatus.Ok, result.Status);
        var messages = new List<Served>();
        if (result.Rented is not { } rented)
        {
            Assert.Equal((0, 0u), (result.Bytes, result.Count));
            return messages;
        }
        var bytes = rented.AsSpan(headroom, result.Bytes).ToArray();
        ArrayPool<byte>.Shared.Return(rented);
        if (layout is MessageLayout.Classic)
            ReadClassic(bytes, messages);
        else
            ReadCompact(bytes, messages, partitionId);

        Assert.Equal(result.Count, (uint)messages.Count);
        Assert.Equal(result.LastOffset, messages[^1].Offset);
        return messages;
    }

    /// <summary>Measures a large read and takes all its pieces.</summary>
    public static List<Served> Take(ILargeRead large, MessageLayout layout, int pieceBytes, uint partitionId = 0)
    {
        while (large.MeasureSome())
            continue;
        Assert.Equal(ReadStatus.Ok, large.Status);
        var (messages, bytes) = (new List<Served>(), 0L);
        while (large.NextPiece() is { } piece)
        {
            var before = messages.Count;
            if (layout is MessageLayout.Classic)
                ReadClassic(piece.Array.AsSpan(0, piece.Bytes), messages);
            else
                ReadCompact(piece.Array.AsSpan(0, piece.Bytes), messages, partitionId);
            Assert.True(piece.Bytes <= pieceBytes || messages.Count == before + 1);
            Assert.True(piece.Bytes <= large.PieceBytes && piece.Array.Length >= piece.Bytes);
            bytes += piece.Bytes;
            if (piece.IsRented)
                ArrayPool<byte>.Shared.Return(piece.Array);
        }
        Assert.Equal((large.Bytes, large.Count, large.LastOffset), (bytes, (uint)messages.Count, messages[^1].Offset));
        return messages;
    }

    private static void ReadClassic(ReadOnlySpan<byte> bytes, List<Served> messages)
    {
        while (!bytes.IsEmpty)
        {
            var headers = (int)U32(bytes, 48);
            var payload = (int)U32(bytes, 52);
            var message = bytes[..(64 + payload + headers)];
            Assert.Equal(FileFormat.Checksum(message[8..]), U64(message, 0));
            Assert.Equal(0UL, U64(message, 56));
            messages.Add(new Served(U64(message, 24), U64(message, 32), U64(message, 40), Id(message),
                message.Slice(64, payload).ToArray(), message[(64 + payload)..].ToArray()));
            bytes = bytes[message.Length..];
        }
    }

    private static void ReadCompact(ReadOnlySpan<byte> bytes, List<Served> messages, uint partitionId)
    {
        while (!bytes.IsEmpty)
        {
            var batch = bytes[..(int)U64(bytes, 32)];
            Assert.Equal(partitionId, U64(batch, 0));
            Assert.False(batch[52..256].ContainsAnyExcept((byte)0));
            var covered = new List<byte>(batch[..40].ToArray());
            covered.AddRange(batch[48..52]);
            var frames = batch[256..];
            for (var i = U32(batch, 48); i > 0; i--)
            {
                var headers = (int)U32(frames, 32);
                var payload = (int)U32(frames, 36);
                var frame = frames[..(48 + payload + headers)];
                Assert.Equal(FileFormat.Checksum(frame[8..]), U64(frame, 0));
                covered.AddRange(frame[..8]);
                messages.Add(new Served(U64(batch, 8) + U32(frame, 24), U64(batch, 16), U64(batch, 24) + U32(frame, 28), Id(frame),
                    frame.Slice(48, payload).ToArray(), frame[(48 + payload)..].ToArray()));
                frames = frames[frame.Length..];
            }
            Assert.True(frames.IsEmpty);
            Assert.Equal(FileFormat.Checksum(covered.ToArray()), U64(batch, 40));
            bytes = bytes[batch.Length..];
        }
    }

    private static ulong U64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static UInt128 Id(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt128LittleEndian(bytes[8..]);
}
