using System.Collections.Immutable;
using System.IO.Hashing;
using Iggy.Archive.Layout;
using Iggy.Archive.Manifests;
using Iggy.Archive.Stores;
using Iggy.Grains.Hosting;
using Iggy.Primitives;
using Iggy.Storage.AtRest;

namespace Iggy.Archive.Backup;

/// <summary>What the archiver knows from round to round. Changed only when a round has come to its end, so a failed one leaves nothing behind but objects nobody names.</summary>
internal sealed class ArchiveState
{
    /// <summary>What the archive has.</summary>
    public Listing Listing { get; init; } = new();

    /// <summary>What was seen of the partitions that this process has compared with the archive.</summary>
    public Dictionary<string, PartitionLook> Looks { get; } = new(StringComparer.Ordinal);

    /// <summary>Of the last round, whether it came to its end or not.</summary>
    public ulong Sequence { get; set; }

    /// <summary>Of the newest point.</summary>
    public ulong TakenMicros { get; set; }

    /// <summary>The newest manifest of this epoch; null before the first.</summary>
    public Manifest? Manifest { get; set; }

    /// <summary>Its name.</summary>
    public ManifestName Name { get; set; }

    /// <summary>Changed partitions that manifests have told since one that told everything.</summary>
    public int Told { get; set; }

    /// <summary>Keys of the partitions that the copy of the metadata lists.</summary>
    public IReadOnlyList<string> Listed { get; set; } = [];
}

