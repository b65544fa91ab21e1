namespace Iggy.Replication;

/// <summary>The few words that a replica keeps on disk beside its log, always synced.</summary>
/// <param name="Promised">The greatest epoch it promised to follow: it listens to no older leader.</param>
/// <param name="LogEpoch">The epoch whose leader last brought its log level.</param>
/// <param name="Boot">The boot of the machine, as the system names it, during which the log was last known to be whole.</param>
/// <param name="IsClosed">It was closed in order: everything written is on disk.</param>
public readonly record struct ReplicaMark(ulong Promised, ulong LogEpoch, Guid Boot, bool IsClosed)
{
    /// <summary>The mark of a replica that is made together with its partition. Where a mark should be and is not, the default one is right: it is suspect.</summary>
    public static ReplicaMark Create(Guid boot) => new(0, 0, boot, IsClosed: false);

    /// <summary>Whether messages that were acknowledged may be missing at the end of the log.</summary>
    /// <remarks>While the machine runs its page cache outlives any process. After another boot only what was synced is there, and nobody knows how
    /// much that is, unless the replica was closed in order or syncs before it answers. It stays so, over restarts, until a leader brought it level:
    /// only then is the present boot written down.</remarks>
    public bool IsSuspect(Guid boot, bool syncsFirst) => !syncsFirst && !IsClosed && Boot != boot;
}
