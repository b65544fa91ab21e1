using System.Text;
using Iggy.Archive.Layout;
using Iggy.Archive.Stores;

namespace Iggy.Archive.Backup;

/// <summary>Another server of this name writes the archive now.</summary>
internal sealed class FencedException(uint own, uint other) : Exception($"Another server has taken the archive over: its epoch is {other}, this one's {own}.");

/// <summary>The number of this run among all that wrote the archive: the greatest one writes, the others stop.</summary>
internal sealed class EpochClaim
{
    private readonly IArchiveStore _store;
    private readonly ArchiveKeys _keys;

    private EpochClaim(IArchiveStore store, ArchiveKeys keys, uint epoch) => (_store, _keys, Epoch) = (store, keys, epoch);

    /// <summary>This run's.</summary>
    public uint Epoch { get; }

    /// <summary>Takes the next number.</summary>
    /// <param name="store">Where.</param>
    /// <param name="keys">Of which server.</param>
    /// <param name="holder">Text for people: who this is.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<EpochClaim> TakeAsync(IArchiveStore store, ArchiveKeys keys, string holder, CancellationToken cancellationToken)
    {
        var body = ObjectBody.Of(Encoding.UTF8.GetBytes(holder));
        for (var next = await NewestAsync(store, keys, after: null, cancellationToken) + 1; ; next++)
        {
            if (await store.PutIfAbsentAsync(keys.Epoch(next), body, cancellationToken))
                return new EpochClaim(store, keys, next);
        }
    }

    /// <exception cref="FencedException">A later one was taken.</exception>
    public async Task RequireAsync(CancellationToken cancellationToken)
    {
        var newest = await NewestAsync(_store, _keys, _keys.Epoch(Epoch), cancellationToken);
        if (newest > Epoch)
            throw new FencedException(Epoch, newest);
    }

    private static async Task<uint> NewestAsync(IArchiveStore store, ArchiveKeys keys, string? after, CancellationToken cancellationToken)
    {
        var newest = 0u;
        await foreach (var found in store.ListAsync(keys.Epochs, after, cancellationToken))
            newest = Math.Max(newest, keys.EpochOf(found.Key) ?? 0);
        return newest;
    }
}
