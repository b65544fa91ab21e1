using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Iggy.Replication.Frames;
using Iggy.Replication.Roles;

namespace Iggy.Replication.Tests.Simulation;

/// <summary>A node with the real protocol on a simulated disk and network.</summary>
internal sealed class SimNode(SimCluster cluster, NodeId id) : IReplicaEffects
{
    public NodeId Id => id;

    public SimDisk Disk { get; } = new();

    public bool IsUp { get; private set; }

    public bool IsPaused { get; set; }

    /// <summary>How often it started: answers meant for an earlier process do not reach it.</summary>
    public int Life { get; private set; }

    public ReplicaState State { get; private set; } = null!;

    public Takeover? Takeover { get; private set; }

    public LeaderState? Leader => Takeover?.Leader is { IsLeading: true } leader ? leader : null;

    public void Start()
    {
        (IsUp, Life, Takeover) = (true, Life + 1, null);
        State = new ReplicaState(Disk.Read(cluster.SyncsFirst), this, cluster.Rules);
    }

    public void Kill() => (IsUp, Takeover, State) = (false, null, null!);

    public void LosePower()
    {
        Kill();
        Disk.LosePower();
    }

    public void TakeOver(PartitionRegister register)
    {
        Takeover = new Takeover(State, register, this, cluster.Rules);
        cluster.Judge(this);
    }

    public void Append(ulong value)
    {
        Disk.Values.Add(value);
        Leader!.Appended(Disk.End);
        cluster.Judge(this);
    }

    public void StoreOffset(uint change)
    {
        var sequence = Leader!.OffsetStored();
        Disk.Offsets.Add(change);
        Disk.OffsetMark = State.Offsets with { Sequence = sequence };
        if (cluster.SyncsFirst)
            Disk.Sync();
        cluster.Judge(this);
    }

    public void SyncDisk()
    {
        Disk.Sync();
        if (Leader is { } leader)
            leader.Synced(Disk.End, State.Cuts);
        else
            State.OnSynced(Disk.End, State.Cuts);
        cluster.Judge(this);
    }

    /// <summary>Sends a follower what it lacks, as far as the leader knows.</summary>
    public void Push(NodeId follower, int most, bool anew)
    {
        var leader = Leader!;
        if (anew || leader.NextFor(follower) is not { } next)
        {
            leader.Attach(follower, anew);
            return;
        }
        var epoch = leader.Register.Epoch;
        var from = Math.Max(next.From, Disk.Start);
        var end = Math.Min(Disk.End, from + (ulong)most);
        Send(follower, new Data(epoch, next.Session, from, end, leader.Commit, Records(from, end)));
        if (next.Sequence < State.Offsets.Sequence)
            Send(follower, new Offset(epoch, next.Session, next.Sequence + 1, BitConverter.GetBytes(Disk.Offsets[(int)next.Sequence])));
        if (most == 1)
            Send(follower, new Beat(epoch, next.Session, leader.Commit));
    }

    public void Receive(NodeId from, Frame frame, ulong nonce)
    {
        switch (frame)
        {
            case Fence fence: State.OnFence(from, fence); break;
            case Fenced fenced: Takeover?.OnFenced(from, fenced); break;
            case Fetch fetch: State.OnFetch(from, fetch); break;
            case Fetched fetched: Takeover?.OnFetched(from, fetched); break;
            case FetchOffsets fetch: State.OnFetchOffsets(from, fetch); break;
            case OffsetsFetched fetched: Takeover?.OnOffsetsFetched(from, fetched); break;
            case Attach attach: State.OnAttach(from, attach, nonce); break;
            case Attached attached: Takeover?.Leader?.OnAttached(from, attached); break;
            case Cut cut: State.OnCut(cut); break;
            case SessionFrame and not Ack: State.OnSession((SessionFrame)frame); break;
            case Ack ack: Takeover?.Leader?.OnAck(from, ack); break;
            default: throw new ViolationException($"nobody takes {frame}");
        }
        cluster.Judge(this);
    }

    void IReplicaEffects.Store(ReplicaMark mark) => Disk.Store(mark);

    void IReplicaEffects.Store(EpochMap map) => Disk.Map = map;

    void IReplicaEffects.CutTo(ulong end) => Disk.CutTo(end);

    void IReplicaEffects.RestartAt(ulong start) => Disk.RestartAt(start);

    void IReplicaEffects.Append(ulong from, ulong end, ReadOnlyMemory<byte> records)
    {
        if (from != Disk.End || records.Length != (int)(end - from) * sizeof(ulong))
            throw new ViolationException($"append of {from} to {end} at {Disk.End}");
        Disk.Values.AddRange(MemoryMarshal.Cast<byte, ulong>(records.Span));
    }

    void IReplicaEffects.Sync() => Disk.Sync();

    void IReplicaEffects.Roll(ulong at, ulong generation)
    {
        if (at != Disk.End)
            throw new ViolationException($"roll at {at} of {Disk.End}");
        cluster.Rolls++;
    }

    void IReplicaEffects.TrimTo(ulong start) => Disk.TrimTo(start);

    void IReplicaEffects.StoreOffset(OffsetMark mark, ReadOnlyMemory<byte> entry)
    {
        Disk.Offsets.Add(BinaryPrimitives.ReadUInt32LittleEndian(entry.Span));
        Disk.OffsetMark = mark;
        if (cluster.SyncsFirst)
            Disk.Sync();
    }

    void IReplicaEffects.ReplaceOffsets(OffsetMark mark, ReadOnlyMemory<byte> offsets)
    {
        Disk.ReplaceOffsets(mark, [.. MemoryMarshal.Cast<byte, uint>(offsets.Span)]);
        if (cluster.SyncsFirst)
            Disk.Sync();
    }

    void IReplicaEffects.RemarkOffsets(OffsetMark mark)
    {
        Disk.OffsetMark = mark;
        Disk.Sync();
    }

    public void Send(NodeId to, Frame frame) => cluster.Send(id, to, frame);

    void IReplicaEffects.SendRecords(NodeId to, Fetched head)
    {
        var end = Math.Min(Disk.End, head.From + cluster.PieceOfFetch());
        Send(to, head with { End = end, Records = Records(head.From, end) });
    }

    void IReplicaEffects.SendWithOffsets(NodeId to, Frame frame) => Send(to, frame switch
    {
        Cut cut => cut with { Offsets = Ids() },
        OffsetsFetched fetched => fetched with { Offsets = Ids() },
        _ => throw new ViolationException($"{frame} has no offsets"),
    });

    // For the judge: what it has looked at.
    public ulong CommitSeen { get; set; }

    public ulong OffsetsSeen { get; set; }

    public LeaderState? LeaderSeen { get; set; }

    private byte[] Records(ulong from, ulong end) => MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(Disk.Values)[(int)(from - Disk.Start)..(int)(end - Disk.Start)]).ToArray();

    private byte[] Ids() => MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(Disk.Offsets)).ToArray();
}
