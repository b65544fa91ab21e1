using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace Iggy.Grains.Placement;

/// <summary>A grain lives on the server that its key names.</summary>
[GenerateSerializer, Immutable, SuppressReferenceTracking]
internal sealed class NodePlacement : PlacementStrategy
{
    public static readonly NodePlacement Instance = new();
}

/// <summary>Marks a grain whose key is the id of a data folder.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class NodePlacementAttribute() : PlacementAttribute(NodePlacement.Instance);

/// <summary>Finds that server, or fails: nobody else can answer for it.</summary>
internal sealed class NodePlacementDirector(RunningNodes running) : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context) =>
        Task.FromResult(running.Find(target.GrainIdentity.Key.ToString()!, context.GetCompatibleSilos(target))
            ?? throw new OrleansException($"The server {target.GrainIdentity.Key} of the cluster does not run."));
}
