using Iggy.Archive.Layout;
using Iggy.Archive.Manifests;
using Iggy.Archive.Plans;
using Iggy.Archive.Stores;
using Iggy.Grains;
using Iggy.Grains.Hosting;
using Iggy.Storage.AtRest;
using Microsoft.Extensions.Logging;

namespace Iggy.Archive.Restore;

/// <summary>Makes the data folder of a server as it was at a moment: metadata, users and stored offsets of the last point before it, messages up to it exactly.</summary>
/// <remarks>The metadata comes last and under its name in one step: a folder that was left half way has partitions and no metadata, on which no server starts.</remarks>
public sealed class Restorer(IArchiveStore store, ArchiveKeys keys, ArchiveOptions options, TimeProvider clock, ILogger logger)
{
    private const string CopyName = "metadata.restore";

    /// <summary>Restores into a folder that is empty or not there.</summary>
    /// <exception cref="RestoreException">The folder is not empty, the archive begins later, or there is no such stream.</exception>
    /// <exception cref="ArchiveStoreException">The store failed.</exception>
    /// <exception cref="ArchiveDamagedException">What the archive holds is not what was written.</exception>
    /// <exception cref="IOException">The disk refused.</exception>
    public async Task<RestoreResult> RunAsync(string dataPath, RestoreRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        RefuseUsed(dataPath);
        var reader = new PointReader(store, keys);
        var points = await reader.PointsAsync(cancellationToken);
        if (points.Count == 0)
            throw new RestoreException($"There is no point below {keys.Root}: nothing can be restored.");
        if (PointChoice.Around(points, request.At) is not var (at, later))
            throw new RestoreException($"The archive begins at {PointTime.Show(points[0].Micros)}, after {PointTime.Show(request.At)}.");

        var (manifest, before) = await reader.ReadAsync(at, cancellationToken);
        var behind = new List<Listing>();
        foreach (var point in later)
            behind.Add((await reader.ReadAsync(point, cancellationToken)).Listing);
        var copyPath = Path.Combine(request.IsDry ? Path.GetTempPath() : dataPath, request.IsDry ? $"iggy-{Guid.NewGuid():N}" : CopyName);
        using var folder = request.IsDry ? null : DataFolder.Open(dataPath, clock);
        try
        {
            await store.DownloadVerifiedAsync(keys.Copy(manifest.Metadata), manifest.Metadata.Bytes, manifest.Metadata.Hash, copyPath, cancellationToken);
            if (request.Stream is { } stream && !MetadataArchiveCopy.KeepStream(copyPath, stream))
                throw new RestoreException($"There was no stream '{stream}' at {PointTime.Show(at.Micros)}.");
            var plans = Plan(MetadataArchiveCopy.ListPartitions(copyPath), before, behind, request.At);
            var missing = plans.SelectMany(static plan => RestorePlan.Missing(plan.Plan).Select(gap => $"partition {plan.Key}: offsets {gap.First} to {gap.Last} were never in the archive")).ToArray();
            var result = new RestoreResult(at.Micros, plans.Count, manifest.Metadata.Bytes + plans.Sum(static plan => Bytes(plan.Plan)), 0, missing,
                points[^1].Micros < request.At);
            if (request.IsDry)
                return result;

            var messages = await RestoreAsync(dataPath, plans, request.At, cancellationToken);
            if (manifest.EncryptionMarks is { } marks)
                await File.WriteAllBytesAsync(EncryptionKeyRegister.PathIn(dataPath), await ReadAsync(marks, cancellationToken), cancellationToken);
            File.Move(copyPath, folder!.MetadataPath);
            return result with { Messages = messages };
        }
        finally
        {
            File.Delete(copyPath);
        }
    }

    private static void RefuseUsed(string dataPath)
    {
        if (Directory.Exists(dataPath) && Directory.EnumerateFileSystemEntries(dataPath).Any())
            throw new RestoreException($"{dataPath} is not empty. A restore makes a data folder anew: name an empty one (IGGY_SYSTEM_PATH). Nothing was changed.");
    }

    private static List<(string Key, PartitionPlan Plan, PackSlice? Offsets)> Plan(IReadOnlyList<string> partitions, Listing before, List<Listing> behind, ulong at)
    {
        var plans = new List<(string, PartitionPlan, PackSlice?)>(partitions.Count);
        foreach (var key in partitions)
        {
            var then = before.Partitions.GetValueOrDefault(key);
            var plan = RestorePlan.For(then, behind.Select(one => one.Partitions.GetValueOrDefault(key)), at);
            plans.Add((key, plan, plan.KeepsOffsets ? then?.Offsets : null));
        }
        return plans;
    }

    private static long Bytes(PartitionPlan plan) => plan.Segments.Sum(static segment => (long)segment.End);

    private async Task<ulong> RestoreAsync(string dataPath, List<(string Key, PartitionPlan Plan, PackSlice? Offsets)> plans, ulong at, CancellationToken cancellationToken)
    {
        var messages = 0UL;
        await Parallel.ForEachAsync(plans, new ParallelOptions { MaxDegreeOfParallelism = options.MaxTransfers, CancellationToken = cancellationToken }, async (plan, token) =>
        {
            var folder = Path.Combine(dataPath, "partitions", plan.Key);
            Interlocked.Add(ref messages, await new PartitionRestore(store, keys, clock, logger).RunAsync(plan.Key, folder, plan.Plan, plan.Offsets, at, token));
        });
        return messages;
    }

    private Task<byte[]> ReadAsync(PackSlice slice, CancellationToken cancellationToken) =>
        store.ReadVerifiedAsync(keys.Pack(slice.Pack), slice.At, (int)slice.Bytes, slice.Hash, cancellationToken);
}
