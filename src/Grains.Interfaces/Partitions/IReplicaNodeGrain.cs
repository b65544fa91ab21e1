namespace Iggy.Grains.Interfaces.Partitions;

/// <summary>The replicas on one server of a cluster, as the others ask for them. Key: the id of its data folder; it lives on that server.</summary>
[Alias("iggy.IReplicaNodeGrain")]
public interface IReplicaNodeGrain : IGrainWithStringKey
{
    /// <summary>Makes an empty replica of a partition that nobody has led yet. Safe to repeat.</summary>
    /// <returns><see cref="Refusal.None"/>, <see cref="Refusal.DiskFull"/> or <see cref="Refusal.StorageFailed"/>.</returns>
    [Alias("Create")]
    ValueTask<Refusal> CreateAsync(string partition);

    /// <summary>Opens a replica, so that it can follow.</summary>
    /// <returns><see cref="Refusal.None"/>, <see cref="Refusal.DiskFull"/> or <see cref="Refusal.StorageFailed"/>.</returns>
    [Alias("Open")]
    ValueTask<Refusal> OpenAsync(string partition);

    /// <summary>Removes a replica with its folder. Safe to repeat.</summary>
    /// <returns><see cref="Refusal.None"/> or <see cref="Refusal.StorageFailed"/>.</returns>
    [Alias("Delete")]
    ValueTask<Refusal> DeleteAsync(string partition);

    /// <summary>Has a replica follow the present settings of its topic.</summary>
    /// <returns><see cref="Refusal.None"/> or <see cref="Refusal.StorageFailed"/>.</returns>
    [Alias("Reopen")]
    ValueTask<Refusal> ReopenAsync(string partition);
}
