using Iggy.Storage.Replicas;

namespace Iggy.Replicas;

/// <summary>Where a replica's words come from at its start.</summary>
public static class ReplicaFiles
{
    /// <summary>Opens the words of a replica, or makes them.</summary>
    /// <param name="folder">Of the partition's log.</param>
    /// <param name="isFirst">Whether nobody has ever claimed the partition, so that this log is all there is of it: made now, or of a node without replicas until now.
    /// Else a replica without words has lost them, or comes new to the partition: it does not count before the leader has brought it level.</param>
    /// <param name="boot">The machine's present boot.</param>
    public static ReplicaFile OpenOrCreate(string folder, bool isFirst, Guid boot)
        => ReplicaFile.Exists(folder) ? ReplicaFile.Open(folder) : ReplicaFile.Create(folder, isFirst ? new ReplicaWords(0, 0, boot, IsClosed: false) : default);
}
