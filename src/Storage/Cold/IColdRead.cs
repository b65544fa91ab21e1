namespace Iggy.Storage.Cold;

/// <summary>A read of messages whose segments lie in an archive. Measured as any <see cref="ILargeRead"/>, with the blocks that it asks for in between.</summary>
public interface IColdRead : ILargeRead
{
    /// <summary>What has to be provided before it is measured on; null where nothing is missing.</summary>
    ColdNeed? Needs { get; }

    /// <summary>Gives it what it needs.</summary>
    /// <param name="block">Held by the read from now on, which disposes it.</param>
    void Provide(IColdBlock block);
}

/// <summary>Bytes of a cold segment that a read waits for.</summary>
/// <param name="Partition">The log's name.</param>
/// <param name="Segment">Which segment.</param>
/// <param name="Block">Which block of it.</param>
/// <param name="Following">The cold segment behind it, for who reads ahead; null where none is.</param>
public sealed record ColdNeed(string Partition, ColdSegment Segment, int Block, ColdSegment? Following);

/// <summary>A block of a cold segment, as it was written: held for as long as somebody reads it.</summary>
public interface IColdBlock : IDisposable
{
    /// <summary>Reads some of it.</summary>
    /// <returns>How many bytes were read.</returns>
    /// <exception cref="IOException">They cannot be read.</exception>
    int Read(Span<byte> into, int at);

    /// <summary>Nobody is to get it any more: it is not what it was.</summary>
    void Spoil();
}

/// <summary>A cold part of a log is not to be had now; the same read may work later. The message is one line for people.</summary>
public sealed class ColdAwayException : Exception
{
    /// <param name="message">Why.</param>
    /// <param name="inner">What went wrong.</param>
    public ColdAwayException(string message, Exception? inner = null) : base(message, inner)
    {
    }
}
