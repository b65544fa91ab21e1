using Iggy.Grains.Interfaces.Partitions;

namespace Iggy.Gateway.Wire.Transports;

/// <summary>Sends replies that are read while they are sent: one piece is in memory at a time, and the next one is read when the client has taken it.</summary>
internal static class LargeReplies
{
    // What the client must take in one go, so that who takes nothing of a large message is seen soon.
    private const int MostAtOnceBytes = 1024 * 1024;

    /// <summary>Sends one reply.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="head">What comes in front of the messages. It says how long they are.</param>
    /// <param name="reply">The messages; owned by the caller.</param>
    /// <exception cref="IOException">The client is gone; or the rest cannot be read any more, and nothing but the end of the connection can tell the client.</exception>
    public static async ValueTask SendAsync(this IByteStream stream, ReadOnlyMemory<byte> head, LargeReply reply)
    {
        await stream.SendAsync(head, isEnd: false);
        for (var left = reply.Bytes; left > 0;)
        {
            using var piece = await reply.NextAsync() ?? throw new IOException($"A reply ended {left} B before its end.");
            for (var rest = piece.Bytes; !rest.IsEmpty;)
            {
                var part = rest[..Math.Min(rest.Length, MostAtOnceBytes)];
                (rest, left) = (rest[part.Length..], left - part.Length);
                await stream.SendAsync(part, isEnd: left == 0);
            }
        }
    }
}
