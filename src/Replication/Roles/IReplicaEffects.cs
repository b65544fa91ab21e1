using Iggy.Replication.Frames;

namespace Iggy.Replication.Roles;

/// <summary>What the protocol asks of its host. The protocol itself does nothing: it neither reads a file nor a clock.</summary>
/// <remarks>Effects are carried out in the order of the calls, and none begins before the one in front of it is done, on disk where that is said. So the
/// host may put them into a queue, but it may not let a frame out before what was stored for it. A host that cannot carry one out stops the partition;
/// after a restart the protocol goes on from what is on disk, wherever the row of effects ended.</remarks>
public interface IReplicaEffects
{
    /// <summary>Stores the mark; on disk when done.</summary>
    void Store(ReplicaMark mark);

    /// <summary>Stores the epoch map; on disk when done.</summary>
    void Store(EpochMap map);

    /// <summary>Drops all messages from an offset on, which is where a record begins; on disk when done. Files are deleted, never used again.</summary>
    void CutTo(ulong end);

    /// <summary>Drops all messages; the log goes on at an offset. On disk when done.</summary>
    void RestartAt(ulong start);

    /// <summary>Puts whole records behind the last one.</summary>
    void Append(ulong from, ulong end, ReadOnlyMemory<byte> records);

    /// <summary>Puts everything appended so far on disk.</summary>
    void Sync();

    /// <summary>Begins another segment here, under the leader's generation.</summary>
    void Roll(ulong at, ulong generation);

    /// <summary>Drops whole segments below an offset.</summary>
    void TrimTo(ulong start);

    /// <summary>Changes one stored consumer offset; the mark goes with it.</summary>
    void StoreOffset(OffsetMark mark, ReadOnlyMemory<byte> entry);

    /// <summary>Replaces all stored consumer offsets; the mark goes with them.</summary>
    void ReplaceOffsets(OffsetMark mark, ReadOnlyMemory<byte> offsets);

    /// <summary>Tells the stored offsets by another mark; they stay what they are. On disk when done.</summary>
    void RemarkOffsets(OffsetMark mark);

    /// <summary>Sends a frame to another replica. It may be lost, come twice, late, or in another order.</summary>
    void Send(NodeId to, Frame frame);

    /// <summary>Sends a <see cref="Fetched"/>: messages from an offset on, as many as fit a frame.</summary>
    void SendRecords(NodeId to, Fetched head);

    /// <summary>Sends a frame of <see cref="OffsetsFetched"/> or <see cref="Cut"/> with all stored offsets put into it.</summary>
    void SendWithOffsets(NodeId to, Frame frame);
}
