using Iggy.Grains.Metadata;
using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace Iggy.Grains.Placement;

/// <summary>A partition's grain lives on the server that keeps the partition; of several that have it, on the one that leads.</summary>
[GenerateSerializer, Immutable, SuppressReferenceTracking]
internal sealed class HolderPlacement : PlacementStrategy
{
    public static readonly HolderPlacement Instance = new();
}

/// <summary>Marks the grain of a partition.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class HolderPlacementAttribute() : PlacementAttribute(HolderPlacement.Instance);

/// <summary>Finds that server in the register.</summary>
/// <remarks>Where it does not run the grain is placed here, says that its partition is not here, and ends at once: that is another answer than that there is no
/// such partition, and it comes without waiting. Placement is a wish: the lock in the partition's folder is what keeps a second writer out.</remarks>
internal sealed class HolderPlacementDirector(PartitionPlaces places, RunningNodes running) : IPlacementDirector
{
    public async Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var compatible = context.GetCompatibleSilos(target);
        if (places.IsCluster && await FindRowAsync(target) is { } row && Find(row, compatible) is { } silo)
            return silo;
        return Array.IndexOf(compatible, context.LocalSilo) >= 0 ? context.LocalSilo : compatible[0];
    }

    // Whoever leads, or else the first that can take over.
    private SiloAddress? Find(PartitionRow row, SiloAddress[] compatible)
    {
        var silo = running.Find(row.Leader, compatible);
        for (var i = 0; silo is null && row.IsReplicated && i < row.Voters.Length; i++)
            silo = running.Find(row.Voters[i], compatible);
        return silo;
    }

    private async ValueTask<PartitionRow?> FindRowAsync(PlacementTarget target)
    {
        try
        {
            return await places.FindAsync(target.GrainIdentity.Key.ToString()!);
        }
        catch (MetadataAwayException)
        {
            return null; // the grain asks again, and tells its caller why it cannot serve
        }
    }
}
