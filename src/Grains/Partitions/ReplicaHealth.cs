using Iggy.Grains.Interfaces.Hosting;
using Iggy.Replicas;

namespace Iggy.Grains.Partitions;

/// <summary>Counts what is wrong with this server's replicas. Apart from them, for it is asked before they are made too.</summary>
internal sealed class ReplicaHealth : IReplicaHealth
{
    private volatile NodeReplicas? _replicas;

    public bool IsCluster => _replicas is not null;

    public ReplicaFindings Findings
    {
        get
        {
            var (alone, behind, failed) = (0, 0, 0);
            foreach (var (_, report) in _replicas?.Reports ?? [])
            {
                alone += report.IsWithoutMajority ? 1 : 0;
                failed += report.Role is ReplicaRole.Failed ? 1 : 0;
                foreach (var follower in report.Followers)
                    behind += follower.IsInSync ? 0 : 1;
            }
            return new ReplicaFindings(alone, behind, failed);
        }
    }

    /// <summary>Says which ones.</summary>
    public void Use(NodeReplicas replicas) => _replicas = replicas;
}