/// <summary>One round: metadata first, then everything that it lists, then a manifest, then the point that makes it count.</summary>
internal sealed class BackupRound(
    IArchiveStore store, ArchiveKeys keys, EpochClaim claim, string dataPath, ArchiveOptions options, ArchiveMetrics metrics, TimeProvider clock)
{
    private const uint WholeEvery = 60; // manifests, so that a point is never further than so many requests away
    private static readonly TimeSpan _settled = TimeSpan.FromSeconds(2); // times of files are coarse: what was written this lately may have been written again since

    private readonly string _copyPath = Path.Combine(dataPath, "metadata.archive");

    /// <summary>Makes a point.</summary>
    /// <returns>Its moment.</returns>
    /// <exception cref="ArchiveStoreException">The store failed; the state is as it was.</exception>
    /// <exception cref="FencedException">Another server writes the archive; nothing counts that this round wrote.</exception>
    public async Task<Point> RunAsync(ArchiveState state, CancellationToken cancellationToken)
    {
        var sequence = ++state.Sequence; // of every attempt another: what a failed one left under its keys is not what this one means
        var takenMicros = Math.Max(clock.UnixMicros(), state.TakenMicros + 1);
        using var packs = new PackWriter(store, keys, claim.Epoch, sequence, metrics);
        var (metadata, listed) = await CopyMetadataAsync(state, sequence, cancellationToken);
        var marks = await KeepMarksAsync(state.Manifest?.EncryptionMarks, packs, cancellationToken);

        var changed = new PartitionEntry?[listed.Count]; // beside the list: each partition has its own place, so they need no lock
        var looks = new PartitionLook?[listed.Count];
        var upload = new SegmentUpload(store, keys, claim.Epoch, metrics);
        await Parallel.ForAsync(0, listed.Count, new ParallelOptions { MaxDegreeOfParallelism = options.MaxTransfers, CancellationToken = cancellationToken }, async (i, token) =>
        {
            var key = listed[i];
            var folder = Path.Combine(dataPath, "partitions", key);
            var look = PartitionBackup.Look(folder);
            var isTrusted = state.Looks.TryGetValue(key, out var before);
            if (isTrusted && before == look)
                return;
            var known = state.Listing.Partitions.GetValueOrDefault(key);
            var entry = await new PartitionBackup(key, folder, packs, upload, metrics).RunAsync(known, isTrusted, token);
            var settledBefore = clock.GetUtcNow().UtcDateTime - _settled;
            looks[i] = look.OffsetsWritten < settledBefore && look.ColdWritten < settledBefore ? look : look with { OffsetsWritten = default };
            if (known is null || !IsSame(known, entry))
                changed[i] = entry;
        });
        await packs.FlushAsync(cancellationToken);

        var removed = state.Listing.Partitions.Keys.Except(listed, StringComparer.Ordinal).ToImmutableArray();
        var manifest = Describe(state, sequence, takenMicros, metadata, marks, [.. changed.OfType<PartitionEntry>()], removed);
        var point = await WriteAsync(manifest, cancellationToken);
        Take(state, manifest, point, listed, looks);
        return point;
    }

    private async Task<(CopyName Name, IReadOnlyList<string> Listed)> CopyMetadataAsync(ArchiveState state, ulong sequence, CancellationToken cancellationToken)
    {
        try
        {
            MetadataArchiveCopy.Write(Path.Combine(dataPath, "metadata.db"), _copyPath);
            using var file = File.OpenHandle(_copyPath);
            var bytes = RandomAccess.GetLength(file);
            if (ObjectBody.Digest(file, bytes, cancellationToken) is not var (hash, md5))
                throw new IOException($"{_copyPath} was cut while it was read."); // nobody else writes it
            var name = new CopyName(claim.Epoch, sequence, hash, bytes);
            if (state.Manifest is { } last && last.Metadata.Hash == name.Hash && last.Metadata.Bytes == bytes)
                return (last.Metadata, state.Listed);
            await store.PutIfAbsentAsync(keys.Copy(name), new ObjectBody(() => File.OpenRead(_copyPath), bytes, md5), cancellationToken);
            metrics.NoteUploaded(bytes);
            return (name, MetadataArchiveCopy.ListPartitions(_copyPath));
        }
        finally
        {
            File.Delete(_copyPath);
        }
    }

    private async Task<PackSlice?> KeepMarksAsync(PackSlice? known, PackWriter packs, CancellationToken cancellationToken)
    {
        var path = EncryptionKeyRegister.PathIn(dataPath);
        if (!File.Exists(path))
            return null;
        var bytes = await File.ReadAllBytesAsync(path, cancellationToken);
        return known is { } slice && slice.Hash == XxHash3.HashToUInt64(bytes) ? known : await packs.AddAsync(bytes, cancellationToken);
    }

    private Manifest Describe(ArchiveState state, ulong sequence, ulong takenMicros, CopyName metadata, PackSlice? marks,
        ImmutableArray<PartitionEntry> changed, ImmutableArray<string> removed)
    {
        var isWhole = state.Manifest is null || state.Manifest.Depth + 1 >= WholeEvery || state.Told + changed.Length > state.Listing.Partitions.Count + (int)WholeEvery;
        var manifest = new Manifest { Epoch = claim.Epoch, Sequence = sequence, TakenMicros = takenMicros, Metadata = metadata, EncryptionMarks = marks };
        if (!isWhole)
            return manifest with { Previous = state.Name, Depth = state.Manifest!.Depth + 1, Partitions = changed, Removed = removed };

        var whole = new Dictionary<string, PartitionEntry>(state.Listing.Partitions, StringComparer.Ordinal);
        foreach (var key in removed)
            whole.Remove(key);
        foreach (var partition in changed)
            whole[partition.Key] = partition;
        return manifest with { Partitions = [.. whole.Values] };
    }

    private async Task<Point> WriteAsync(Manifest manifest, CancellationToken cancellationToken)
    {
        var (bytes, hash) = ManifestCodec.Write(manifest);
        var name = new ManifestName(manifest.Epoch, manifest.Sequence, hash);
        await claim.RequireAsync(cancellationToken);
        await store.PutIfAbsentAsync(keys.Manifest(name), ObjectBody.Of(bytes), cancellationToken);
        var point = new Point(manifest.TakenMicros, name);
        await store.PutIfAbsentAsync(keys.Point(point), ObjectBody.Of([]), cancellationToken);
        metrics.NoteUploaded(bytes.Length);
        return point;
    }

    private static void Take(ArchiveState state, Manifest manifest, Point point, IReadOnlyList<string> listed, PartitionLook?[] looks)
    {
        state.Listing.Apply(manifest);
        for (var i = 0; i < looks.Length; i++)
        {
            if (looks[i] is { } look)
                state.Looks[listed[i]] = look;
        }
        foreach (var gone in state.Looks.Keys.Except(listed, StringComparer.Ordinal).ToArray())
            state.Looks.Remove(gone);
        state.Told = manifest.Previous is null ? 0 : state.Told + manifest.Partitions.Length;
        (state.TakenMicros, state.Listed, state.Name) = (point.Micros, listed, point.Manifest);
        state.Manifest = manifest with { Partitions = [], Removed = [] }; // the listing has them
    }

    private static bool IsSame(PartitionEntry one, PartitionEntry other)
    {
        if (one.Offsets != other.Offsets || one.Branch != other.Branch || one.Segments.Length != other.Segments.Length)
            return false;
        for (var i = 0; i < one.Segments.Length; i++)
        {
            var (before, now) = (one.Segments[i], other.Segments[i]);
            if (before != now with { Pieces = before.Pieces } || !before.Pieces.AsSpan().SequenceEqual(now.Pieces.AsSpan()))
                return false;
        }
        return true;
    }
}
