namespace Iggy.Grains.Interfaces.Partitions;

/// <summary>The messages of a poll that are too many for memory: they are read while they are sent, a piece at a time.</summary>
/// <remarks>Inside a silo the very object is handed over, and holds files open until it is disposed. Between silos the pieces are read and travel with the
/// answer, so callers there should not ask for more than a message of the cluster holds.</remarks>
[GenerateSerializer, Immutable, Alias("iggy.LargeReply"), SerializationCallbacks(typeof(LargeReply.Hooks))]
public sealed class LargeReply : IDisposable
{
    [Id(0)]
    private readonly long _bytes;

    [Id(1)]
    private readonly int _pieceBytes;

    [Id(2)]
    private readonly List<PooledBytes> _carried = []; // empty inside a silo

    [NonSerialized]
    private readonly IReplyPieces? _pieces;

    [NonSerialized]
    private int _carriedGiven;

    /// <summary>Takes over what makes the pieces.</summary>
    /// <param name="pieces">Owned by this object from now on.</param>
    /// <param name="bytes">Bytes of messages in all pieces together.</param>
    /// <param name="pieceBytes">Memory that the largest piece takes.</param>
    public LargeReply(IReplyPieces pieces, long bytes, int pieceBytes) => (_pieces, _bytes, _pieceBytes) = (pieces, bytes, pieceBytes);

    /// <summary>Bytes of messages in all pieces together.</summary>
    public long Bytes => _bytes;

    /// <summary>Memory that the largest piece takes.</summary>
    public int PieceBytes => _pieceBytes;

    /// <summary>Reads the next piece: whole messages. The caller disposes it, before the next one where memory counts.</summary>
    /// <returns>Null after the last one.</returns>
    /// <exception cref="IOException">It cannot be read any more: the reply stays incomplete.</exception>
    public ValueTask<PooledBytes?> NextAsync() =>
        _pieces is not null ? _pieces.NextAsync() : new(_carriedGiven < _carried.Count ? _carried[_carriedGiven++] : null);

    /// <inheritdoc/>
    public void Dispose()
    {
        _pieces?.Dispose();
        for (; _carriedGiven < _carried.Count; _carriedGiven++)
            _carried[_carriedGiven].Dispose();
    }

#pragma warning disable CA1822 // the serializer calls them on an object
    /// <summary>For the journey between silos.</summary>
    public sealed class Hooks
    {
        /// <summary>Before an object is written: its pieces come along.</summary>
        public void OnSerializing(LargeReply reply)
        {
            while (reply._pieces?.Next() is { } piece)
                reply._carried.Add(piece);
        }

        /// <summary>After it was written: what it held is with the receiver.</summary>
        public void OnSerialized(LargeReply reply) => reply.Dispose();

        /// <summary>Before an object is read.</summary>
        public void OnDeserializing(LargeReply reply)
        {
            // nothing to prepare
        }

        /// <summary>After it was read.</summary>
        public void OnDeserialized(LargeReply reply)
        {
            // complete as it came
        }
    }
#pragma warning restore CA1822
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
