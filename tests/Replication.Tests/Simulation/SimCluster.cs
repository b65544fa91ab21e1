using System.Buffers;
using System.Collections.Immutable;
using Iggy.Replication.Frames;

namespace Iggy.Replication.Tests.Simulation;

/// <summary>Nodes, a network that loses, doubles, delays and swaps, a register, and the judge of what must hold.</summary>
internal sealed class SimCluster
{
    private const int MostMessages = 80; // on the way; beyond it any is lost
    private readonly Random _random;
    private readonly bool _encodes;
    private readonly Dictionary<ulong, List<(ulong Value, ulong Epoch)>> _committed = []; // for each purge, what was committed since
    private readonly Dictionary<ulong, List<(uint Change, ulong Epoch)>> _committedOffsets = [];
    private ulong _lastNonce;

    public SimCluster(Random random, Rules rules, bool syncsFirst, bool encodes, int voters = 3)
    {
        (_random, Rules, SyncsFirst, _encodes) = (random, rules, syncsFirst, encodes);
        Nodes = [.. Enumerable.Range(1, 5).Select(number => new SimNode(this, new((ulong)number)))];
        Register = PartitionRegister.Create([.. Nodes.Take(voters).Select(node => node.Id)]);
        foreach (var node in Nodes)
            node.Start();
    }

    public Rules Rules { get; }

    public bool SyncsFirst { get; }

    public ImmutableArray<SimNode> Nodes { get; }

    public PartitionRegister Register { get; private set; }

    public List<Message> Network { get; } = [];

    /// <summary>Share of frames that are lost.</summary>
    public double Loss { get; set; }

    /// <summary>Share of frames that come twice.</summary>
    public double Doubling { get; set; }

    /// <summary>Nodes that are cut off from the others, not from each other or the register.</summary>
    public ImmutableArray<NodeId> CutOff { get; set; } = [];

    public int Takeovers { get; private set; }

    public int Changes { get; private set; }

    public int Purges { get; private set; }

    public int Rolls { get; set; }

    public long Commits { get; private set; }

    public SimNode Node(NodeId id) => Nodes[(int)id.Value - 1];

    public void Send(NodeId from, NodeId to, Frame frame)
    {
        if (_random.NextDouble() < Loss)
            return;
        if (_encodes)
            frame = Recode(frame);
        Network.Add(new(from, to, frame));
        if (_random.NextDouble() < Doubling)
            Network.Add(new(from, to, frame));
        while (Network.Count > MostMessages)
            Network.RemoveAt(_random.Next(Network.Count));
    }

    public ulong PieceOfFetch() => (ulong)_random.Next(1, 7);

    /// <summary>Claims the partition for a node; it hears of it later.</summary>
    public void Claim(SimNode node, bool purges = false)
    {
        Register = purges ? Register.Purge(node.Id, 1) : Register.Claim(node.Id, 1);
        Purges += purges ? 1 : 0;
        Network.Add(new(node.Id, node.Id, null) { Register = Register, Life = node.Life });
    }

    /// <summary>Asks for a change of the register.</summary>
    public void Ask(SimNode node, PartitionRegister wanted) => Network.Add(new(node.Id, node.Id, null) { Wanted = wanted, Life = node.Life });

    /// <summary>Delivers a message, or leaves it where it cannot arrive.</summary>
    /// <returns>Whether it may be forgotten.</returns>
    public bool Deliver(Message message)
    {
        var node = Node(message.To);
        if (message.Wanted is { } wanted)
        {
            if (wanted.Version == Register.Version + 1)
            {
                Register = wanted;
                Changes++;
            }
            if (_random.NextDouble() >= Loss) // else the change is made and nobody hears
                Network.Add(new(message.To, message.To, null) { Register = Register, Life = message.Life });
            return true;
        }
        if (message.Frame is not null && CutOff.Contains(message.From) != CutOff.Contains(message.To))
            return true;
        if (!node.IsUp || (message.Frame is null && message.Life != node.Life))
            return true;
        if (node.IsPaused)
            return false;

        if (message.Frame is { } frame)
            node.Receive(message.From, frame, ++_lastNonce);
        else if (message.Register!.Leader == node.Id && message.Register.Epoch > node.State.Promised)
            node.TakeOver(message.Register);
        else
            _ = node.Leader?.OnRegister(message.Register);
        Judge(node);
        return true;
    }

