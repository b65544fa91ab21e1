namespace Iggy.Grains.Interfaces.Partitions;

/// <summary>The messages of a poll that are too many for memory: they are read while they are sent, a piece at a time.</summary>
/// <remarks>Inside a silo the very object is handed over, and holds files open until it is disposed. Between silos the pieces are read and travel with the
/// answer, so callers there should not ask for more than a message of the cluster holds.</remarks>
public sealed class LargeReply : IDisposable
{
    private readonly IReplyPieces _pieces;

    /// <summary>Takes over what makes the pieces.</summary>
    /// <param name="pieces">Owned by this object from now on.</param>
    /// <param name="bytes">Bytes of messages in all pieces together.</param>
    /// <param name="pieceBytes">Memory that the largest piece takes.</param>
    public LargeReply(IReplyPieces pieces, long bytes, int pieceBytes) => (_pieces, Bytes, PieceBytes) = (pieces, bytes, pieceBytes);

    /// <summary>Bytes of messages in all pieces together.</summary>
    public long Bytes { get; }

    /// <summary>Memory that the largest piece takes.</summary>
    public int PieceBytes { get; }

    /// <summary>Reads the next piece: whole messages. The caller disposes it, before the next one where memory counts.</summary>
    /// <returns>Null after the last one.</returns>
    /// <exception cref="IOException">It cannot be read any more: the reply stays incomplete.</exception>
    public ValueTask<PooledBytes?> NextAsync() => _pieces.NextAsync();

    /// <inheritdoc/>
    public void Dispose() => _pieces.Dispose();

    /// <summary>All pieces that are left, for the journey to another silo. What made them is let go.</summary>
    internal List<PooledBytes> TakeAll()
    {
        using var pieces = _pieces;
        var all = new List<PooledBytes>();
        while (pieces.Next() is { } piece)
            all.Add(piece);
        return all;
    }
}

/// <summary>Makes the pieces of a <see cref="LargeReply"/>.</summary>
public interface IReplyPieces : IDisposable
{
    /// <summary>Makes the next piece in its turn, so that large reads do not take all processors.</summary>
    /// <returns>Null after the last one.</returns>
    ValueTask<PooledBytes?> NextAsync();

    /// <summary>Makes the next piece at once.</summary>
    /// <returns>Null after the last one.</returns>
    PooledBytes? Next();
}

/// <summary>A <see cref="LargeReply"/> on its way to another silo.</summary>
/// <param name="Bytes">Bytes of messages in all pieces together.</param>
/// <param name="PieceBytes">Memory that the largest piece takes.</param>
/// <param name="Pieces">All of them.</param>
[GenerateSerializer, Immutable, Alias("iggy.LargeReply")]
public readonly record struct CarriedReply(
    [property: Id(0)] long Bytes,
    [property: Id(1)] int PieceBytes,
    [property: Id(2)] List<PooledBytes> Pieces);

/// <summary>Takes a <see cref="LargeReply"/> to another silo.</summary>
[RegisterConverter]
public sealed class LargeReplyConverter : IConverter<LargeReply, CarriedReply>
{
    /// <inheritdoc/>
    public LargeReply ConvertFromSurrogate(in CarriedReply surrogate) => new(new CarriedPieces(surrogate.Pieces), surrogate.Bytes, surrogate.PieceBytes);

    /// <inheritdoc/>
    public CarriedReply ConvertToSurrogate(in LargeReply value) => new(value.Bytes, value.PieceBytes, value.TakeAll());

    private sealed class CarriedPieces(List<PooledBytes> pieces) : IReplyPieces
    {
        private int _given;

        public ValueTask<PooledBytes?> NextAsync() => new(Next());

        public PooledBytes? Next() => _given < pieces.Count ? pieces[_given++] : null;

        public void Dispose()
        {
            while (Next() is { } piece)
                piece.Dispose();
        }
    }
}
