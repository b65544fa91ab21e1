namespace Iggy.Archive.Stores;

/// <summary>Finds out whether a store keeps to <c>If-None-Match: *</c>: some say yes to every write.</summary>
public static class StoreProbe
{
    /// <summary>Writes one object twice and deletes it.</summary>
    /// <param name="store">The store.</param>
    /// <param name="key">That nobody else uses.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Whether the second write was refused, as it must be.</returns>
    /// <exception cref="ArchiveStoreException">The store cannot be written at all.</exception>
    public static async Task<bool> HoldsAsync(IArchiveStore store, string key, CancellationToken cancellationToken)
    {
        await store.PutIfAbsentAsync(key, ObjectBody.Of([1]), cancellationToken);
        var isRefused = !await store.PutIfAbsentAsync(key, ObjectBody.Of([2]), cancellationToken);
        await store.DeleteAsync([key], cancellationToken);
        return isRefused;
    }
}
