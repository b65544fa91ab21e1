using Iggy.Archive.Layout;
using Iggy.Archive.Manifests;
using Iggy.Archive.Plans;

namespace Iggy.Archive.Stores;

/// <summary>Reads points and what they hold.</summary>
/// <param name="store">Where.</param>
/// <param name="keys">Of which server.</param>
public sealed class PointReader(IArchiveStore store, ArchiveKeys keys)
{
    /// <summary>The points that count, by time.</summary>
    public async Task<IReadOnlyList<Point>> PointsAsync(CancellationToken cancellationToken)
    {
        var points = new List<Point>();
        await foreach (var found in store.ListAsync(keys.Points, after: null, cancellationToken))
        {
            if (keys.PointOf(found.Key) is { } point)
                points.Add(point);
        }
        return PointChoice.Valid(points);
    }

    /// <summary>The manifest of a point, and everything that it holds.</summary>
    /// <exception cref="ArchiveDamagedException">A manifest is missing or is not what was written.</exception>
    public async Task<(Manifest Manifest, Listing Listing)> ReadAsync(Point point, CancellationToken cancellationToken)
    {
        var row = new Stack<Manifest>();
        for (ManifestName? next = point.Manifest; next is { } name; next = row.Peek().Previous)
        {
            if (row.Count > ManifestCheck.MaxDepth)
                throw new ArchiveDamagedException($"{keys.Manifest(name)}: more than {ManifestCheck.MaxDepth} manifests build upon each other.");
            row.Push(await ReadManifestAsync(name, cancellationToken));
        }
        var (newest, listing) = (row.Last(), new Listing());
        while (row.TryPop(out var manifest))
            listing.Apply(manifest);
        return (newest, listing);
    }

    /// <summary>One manifest.</summary>
    /// <exception cref="ArchiveDamagedException">It is missing or is not what was written.</exception>
    public async Task<Manifest> ReadManifestAsync(ManifestName name, CancellationToken cancellationToken)
    {
        var key = keys.Manifest(name);
        await foreach (var found in store.ListAsync(key, after: null, cancellationToken))
        {
            if (found.Key != key)
                continue;
            if (found.Bytes > ManifestCodec.MaxBytes)
                break;
            return ManifestCodec.Read(await store.ReadVerifiedAsync(key, 0, (int)found.Bytes, name.Hash, cancellationToken), name.Hash, key);
        }
        throw new ArchiveDamagedException($"{key} is missing or too large.");
    }
}
