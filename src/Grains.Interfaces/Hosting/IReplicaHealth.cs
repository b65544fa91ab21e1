namespace Iggy.Grains.Interfaces.Hosting;

/// <summary>How the replicas of partitions on this server are doing.</summary>
public interface IReplicaHealth
{
    /// <summary>Whether there are any to look at: this server is one of several.</summary>
    bool IsCluster { get; }

    /// <summary>What is wrong now.</summary>
    ReplicaFindings Findings { get; }
}

/// <summary>What is wrong with replicas of partitions on this server.</summary>
/// <param name="WithoutMajority">Partitions that this server leads and that take no messages, since a majority is away.</param>
/// <param name="Behind">Replicas elsewhere, of partitions that this server leads, that lack something that is committed.</param>
/// <param name="Failed">Replicas here that failed.</param>
public readonly record struct ReplicaFindings(int WithoutMajority, int Behind, int Failed);
