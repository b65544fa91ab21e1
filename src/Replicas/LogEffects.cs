using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Iggy.Links;
using Iggy.Replication;
using Iggy.Replication.Frames;
using Iggy.Replication.Roles;
using Iggy.Storage;
using Iggy.Storage.Log;
using Iggy.Storage.Replicas;

namespace Iggy.Replicas;

/// <summary>Carries out what the protocol asks for, at once and in order: on the log, in the replica's file, over links.</summary>
/// <remarks>An exception means that it was not carried out. Only <see cref="FollowerFullException"/> leaves everything as it was; after any other the replica stops.</remarks>
internal sealed class LogEffects(PartitionLog log, ReplicaFile file, IReplicaLinks links, LinkChannel channel, ReplicaOptions options) : IReplicaEffects
{
    private const int HeadBytes = 128; // of any frame without a map or a table

    public void Store(ReplicaMark mark) => file.Store(new ReplicaWords(mark.Promised, mark.LogEpoch, mark.Boot, mark.IsClosed));

    public void Store(EpochMap map)
    {
        var entries = new EpochEntry[map.Entries.Length];
        for (var i = 0; i < entries.Length; i++)
            entries[i] = new(map.Entries[i].Epoch, map.Entries[i].First);
        file.Store(entries);
    }

    public void CutTo(ulong end) => log.CutTo(end);

    public void RestartAt(ulong start) => log.RestartAt(start);

    public void Append(ulong from, ulong end, ReadOnlyMemory<byte> records)
    {
        var status = log.AppendRecords(from, end, records.Span, mayRoll: true); // what a candidate fetches tells by nothing else where a segment begins
        if (status is RecordsStatus.DiskFull)
            throw new FollowerFullException();
        if (status is not RecordsStatus.Appended)
            throw new IOException($"Records from {from} to {end} were not taken: {status}.");
    }

    public void Sync() => log.SyncAll();

    public void Roll(ulong at, ulong generation) => log.RollTo(at, checked((uint)generation));

    public void TrimTo(ulong start)
    {
        if (log.StartOffset >= start)
            return; // the leader's own retention was here before
        log.SetCommitted(start);
        log.TakeBelow(start).Run();
    }

    public void StoreOffset(OffsetMark mark, ReadOnlyMemory<byte> entry)
    {
        if (entry.Length != OffsetChange.SizeInBytes)
            throw new ReplicationException($"A change of a stored offset of {entry.Length} bytes.");
        log.ApplyOffset(new(mark.Epoch, mark.Sequence), MemoryMarshal.Read<OffsetChange>(entry.Span));
        if (log.AnswersAfterSync)
            log.SyncNow();
    }

    public void ReplaceOffsets(OffsetMark mark, ReadOnlyMemory<byte> offsets)
    {
        if (offsets.Length % OffsetChange.SizeInBytes != 0)
            throw new ReplicationException($"A table of stored offsets of {offsets.Length} bytes.");
        log.ImportOffsets(new(mark.Epoch, mark.Sequence), MemoryMarshal.Cast<byte, OffsetChange>(offsets.Span));
    }

    public void RemarkOffsets(OffsetMark mark) => log.RemarkOffsets(new(mark.Epoch, mark.Sequence));

    public void Send(NodeId to, Frame frame) => _ = TrySend(to, frame);

    public void SendRecords(NodeId to, Fetched head)
    {
        var plan = log.PlanRecords(head.From, head.LogEnd, options.PieceBytes);
        if (plan.Found is RecordsFound.Records)
            _ = TrySendRecords(to, head with { End = plan.End }, in plan);
    }

    public void SendWithOffsets(NodeId to, Frame frame)
    {
        var table = MemoryMarshal.AsBytes(log.ExportOffsets().AsSpan()).ToArray();
        _ = TrySend(to, frame switch
        {
            Cut cut => cut with { Offsets = table },
            OffsetsFetched fetched => fetched with { Offsets = table },
            _ => throw new ReplicationException($"{frame.GetType().Name} has no table of stored offsets."),
        });
    }

    /// <summary>Sends a frame if there is room.</summary>
    public bool TrySend(NodeId to, Frame frame)
    {
        var buffer = new LinkBuffer(HeadBytes);
        FrameWriter.Write(frame, buffer);
        return TrySend(to, buffer);
    }

    /// <summary>Sends a frame that ends with records, copied into it right from the log.</summary>
    /// <returns>False when there is no room.</returns>
    /// <exception cref="IOException">They are damaged.</exception>
    public bool TrySendRecords(NodeId to, Frame head, in RecordsPlan plan)
    {
        var buffer = new LinkBuffer(HeadBytes + plan.Bytes);
        try
        {
            FrameWriter.Write(head, buffer); // without records: a length of nothing at its end
            var length = MemoryMarshal.AsMemory(buffer.Written)[^sizeof(uint)..];
            BinaryPrimitives.WriteUInt32LittleEndian(length.Span, (uint)plan.Bytes);
            if (!log.CopyRecords(in plan, buffer.GetSpan(plan.Bytes)[..plan.Bytes]))
                throw new IOException($"Offsets from {plan.From} on are damaged.");
            buffer.Advance(plan.Bytes);
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
        return TrySend(to, buffer);
    }

    private bool TrySend(NodeId to, LinkBuffer buffer)
    {
        if (links.TrySend(to, channel, buffer))
            return true;
        buffer.Dispose();
        return false;
    }
}

/// <summary>A follower's disk is full. Nothing changed; the leader sends it again.</summary>
internal sealed class FollowerFullException() : IOException("The disk is full.");
