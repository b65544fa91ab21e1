using Iggy.Replication.Frames;

namespace Iggy.Replication.Roles;

/// <summary>One replica of a partition: what it promised, what it has, and whom it follows.</summary>
/// <remarks>A node that leads or takes over has one too: <see cref="Takeover"/> and <see cref="LeaderState"/> work on its log and end, both, with the next
/// greater promise. Everything enters as a call, everything leaves through <see cref="IReplicaEffects"/>. Calls never run beside each other.</remarks>
public sealed partial class ReplicaState
{
    private readonly IReplicaEffects _effects;
    private readonly Rules _rules;
    private readonly Guid _boot;
    private ReplicaMark _mark;
    private FollowerSession? _session;
    private ulong _cutEpoch; // whose leader last cut this log; it may not have caught up yet

    /// <summary>A replica as it lies on disk.</summary>
    public ReplicaState(ReplicaStart start, IReplicaEffects effects)
        : this(start, effects, Rules.Protocol)
    {
    }

    internal ReplicaState(ReplicaStart start, IReplicaEffects effects, Rules rules)
    {
        (_effects, _rules, _boot, _mark) = (effects, rules, start.Boot, start.Mark);
        (Map, Offsets, Start, End, SyncedEnd, SyncsFirst) = (start.Map.CutTo(start.End), start.Offsets, start.Start, start.End, start.End, start.SyncsFirst);
        IsSuspect = _mark.IsSuspect(_boot, SyncsFirst);
        // From now on a crash is not a close in order. Who is suspect keeps the boot that it is suspected for.
        _mark = _mark with { IsClosed = false, Boot = IsSuspect ? _mark.Boot : _boot };
        _effects.Store(_mark);
        if (SyncsFirst)
            _effects.Sync(); // what a killed process left in the page cache is about to be counted
    }

    /// <summary>The greatest epoch that was promised to be followed.</summary>
    public ulong Promised => _mark.Promised;

    /// <summary>The epoch whose leader brought this log level.</summary>
    public ulong LogEpoch => _mark.LogEpoch;

    /// <summary>Acknowledged messages may be missing at the end.</summary>
    public bool IsSuspect { get; private set; }

    /// <summary>Nothing is acknowledged before it is on disk.</summary>
    public bool SyncsFirst { get; }

    /// <summary>First offset.</summary>
    public ulong Start { get; private set; }

    /// <summary>Offset after the last message.</summary>
    public ulong End { get; private set; }

    /// <summary>Offset after the last message that is on disk, as far as this replica was told.</summary>
    public ulong SyncedEnd { get; private set; }

    /// <summary>How far the log is known to be committed; never above its end. Nothing below is ever cut.</summary>
    public ulong Commit { get; private set; }

    /// <summary>Who wrote what.</summary>
    public EpochMap Map { get; private set; }

    /// <summary>How new the stored offsets are.</summary>
    public OffsetMark Offsets { get; private set; }

    /// <summary>How often the log was cut: a sync that began before a cut says nothing about what came after it.</summary>
    public int Cuts { get; private set; }

    /// <summary>How much counts for a majority.</summary>
    internal ulong SafeEnd => SyncsFirst ? SyncedEnd : End;

    /// <summary>Everything is on disk and nothing will be written any more.</summary>
    public void Close()
    {
        if (!IsSuspect)
            StoreMark(_mark with { IsClosed = true });
    }

    /// <summary>A candidate asks to be followed.</summary>
    public void OnFence(NodeId from, Fence fence)
    {
        if (fence.Epoch < Promised)
            return;
        Promise(fence.Epoch, fence.PurgeEpoch);
        _effects.Send(from, Describe());
    }

    /// <summary>The candidate that was promised to be followed asks for messages.</summary>
    public void OnFetch(NodeId from, Fetch fetch)
    {
        if (fetch.Epoch != Promised)
            return;
        var at = Math.Clamp(fetch.From, Start, End);
        _effects.SendRecords(from, new Fetched(Promised, LogEpoch, End, at, at, default));
    }

