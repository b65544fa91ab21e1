using System.Globalization;
using Iggy.Archive.Layout;
using Iggy.Archive.Manifests;
using Iggy.Archive.Stores;

namespace Iggy.Archive.Reports;

/// <summary>What is in an archive, as lines for people. Reads the store alone, so that it also works when no server is left.</summary>
public sealed class BackupReports(IArchiveStore store, ArchiveKeys keys, TimeProvider clock)
{
    private const int CheckedAtOnce = 4;

    /// <summary>Names of the servers that an archive holds.</summary>
    public static async Task<IReadOnlyList<string>> ServersAsync(IArchiveStore store, string prefix, CancellationToken cancellationToken)
    {
        var (root, servers) = (ArchiveKeys.Servers(prefix), new List<string>());
        for (string? after = null; ;)
        {
            var name = (string?)null;
            await foreach (var found in store.ListAsync(root, after, cancellationToken))
            {
                var rest = found.Key[root.Length..];
                name = rest.IndexOf('/', StringComparison.Ordinal) is >= 0 and var slash ? rest[..slash] : null;
                break;
            }
            if (name is null)
                return servers;
            servers.Add(name);
            after = $"{root}{name}/~"; // behind all of its keys, which go on with a letter
        }
    }

    /// <summary>The moments that can be gone back to, the oldest first.</summary>
    public async Task<IReadOnlyList<string>> PointsAsync(CancellationToken cancellationToken) =>
        [.. (await new PointReader(store, keys).PointsAsync(cancellationToken)).Select(static point => PointTime.Show(point.Micros))];

    /// <summary>How far the archive goes and what it holds.</summary>
    /// <exception cref="ArchiveDamagedException">A manifest is missing or is not what was written.</exception>
    public async Task<IReadOnlyList<string>> StatusAsync(CancellationToken cancellationToken)
    {
        var reader = new PointReader(store, keys);
        var points = await reader.PointsAsync(cancellationToken);
        if (points.Count == 0)
            return [$"There is no point below {keys.Root}."];
        var (newest, (_, listing)) = (points[^1], await reader.ReadAsync(points[^1], cancellationToken));
        var age = clock.GetUtcNow() - DateTimeOffset.UnixEpoch.AddTicks((long)newest.Micros * TimeSpan.TicksPerMicrosecond);
        var segments = listing.Partitions.Values.SelectMany(static partition => partition.Segments).ToArray();
        return
        [
            Text($"oldest point: {PointTime.Show(points[0].Micros)}"),
            Text($"newest point: {PointTime.Show(newest.Micros)}, {Math.Max(0, (long)age.TotalSeconds)} s old"),
            Text($"points:       {points.Count}"),
            Text($"epoch:        {newest.Manifest.Epoch}"),
            Text($"partitions:   {listing.Partitions.Count}"),
            Text($"segments:     {segments.Length}, of which {segments.Count(static one => one.Whole is null)} not sealed yet"),
            Text($"bytes:        {segments.Sum(static one => (long)one.End)}"),
        ];
    }

    /// <summary>Reads everything that a point needs and compares it with the checksums.</summary>
    /// <param name="point">Which; null for the newest.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What was found.</returns>
    public async Task<Verification> VerifyAsync(Point? point, CancellationToken cancellationToken)
    {
        var reader = new PointReader(store, keys);
        if ((point ?? (await reader.PointsAsync(cancellationToken)).Cast<Point?>().LastOrDefault()) is not { } chosen)
            return new([$"There is no point below {keys.Root}."], FaultsCount: 1, CheckedCount: 0);
        var (manifest, listing) = await reader.ReadAsync(chosen, cancellationToken);
        var (faults, count) = (new FaultLines(), 0L);
        await Parallel.ForEachAsync(Parts(manifest, listing), new ParallelOptions { MaxDegreeOfParallelism = CheckedAtOnce, CancellationToken = cancellationToken }, async (part, token) =>
        {
            try
            {
                Interlocked.Increment(ref count);
                await using var hashing = new HashingStream();
                await store.ReadAsync(part.Key, part.At, part.Bytes, hashing, token);
                if (hashing.Hash != part.Hash)
                    faults.Add(Text($"{part.Key}: {part.Bytes} bytes at {part.At} do not match their checksum"));
            }
            catch (ArchiveStoreException failure) when (!failure.IsPassing)
            {
                faults.Add($"{part.Key}: {failure.Message}");
            }
        });
        return new(faults.Lines(), faults.Count, count);
    }

    private IEnumerable<(string Key, long At, long Bytes, ulong Hash)> Parts(Manifest manifest, Listing listing)
    {
        yield return (keys.Copy(manifest.Metadata), 0, manifest.Metadata.Bytes, manifest.Metadata.Hash);
        if (manifest.EncryptionMarks is { } marks)
            yield return Of(marks);
        foreach (var partition in listing.Partitions.Values)
        {
            if (partition.Offsets is { } offsets)
                yield return Of(offsets);
            foreach (var segment in partition.Segments)
            {
                if (segment.Whole is { } whole)
                    yield return (keys.Segment(partition.Key, segment.First, segment.Generation, whole.Epoch, whole.Hash), 0, segment.End, whole.Hash);
                foreach (var piece in segment.Pieces)
                    yield return Of(piece.Slice);
            }
        }
    }

    private (string Key, long At, long Bytes, ulong Hash) Of(PackSlice slice) => (keys.Pack(slice.Pack), slice.At, slice.Bytes, slice.Hash);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
