using Iggy.Grains.Interfaces.Partitions;
using Iggy.Grains.Tiering;
using Iggy.Storage;
using Iggy.Storage.Cold;

namespace Iggy.Grains.Partitions;

/// <summary>Reads that are made beside their partitions, a few at a time: each takes a processor, and memory for what it is in.</summary>
/// <remarks>Who waits has a poll that waits for its answer, so there are no more than requests being served.</remarks>
internal sealed class LargeReads(IColdTier tier) : IDisposable
{
    private readonly SemaphoreSlim _turns = new(Math.Clamp(Environment.ProcessorCount, 2, 8));

    /// <inheritdoc/>
    public void Dispose() => _turns.Dispose();

    /// <summary>Measures a read to its end.</summary>
    /// <exception cref="IOException">A file cannot be read at all.</exception>
    /// <exception cref="ColdAwayException">It begins in the archive, which does not answer.</exception>
    public Task MeasureAsync(ILargeRead read) => Task.Run(async () =>
    {
        // A turn for each piece, and a place behind all other work in between: small requests do not wait for a large one to be through.
        while (await InTurnAsync(static read => read.MeasureSome(), read))
        {
            if (read is IColdRead { Needs: { } need } cold)
                cold.Provide(await tier.FetchAsync(need)); // without a turn
            await Task.Yield();
        }
    });

    /// <summary>Does one step of a read.</summary>
    public async ValueTask<T> InTurnAsync<T>(Func<ILargeRead, T> step, ILargeRead read)
    {
        await _turns.WaitAsync();
        try
        {
            return step(read);
        }
        finally
        {
            _turns.Release();
        }
    }
}

/// <summary>The pieces of a measured read.</summary>
internal sealed class LogPieces(ILargeRead read, LargeReads reads) : IReplyPieces
{
    public ValueTask<PooledBytes?> NextAsync() => reads.InTurnAsync(static read => Take(read), read);

    public PooledBytes? Next() => Take(read);

    public void Dispose() => read.Dispose();

    private static PooledBytes? Take(ILargeRead read) => read.NextPiece() is var (array, bytes, isRented) ? new PooledBytes(array, bytes, isRented) : null;
}