    /// <summary>The candidate that was promised to be followed asks for the stored offsets.</summary>
    public void OnFetchOffsets(NodeId from, FetchOffsets fetch)
    {
        if (fetch.Epoch == Promised)
            _effects.SendWithOffsets(from, new OffsetsFetched(Promised, Offsets, default));
    }

    /// <summary>Everything below an offset is on disk.</summary>
    /// <param name="end">Offset after the last such message.</param>
    /// <param name="cuts"><see cref="Cuts"/> when the sync began.</param>
    public void OnSynced(ulong end, int cuts)
    {
        if (cuts != Cuts || end <= SyncedEnd)
            return;
        SyncedEnd = Math.Min(end, End);
        if (SyncsFirst && _session is { IsCut: true })
            Settle();
    }

    /// <summary>What this replica would answer to the candidate it has promised to follow.</summary>
    internal Fenced Describe() => new(Promised, LogEpoch, IsSuspect, Start, End, Offsets, Map);

    /// <summary>Follows nobody older from now on. May be repeated; never goes back.</summary>
    internal void Promise(ulong epoch, ulong purgeEpoch)
    {
        if (epoch <= Promised)
            return;
        _session = null;
        if (LogEpoch < purgeEpoch)
            Commit = 0; // what was committed is dropped on purpose
        StoreMark(_mark with { Promised = epoch });
    }

    /// <summary>Makes the log a beginning of another one: what lies above goes.</summary>
    /// <param name="keep">Up to where both are the same.</param>
    /// <param name="otherStart">Where the other begins.</param>
    /// <param name="map">The other's map.</param>
    /// <exception cref="ReplicationException">Something that is committed would go.</exception>
    internal void BecomePrefix(ulong keep, ulong otherStart, EpochMap map)
    {
        var restarts = keep < otherStart || keep < Start || End < otherStart;
        var end = restarts ? otherStart : Math.Min(keep, End);
        if (end < Commit)
            throw new ReplicationException($"Asked to cut to {end}, but everything up to {Commit} is committed.");

        if (restarts)
            _effects.RestartAt(otherStart);
        else if (end < End)
            _effects.CutTo(end);
        if (restarts || end < End)
            Cuts++;
        (Start, End, SyncedEnd, Map) = (restarts ? otherStart : Start, end, restarts ? otherStart : Math.Min(SyncedEnd, end), restarts ? map : Map.Join(end, map));
        _effects.Store(Map);
    }

    /// <summary>Puts records of another replica behind the last.</summary>
    internal void AppendRecords(ulong from, ulong end, ReadOnlyMemory<byte> records)
    {
        _effects.Append(from, end, records);
        End = end;
    }

    /// <summary>Takes the stored offsets of another replica.</summary>
    internal void TakeOffsets(OffsetMark mark, ReadOnlyMemory<byte> offsets)
    {
        _effects.ReplaceOffsets(mark, offsets);
        Offsets = mark;
    }

    /// <summary>The log becomes the first of its epoch: it has everything that was ever committed.</summary>
    internal void BeginEpoch()
    {
        _effects.Sync();
        SyncedEnd = End;
        Map = Map.Begin(Promised, End);
        Offsets = new(Promised, Offsets.Sequence);
        _effects.Store(Map);
        _effects.RemarkOffsets(Offsets);
        BelongTo(Promised, isTrusted: true);
    }

    /// <summary>The leader of this epoch is this replica itself, and has written.</summary>
    internal void Advance(ulong end) => End = end;

    internal void AdvanceCommit(ulong commit) => Commit = Math.Max(Commit, Math.Min(commit, End));

    internal void AdvanceOffsets(ulong sequence) => Offsets = Offsets with { Sequence = sequence };

    internal void DropBelow(ulong start)
    {
        _effects.TrimTo(start);
        Start = start;
        Map = Map.TrimTo(start);
        _effects.Store(Map);
    }

    private void BelongTo(ulong epoch, bool isTrusted)
    {
        IsSuspect &= !isTrusted;
        var mark = _mark with { LogEpoch = Math.Max(LogEpoch, epoch), Boot = IsSuspect ? _mark.Boot : _boot };
        if (mark != _mark)
            StoreMark(mark);
    }

    private void StoreMark(ReplicaMark mark)
    {
        _mark = mark;
        _effects.Store(mark);
    }
}
