using Iggy.Links;
using Iggy.Replication;

namespace Iggy.Replicas;

/// <summary>How a replica reaches the others.</summary>
public interface IReplicaLinks
{
    /// <summary>Sends a frame. It may be lost, as long as the node is told to be connected anew then.</summary>
    /// <returns>False when there is no room or no connection; the buffer is still the caller's.</returns>
    bool TrySend(NodeId to, LinkChannel channel, LinkBuffer frame);
}