    /// <summary>Looks at what a node has done: every invariant that it could have broken.</summary>
    public void Judge(SimNode node)
    {
        if (!node.IsUp || node.Takeover?.Leader is not { } leader)
            return;
        var (life, epoch) = (leader.Register.PurgeEpoch, leader.Register.Epoch);
        var truth = _committed.TryGetValue(life, out var known) ? known : _committed[life] = [];
        var offsets = _committedOffsets.TryGetValue(life, out var knownOffsets) ? knownOffsets : _committedOffsets[life] = [];
        if (node.LeaderSeen != leader)
        {
            (node.LeaderSeen, node.CommitSeen, node.OffsetsSeen) = (leader, 0, 0);
            Takeovers++;
            if (node.Takeover.MayHaveLost)
                throw new ViolationException($"{node.Id} took over without a majority of whole logs");
            JudgeTakeover(node, epoch, truth, offsets);
        }
        for (; node.CommitSeen < leader.Commit; node.CommitSeen++)
        {
            var offset = node.CommitSeen;
            if (offset < node.Disk.Start)
                continue;
            var value = node.Disk.At(offset);
            if (value >> 32 != life)
                throw new ViolationException($"{node.Id} commits at {offset} what was purged");
            if (offset < (ulong)truth.Count ? truth[(int)offset].Value != value : offset > (ulong)truth.Count)
                throw new ViolationException($"{node.Id} commits another value at {offset} in epoch {epoch}");
            if (offset == (ulong)truth.Count)
            {
                truth.Add((value, epoch));
                Commits++;
            }
        }
        for (; node.OffsetsSeen < leader.CommittedSequence; node.OffsetsSeen++)
        {
            var (index, change) = ((int)node.OffsetsSeen, node.Disk.Offsets[(int)node.OffsetsSeen]);
            if (index == offsets.Count)
                offsets.Add((change, epoch));
            else if (offsets[index].Change != change)
                throw new ViolationException($"{node.Id} commits another stored offset as change {index} in epoch {epoch}");
        }
    }

    /// <summary>What a replica knows to be committed is what was committed.</summary>
    public void JudgeReader(SimNode node)
    {
        if (!node.IsUp || node.State.LogEpoch < Register.PurgeEpoch || !_committed.TryGetValue(Register.PurgeEpoch, out var truth))
            return;
        for (var offset = node.Disk.Start; offset < node.State.Commit; offset++)
        {
            if (offset >= (ulong)truth.Count || node.Disk.At(offset) != truth[(int)offset].Value)
                throw new ViolationException($"{node.Id} shows a reader another value at {offset}");
        }
    }

    // A takeover that ends late, when a newer epoch has committed already, cannot know of that; it never gets a majority to commit anything itself.
    private static void JudgeTakeover(SimNode node, ulong epoch, List<(ulong Value, ulong Epoch)> truth, List<(uint Change, ulong Epoch)> offsets)
    {
        for (var offset = node.Disk.Start; offset < (ulong)truth.Count; offset++)
        {
            if (truth[(int)offset].Epoch < epoch && (offset >= node.Disk.End || node.Disk.At(offset) != truth[(int)offset].Value))
                throw new ViolationException($"{node.Id} took over in epoch {epoch} and lacks what is committed at {offset}");
        }
        for (var index = 0; index < offsets.Count; index++)
        {
            if (offsets[index].Epoch < epoch && (index >= node.Disk.Offsets.Count || node.Disk.Offsets[index] != offsets[index].Change))
                throw new ViolationException($"{node.Id} took over in epoch {epoch} and lacks stored offset {index}");
        }
    }

    private static Frame Recode(Frame frame)
    {
        var output = new ArrayBufferWriter<byte>();
        FrameWriter.Write(frame, output);
        return FrameReader.TryRead(output.WrittenMemory) ?? throw new ViolationException($"{frame} cannot be read back");
    }

    /// <summary>A frame, an answer of the register (<see cref="Register"/>), or a question to it (<see cref="Wanted"/>).</summary>
    internal sealed record Message(NodeId From, NodeId To, Frame? Frame)
    {
        public PartitionRegister? Register { get; init; }

        public PartitionRegister? Wanted { get; init; }

        public int Life { get; init; }
    }
}
