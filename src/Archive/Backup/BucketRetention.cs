using Iggy.Archive.Layout;
using Iggy.Archive.Manifests;
using Iggy.Archive.Plans;
using Iggy.Archive.Stores;

namespace Iggy.Archive.Backup;

/// <summary>Deletes what no moment of the promised time needs.</summary>
/// <remarks>Kept is what was written since the oldest kept point, by the store's own clock, and what that point or the newest one reads from. Points go first, so that a death on the way leaves
/// no point whose objects are gone.</remarks>
internal sealed class BucketRetention(IArchiveStore store, ArchiveKeys keys)
{
    private const int DeleteAtOnce = 1000;

    /// <summary>Deletes. To be called between two rounds, by the server that writes.</summary>
    /// <param name="newest">What the archive holds now.</param>
    /// <param name="promisedFromMicros">From when on every moment must stay restorable.</param>
    /// <param name="cancellationToken">Gives up; the next call goes on.</param>
    /// <returns>How many objects were deleted.</returns>
    public async Task<long> RunAsync(Listing newest, ulong promisedFromMicros, CancellationToken cancellationToken)
    {
        var reader = new PointReader(store, keys);
        if (RetentionPlan.OldestKept(await reader.PointsAsync(cancellationToken), promisedFromMicros) is not { } oldest)
            return 0;
        var (manifest, listing) = await reader.ReadAsync(oldest, cancellationToken);
        var needed = RetentionPlan.Needed(keys, listing).Concat(RetentionPlan.Needed(keys, newest)).ToHashSet(StringComparer.Ordinal);
        needed.Add(keys.Copy(manifest.Metadata));
        if (manifest.EncryptionMarks is { } marks)
            needed.Add(keys.Pack(marks.Pack));

        var since = await WrittenAsync(keys.Point(oldest), cancellationToken);
        var chain = await WrittenAsync(keys.Manifest(await WholeBelowAsync(oldest.Manifest, cancellationToken)), cancellationToken);
        return await DeleteAsync(keys.Points, found => keys.PointOf(found.Key) is { } point && point.Micros < oldest.Micros, cancellationToken)
            + await DeleteAsync(keys.Manifests, found => found.Written < chain, cancellationToken)
            + await DeleteAsync(keys.Packs, IsUnused, cancellationToken)
            + await DeleteAsync(keys.Segments, IsUnused, cancellationToken)
            + await DeleteAsync(keys.Copies, IsUnused, cancellationToken);

        bool IsUnused(StoredObject found) => found.Written < since && !needed.Contains(found.Key);
    }

    private async Task<ManifestName> WholeBelowAsync(ManifestName name, CancellationToken cancellationToken)
    {
        var reader = new PointReader(store, keys);
        while (await reader.ReadManifestAsync(name, cancellationToken) is { Previous: { } previous })
            name = previous;
        return name;
    }

    private async Task<DateTimeOffset> WrittenAsync(string key, CancellationToken cancellationToken)
    {
        await foreach (var found in store.ListAsync(key, after: null, cancellationToken))
            return found.Written;
        return DateTimeOffset.MinValue; // gone: then nothing is old enough
    }

    private async Task<long> DeleteAsync(string prefix, Func<StoredObject, bool> isDoomed, CancellationToken cancellationToken)
    {
        var (doomed, deleted) = (new List<string>(), 0L);
        await foreach (var found in store.ListAsync(prefix, after: null, cancellationToken))
        {
            if (!isDoomed(found))
                continue;
            doomed.Add(found.Key);
            deleted++;
            if (doomed.Count == DeleteAtOnce)
            {
                await store.DeleteAsync(doomed, cancellationToken);
                doomed.Clear();
            }
        }
        await store.DeleteAsync(doomed, cancellationToken);
        return deleted;
    }
}
