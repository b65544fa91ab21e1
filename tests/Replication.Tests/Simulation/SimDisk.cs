using Iggy.Replication.Roles;

namespace Iggy.Replication.Tests.Simulation;

/// <summary>What a simulated node has on its disk: all of it outlives the process, only what was synced outlives the machine.</summary>
internal sealed class SimDisk
{
    private (OffsetMark Mark, int Count) _syncedOffsets;
    private List<uint> _syncedIds = [];

    public SimDisk() => Mark = ReplicaMark.Create(Boot);

    public ReplicaMark Mark { get; private set; }

    public EpochMap Map { get; set; } = EpochMap.Empty;

    public Guid Boot { get; private set; } = Guid.NewGuid();

    /// <summary>First offset of the log.</summary>
    public ulong Start { get; private set; }

    /// <summary>A value for each message.</summary>
    public List<ulong> Values { get; } = [];

    /// <summary>Offset after the last message on the medium.</summary>
    public ulong Synced { get; private set; }

    public ulong End => Start + (ulong)Values.Count;

    public OffsetMark OffsetMark { get; set; }

    /// <summary>The change each stored offset came from, one for each number of the mark's sequence.</summary>
    public List<uint> Offsets { get; private set; } = [];

    public bool IsSuspect => Mark.IsSuspect(Boot, syncsFirst: false);

    public ulong At(ulong offset) => Values[(int)(offset - Start)];

    public ReplicaStart Read(bool syncsFirst) => new(Mark, Map, OffsetMark, Start, End, Boot, syncsFirst);

    public void Store(ReplicaMark mark)
    {
        if (mark.Promised < Mark.Promised || mark.LogEpoch < Mark.LogEpoch || mark.LogEpoch > mark.Promised)
            throw new ViolationException($"the mark goes from {Mark} to {mark}");
        Mark = mark;
    }

    public void CutTo(ulong end)
    {
        if (end < Start || end > End)
            throw new ViolationException($"cut to {end} of {Start} to {End}");
        Values.RemoveRange((int)(end - Start), (int)(End - end));
        Synced = Math.Min(Synced, end);
    }

    public void RestartAt(ulong start)
    {
        Values.Clear();
        (Start, Synced) = (start, start);
    }

    public void TrimTo(ulong start)
    {
        Values.RemoveRange(0, (int)(start - Start));
        (Start, Synced) = (start, Math.Max(Synced, start));
    }

    public void Sync()
    {
        Synced = End;
        (_syncedOffsets, _syncedIds) = ((OffsetMark, Offsets.Count), Offsets);
    }

    public void ReplaceOffsets(OffsetMark mark, List<uint> offsets) => (OffsetMark, Offsets) = (mark, offsets);

    /// <summary>The machine loses its power.</summary>
    public void LosePower()
    {
        if (End > Synced)
            Values.RemoveRange((int)(Synced - Start), (int)(End - Synced));
        (OffsetMark, Offsets) = (_syncedOffsets.Mark, _syncedIds.GetRange(0, _syncedOffsets.Count));
        Sync();
        Boot = Guid.NewGuid();
    }
}
