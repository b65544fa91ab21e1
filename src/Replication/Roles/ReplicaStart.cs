namespace Iggy.Replication.Roles;

/// <summary>What a replica finds on its disk when it starts.</summary>
/// <param name="Mark">The mark; of a new replica, nothing.</param>
/// <param name="Map">Who wrote what.</param>
/// <param name="Offsets">How new the stored offsets are.</param>
/// <param name="Start">First offset of the log.</param>
/// <param name="End">Offset after its last whole record.</param>
/// <param name="Boot">The machine's present boot.</param>
/// <param name="SyncsFirst">Durability <c>always</c>: nothing is acknowledged before it is on disk.</param>
public sealed record ReplicaStart(ReplicaMark Mark, EpochMap Map, OffsetMark Offsets, ulong Start, ulong End, Guid Boot, bool SyncsFirst);
