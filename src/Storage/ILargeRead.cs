namespace Iggy.Storage;

/// <summary>
/// A read too large for memory, prepared by the log and made beside it, on any thread: first <see cref="MeasureSome"/> until it is through, which proves
/// every record and says how long the reply is; then its messages, piece by piece.
/// </summary>
/// <remarks>For one thread at a time. It keeps the files it reads open until it is disposed, whatever becomes of the log.</remarks>
public interface ILargeRead : IDisposable
{
    /// <summary>What becomes of the read, as far as it is measured: <see cref="ReadStatus.Damaged"/> when the first message wanted is.</summary>
    ReadStatus Status { get; }

    /// <summary>Bytes of all messages.</summary>
    long Bytes { get; }

    /// <summary>Messages.</summary>
    uint Count { get; }

    /// <summary>Offset of the last message; with <see cref="ReadStatus.Damaged"/> the last offset of the damaged range.</summary>
    ulong LastOffset { get; }

    /// <summary>Memory that the largest piece takes: about 1 MiB, or what one larger message needs.</summary>
    int PieceBytes { get; }

    /// <summary>Measures the next piece. Takes about as long as a small read, so that whoever has other things to do can do them in between.</summary>
    /// <returns>False when there is no further one.</returns>
    /// <exception cref="IOException">A file cannot be read at all.</exception>
    bool MeasureSome();

    /// <summary>Makes the next piece: whole messages, in an array of its own.</summary>
    /// <returns>How many bytes of the array count, and whether it goes back to <see cref="System.Buffers.ArrayPool{T}.Shared"/>; null when there is no further piece.</returns>
    /// <exception cref="IOException">What was measured cannot be read any more.</exception>
    (byte[] Array, int Bytes, bool IsRented)? NextPiece();
}
