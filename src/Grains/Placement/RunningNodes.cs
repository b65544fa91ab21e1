using Iggy.Grains.Interfaces.Hosting;
using Iggy.Grains.Metadata.PostgreSql;
using Iggy.Grains.Options;
using Microsoft.Extensions.Options;

namespace Iggy.Grains.Placement;

/// <summary>Which servers of the cluster run, by the ids of their data folders, which are the names of their silos.</summary>
internal sealed class RunningNodes(ISiloStatusOracle silos, IOptions<ClusterNodeOptions> cluster, PostgreSqlStore store) : IClusterNodes
{
    public string ClusterName => cluster.Value.Enabled ? cluster.Value.Name : "";

    public int? Slot => cluster.Value.Enabled ? store.Slot : null;

    /// <summary>The ids of all that run, this one among them.</summary>
    public IReadOnlyCollection<string> List()
    {
        var nodes = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var (silo, _) in silos.GetApproximateSiloStatuses(onlyActive: true))
        {
            if (silos.TryGetSiloName(silo, out var name))
                nodes.Add(name);
        }
        return nodes;
    }

    public IReadOnlyList<string> ListOthers() => cluster.Value.Enabled ? [.. List().Where(node => node != silos.SiloName)] : [];

    public void OnChanged(Action changed)
    {
        if (cluster.Value.Enabled)
            silos.SubscribeToSiloStatusEvents(new Listener(changed));
    }

    /// <summary>The silo of a node among some; null when it does not run.</summary>
    public SiloAddress? Find(string node, SiloAddress[] among)
    {
        SiloAddress? found = null;
        foreach (var silo in among)
        {
            // The newest one: for a moment one that has just died may be taken for alive beside its successor.
            if (silos.TryGetSiloName(silo, out var name) && name == node && (found is null || silo.Generation > found.Generation))
                found = silo;
        }
        return found;
    }

    private sealed class Listener(Action changed) : ISiloStatusListener
    {
        public void SiloStatusChangeNotification(SiloAddress updatedSilo, SiloStatus status) => changed();
    }
}
