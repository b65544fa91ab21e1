using System.Collections.Immutable;
using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.ConsumerGroups;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Grains.Options;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Placement;

namespace Iggy.Grains.ConsumerGroups;

/// <summary>Keeps the members of a group and deals the partitions: see <see cref="GroupAssignment"/> for the rule, docs/adr/0010 for the whole.</summary>
/// <remarks>Each change is one turn: reckon, tell the partitions, tell the gateways, answer. The partitions are what fences: a partition that could not be
/// told goes on under its old term and is told again, so a failure delays a hand-over and never makes two owners. Calls go down to partitions and
/// gateways; upwards only the topic's published lists are read.</remarks>
[PreferLocalPlacement]
internal sealed partial class ConsumerGroupGrain(IOptions<ConsumerGroupOptions> options, TimeProvider clock, ILogger<ConsumerGroupGrain> logger)
    : Grain, IConsumerGroupGrain
{
    private static readonly TimeSpan s_lookAgainAfter = TimeSpan.FromSeconds(1);

    private readonly GroupAssignment _assignment = new();
    private readonly Dictionary<Guid, MemberEntry> _sessions = [];
    private PartitionHold[] _holds = []; // by partition
    private ImmutableArray<MemberView> _views = []; // what interleaving listings return
    private Guid _topic;
    private Guid _group;
    private uint _groupId;
    private ulong _generation;
    private ulong _term; // the highest given
    private bool _isListed; // the topic has this group
    private IGrainTimer? _checks;
    private long _lookedAt; // when the gateways were last asked who is gone; 0: never

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (!ConsumerGroupKey.TryParse(this.GetPrimaryKeyString(), out _topic, out _group))
            throw new ArgumentException($"'{this.GetPrimaryKeyString()}' is not the key of a consumer group.");
        // Above what an earlier activation gave; a partition that knows a higher one says so, should the clock have gone back.
        _term = _generation = (ulong)clock.GetUtcNow().UtcTicks;
        return Task.CompletedTask;
    }

    public async ValueTask<MemberAssignment> JoinAsync(GroupMember member)
    {
        await LookAtTopicAsync();
        if (_lookedAt == 0 || clock.GetElapsedTime(_lookedAt) >= s_lookAgainAfter) // so that a crowd of joins asks each gateway once
            await DropGoneAsync();
        await AddAsync(member);
        return AssignmentOf(_sessions[member.Session]);
    }

    public async ValueTask<MemberAssignment> RefreshAsync(GroupMember member, uint? refusedPartition)
    {
        if (!_sessions.TryGetValue(member.Session, out var entry))
            return await JoinAsync(member);

        if (refusedPartition is { } partition && partition < (uint)_holds.Length)
        {
            _holds[partition].IsTold = false;
            await TellAsync(new Change(entry.Id));
        }

        return AssignmentOf(entry);
    }

    public async ValueTask<bool> LeaveAsync(Guid session)
    {
        var isMember = _sessions.ContainsKey(session);
        await RemoveAsync([session]);
        return isMember;
    }

    public async ValueTask CompleteAsync(uint partitionId, ulong term)
    {
        if (partitionId >= (uint)_holds.Length || _holds[partitionId] is not { IsLeaving: true } hold || hold.Term != term)
            return;
        _assignment.Complete((int)partitionId);
        await ApplyAsync();
    }

    public ValueTask<ImmutableArray<MemberView>> ListMembersAsync() => new(_views);

    public async ValueTask PartitionsChangedAsync() => await LookAtTopicAsync(throwIfGone: false);

    public async ValueTask DeleteAsync()
    {
        _isListed = false;
        var members = _sessions.Values.ToArray();
        _sessions.Clear();
        _assignment.Leave([.. _assignment.Members]);
        Publish();
        StopChecking();
        await NotifyAsync(members, (gateway, sessions) => gateway.EndedAsync(_group, sessions));
        DeactivateOnIdle();
    }

    private async Task AddAsync(GroupMember member)
    {
        if (_sessions.ContainsKey(member.Session))
            return;
        var entry = new MemberEntry(_assignment.Join(), member);
        _sessions[member.Session] = entry;
        StartChecking();
        await ApplyAsync(answered: entry.Id);
    }

    private async Task RemoveAsync(IReadOnlyCollection<Guid> sessions)
    {
        var leavers = new HashSet<uint>();
        foreach (var session in sessions)
        {
            if (_sessions.Remove(session, out var entry))
                leavers.Add(entry.Id);
        }
        if (leavers.Count == 0)
            return;

        _assignment.Leave(leavers);
        if (_sessions.Count == 0)
            StopChecking();
        await ApplyAsync();
    }

    /// <summary>Reads what the topic has published: whether the group is there, and the partitions.</summary>
    private async Task LookAtTopicAsync(bool throwIfGone = true)
    {
        var topic = GrainFactory.GetGrain<ITopicGrain>(_topic);
        var groups = await topic.ListGroupsAsync();
        var partitions = await topic.ListPartitionsAsync();
        _isListed = false;
        foreach (var entry in groups)
        {
            if (entry.Incarnation == _group)
                (_isListed, _groupId) = (true, entry.Id);
        }
        if (!_isListed)
        {
            await DeleteAsync();
            if (throwIfGone)
                throw new RefusedException(Refusal.ConsumerGroupNotFound, $"There is no consumer group {this.GetPrimaryKeyString()}.");
            return;
        }

        if (HasPartitions(partitions))
            return;
        _holds = new PartitionHold[partitions.Length];
        for (var i = 0; i < _holds.Length; i++)
            _holds[i] = new PartitionHold(partitions[i].Key, GrainFactory.GetGrain<IPartitionGrain>(partitions[i].Key));
        _assignment.Resize(_holds.Length);
        await ApplyAsync();
    }

    private bool HasPartitions(ImmutableArray<PartitionEntry> partitions)
    {
        if (partitions.Length != _holds.Length)
            return false;
        for (var i = 0; i < partitions.Length; i++)
        {
            if (partitions[i].Key != _holds[i].Key)
                return false;
        }
        return true;
    }

    private MemberAssignment AssignmentOf(MemberEntry entry)
    {
        var owned = _assignment.PartitionsOf(entry.Id);
        var partitions = ImmutableArray.CreateBuilder<OwnedPartition>(owned.Count);
        foreach (var partition in owned)
            partitions.Add(new OwnedPartition((uint)partition, _holds[partition].Key, _holds[partition].Term, _holds[partition].IsLeaving));
        return new MemberAssignment(_generation, partitions.MoveToImmutable());
    }

    private void Publish()
    {
        var views = ImmutableArray.CreateBuilder<MemberView>(_assignment.MembersCount);
        foreach (var member in _assignment.Members)
            views.Add(new MemberView(member, [.. _assignment.PartitionsOf(member).Select(static partition => (uint)partition)]));
        _views = views.MoveToImmutable();
    }

    /// <summary>A session and the number it has in the group.</summary>
    private sealed record MemberEntry(uint Id, GroupMember Member);

    /// <summary>What a partition was told, or is to be told.</summary>
    private sealed class PartitionHold(string key, IPartitionGrain grain)
    {
        public string Key { get; } = key;
        public IPartitionGrain Grain { get; } = grain;
        public uint? Owner { get; set; }
        public ulong Term { get; set; } // 0: none yet
        public bool IsLeaving { get; set; }
        public long LeavingSince { get; set; } // a timestamp of the clock
        public bool IsTold { get; set; }
    }
}
