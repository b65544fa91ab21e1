using Iggy.Grains.Interfaces.Topics;
using Iggy.Grains.Options;
using Iggy.Replication;
using Microsoft.Extensions.Options;

namespace Iggy.Grains.Placement;

/// <summary>How many servers are to keep the partitions of a topic.</summary>
internal sealed class ReplicaFactors(IOptions<ClusterNodeOptions> cluster)
{
    /// <summary>As many as the topic asks for, at least as many as the cluster has set. Clients of the older line send a 1 without being asked to, so it does not lower that;
    /// a number that was chosen by an option of the newer line counts as it is.</summary>
    public int Wanted(TopicSettings settings) => !cluster.Value.Enabled ? 1
        : Math.Clamp(settings.Tuning?.Replicas is > 0 and <= Quorum.MaxVoters and var chosen ? (int)chosen : Math.Max(settings.ReplicationFactor, cluster.Value.ReplicationFactor), 1, Quorum.MaxVoters);
}
