using System.Text;
using Iggy.Grains.Interfaces.ConsumerGroups;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Protocol;

namespace Iggy.Gateway.Sessions;

/// <summary>The consumer groups of one session. Written by its own loop, by notifications of the groups and by whoever ends the session.</summary>
internal sealed class SessionGroups
{
    private readonly Lock _writing = new();
    private GroupMembership[] _all = []; // replaced as a whole

    /// <summary>The groups at this moment, in the order in which they were joined.</summary>
    public GroupMembership[] All => Volatile.Read(ref _all);

    /// <summary>The session is over: nothing can be joined any more.</summary>
    public bool IsEnded { get; private set; }

    /// <summary>The membership in a group of a topic as a request names it, or null.</summary>
    public GroupMembership? Find(Guid topic, IdentifierView group)
    {
        foreach (var membership in All)
        {
            if (membership.Topic == topic && membership.IsNamed(group))
                return membership;
        }
        return null;
    }

    /// <summary>The membership in a group, or null.</summary>
    public GroupMembership? Find(Guid group) => Array.Find(All, membership => membership.Group == group);

    /// <summary>Adds a membership.</summary>
    /// <returns>False when the session has ended.</returns>
    public bool TryAdd(GroupMembership membership)
    {
        lock (_writing)
        {
            if (!IsEnded)
                Volatile.Write(ref _all, [.. All, membership]);
            return !IsEnded;
        }
    }

    /// <summary>Removes a membership.</summary>
    public void Remove(Guid group)
    {
        GroupMembership? removed;
        lock (_writing)
        {
            removed = Find(group);
            Volatile.Write(ref _all, Array.FindAll(All, membership => membership.Group != group));
        }
        removed?.Outdate();
    }

    /// <summary>Ends the session's groups for good.</summary>
    /// <returns>Those that are to be left.</returns>
    public GroupMembership[] End()
    {
        lock (_writing)
        {
            IsEnded = true;
            var left = All;
            Volatile.Write(ref _all, []);
            foreach (var membership in left)
                membership.Outdate();
            return left;
        }
    }
}

/// <summary>One session in one group, with what it was last told to read.</summary>
internal sealed class GroupMembership(uint streamId, uint topicId, Guid topic, ConsumerGroupEntry group, IConsumerGroupGrain grain)
{
    private readonly byte[] _name = Encoding.UTF8.GetBytes(group.Name);
    private MemberReading? _reading; // null: to be asked for
    private TaskCompletionSource? _outdated; // null: nobody waits
    private uint _turn;

    public uint StreamId { get; } = streamId;
    public uint TopicId { get; } = topicId;
    public uint GroupId { get; } = group.Id;
    public Guid Topic { get; } = topic;
    public Guid Group { get; } = group.Incarnation;
    public IConsumerGroupGrain Grain { get; } = grain;

    /// <summary>The partition that the last poll read, for requests that name none.</summary>
    public uint? LastPolled { get; set; }

    /// <summary>What to read, as last told; null when it is to be asked for.</summary>
    public MemberReading? Reading => Volatile.Read(ref _reading);

    /// <summary>What was last told, be it outdated.</summary>
    public MemberReading? Last { get; private set; }

    /// <summary>Whose turn it is among some partitions; outlives every change of them.</summary>
    /// <param name="count">How many there are, at least 1.</param>
    public uint TakeTurn(uint count)
    {
        var turn = _turn % count;
        _turn = (turn + 1) % count;
        return turn;
    }

    /// <summary>Forgets what was told.</summary>
    public void Outdate()
    {
        Volatile.Write(ref _reading, null);
        Interlocked.Exchange(ref _outdated, null)?.SetResult();
    }

    /// <summary>Done when what was told is forgotten, which it may be already.</summary>
    public Task WhenOutdatedAsync()
    {
        var outdated = LazyInitializer.EnsureInitialized(ref _outdated, static () => new(TaskCreationOptions.RunContinuationsAsynchronously))!;
        return Reading is null ? Task.CompletedTask : outdated.Task; // looked at last: what is forgotten after it completes the task
    }

    /// <summary>Notes what was told in answer to a question, unless it was outdated since the question was asked.</summary>
    /// <param name="reading">The answer.</param>
    /// <param name="asked">From <see cref="Ask"/>.</param>
    public void Note(MemberReading reading, MemberReading asked)
    {
        Last = reading;
        Interlocked.CompareExchange(ref _reading, reading, asked);
    }

    /// <summary>Marks the start of a question.</summary>
    public MemberReading Ask()
    {
        var asked = new MemberReading([], generation: 0, toldAt: 0);
        Volatile.Write(ref _reading, asked);
        return asked;
    }

    /// <summary>Whether a request means this group.</summary>
    public bool IsNamed(IdentifierView id) => id.Kind is IdentifierKind.Text ? id.Value.SequenceEqual(_name) : id.Number == GroupId;
}

/// <summary>A partition that a session reads for its group.</summary>
internal sealed record ReadPartition(uint Id, IPartitionGrain Grain, GroupClaim Claim, bool IsLeaving, bool IsElsewhere = false);

/// <summary>What a session reads for its group, as told at one time.</summary>
internal sealed class MemberReading(ReadPartition[] all, ulong generation, long toldAt)
{
    // Those that stay; mostly all, and then the same array.
    private readonly ReadPartition[] _staying = Array.Exists(all, static partition => partition.IsLeaving)
        ? Array.FindAll(all, static partition => !partition.IsLeaving)
        : all;

    /// <summary>The partitions to read, in turn.</summary>
    public IReadOnlyList<ReadPartition> Staying => _staying;

    /// <summary>Of the group; the same number means the same partitions and terms.</summary>
    public ulong Generation { get; } = generation;

    /// <summary>A timestamp of the clock; 0: not told yet.</summary>
    public long ToldAt { get; } = toldAt;

    /// <summary>The same, told again.</summary>
    public MemberReading At(long toldAt) => new(all, Generation, toldAt);

    /// <summary>A partition by number, also one that is being handed over; or null.</summary>
    public ReadPartition? Find(uint partitionId)
    {
        foreach (var partition in all)
        {
            if (partition.Id == partitionId)
                return partition;
        }
        return null;
    }

    /// <summary>The next partition in turn, or null when there is none to read.</summary>
    public ReadPartition? NextOf(GroupMembership membership) => _staying.Length == 0 ? null : _staying[membership.TakeTurn((uint)_staying.Length)];

    /// <summary>The partitions that stay, by number, in the order of their assignment.</summary>
    public IEnumerable<uint> StayingIds => _staying.Select(static partition => partition.Id);

    /// <summary>The first partition, or null.</summary>
    public ReadPartition? First => _staying.Length == 0 ? null : _staying[0];
}
