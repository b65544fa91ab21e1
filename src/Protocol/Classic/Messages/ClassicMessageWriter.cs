using System.Buffers.Binary;

namespace Iggy.Protocol.Classic;

/// <summary>Writes messages as a poll returns them.</summary>
public static class ClassicMessageWriter
{
    /// <summary>Writes one message with its checksum. Lengths, reserved field and checksum of the header given are replaced.</summary>
    /// <param name="destination">Room for header, payload and user headers.</param>
    /// <param name="header">Id, offset and times.</param>
    /// <param name="payload">The payload.</param>
    /// <param name="userHeaders">The block of user headers.</param>
    /// <returns>Bytes written.</returns>
    /// <exception cref="ArgumentException">The destination is too short; some of it may have been written.</exception>
    public static int Write(
        Span<byte> destination, ClassicMessageHeader header, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> userHeaders)
    {
        header.PayloadBytes = (uint)payload.Length;
        header.UserHeadersBytes = (uint)userHeaders.Length;
        header.Reserved = 0;
        header.WriteTo(destination);
        payload.CopyTo(destination[ClassicMessageHeader.SizeInBytes..]);
        userHeaders.CopyTo(destination[(ClassicMessageHeader.SizeInBytes + payload.Length)..]);

        var bytes = (int)header.MessageBytes;
        Seal(destination[..bytes]);
        return bytes;
    }

    /// <summary>Computes the checksum of a message whose other fields are final, and writes it.</summary>
    /// <param name="message">Header, payload and user headers, exactly.</param>
    public static void Seal(Span<byte> message) => BinaryPrimitives.WriteUInt64LittleEndian(message, Hashes.Xxh3(message[sizeof(ulong)..]));
}
