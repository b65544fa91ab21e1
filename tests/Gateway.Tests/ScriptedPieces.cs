using Iggy.Grains.Interfaces.Partitions;

namespace Iggy.Gateway.Tests;

/// <summary>Pieces of a reply that the test made; after the last one the reading fails, if the test says so.</summary>
internal sealed class ScriptedPieces(params byte[][] pieces) : IReplyPieces
{
    private int _given;

    public Exception? Failure { get; init; }

    public bool IsDisposed { get; private set; }

    /// <summary>How many were asked for.</summary>
    public int Given => _given;

    public ValueTask<PooledBytes?> NextAsync() => new(Next());

    public PooledBytes? Next()
    {
        if (_given == pieces.Length)
            return Failure is null ? null : throw Failure;
        var piece = pieces[_given++];
        return new PooledBytes(piece, piece.Length, isRented: false);
    }

    public void Dispose() => IsDisposed = true;
}
