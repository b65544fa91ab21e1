namespace Iggy.Grains.ConsumerGroups;

/// <summary>Who of a group reads which partition of its topic: the arithmetic alone, without messages, time or terms.</summary>
/// <remarks>While there are members each partition has exactly one owner. A join promises partitions to the newcomer and lets their owners keep them
/// until <see cref="Complete"/>; counting promises as kept, everybody then has the fair share or one more. Every other change deals all
/// partitions anew and forgets promises, as Apache Iggy does.</remarks>
internal sealed class GroupAssignment
{
    private readonly List<Member> _members = []; // by ascending id, which is the order in which they joined
    private Slot[] _slots = []; // by partition

    /// <summary>Ids of the members, ascending.</summary>
    public IEnumerable<uint> Members => _members.Select(static member => member.Id);

    public int MembersCount => _members.Count;

    public int PartitionsCount => _slots.Length;

    /// <summary>The one who reads a partition; null when there are no members.</summary>
    public uint? OwnerOf(int partition) => _slots[partition].Owner?.Id;

    /// <summary>The one who is to get a partition from its owner; mostly null.</summary>
    public uint? TargetOf(int partition) => _slots[partition].Target?.Id;

    /// <summary>What a member reads, in the order in which it got it.</summary>
    public IReadOnlyList<int> PartitionsOf(uint member) => Find(member).Partitions;

    /// <summary>Adds a member; running members keep their work until it is committed.</summary>
    /// <returns>Its id: one above the highest, or 0.</returns>
    public uint Join()
    {
        var member = new Member(_members.Count == 0 ? 0 : _members[^1].Id + 1);
        _members.Add(member);
        if (_members.Count == 1)
            DealAnew();
        else
            Promise();
        return member.Id;
    }

    /// <summary>Removes members and deals all partitions anew.</summary>
    public void Leave(IReadOnlyCollection<uint> leavers)
    {
        _members.RemoveAll(member => leavers.Contains(member.Id));
        DealAnew();
    }

    /// <summary>Takes another number of partitions and deals all anew.</summary>
    public void Resize(int partitionsCount)
    {
        _slots = new Slot[partitionsCount];
        DealAnew();
    }

    /// <summary>Hands a promised partition over.</summary>
    public void Complete(int partition)
    {
        ref var slot = ref _slots[partition];
        if (slot is not { Owner: { } owner, Target: { } target })
            throw new InvalidOperationException($"Partition {partition} is promised to nobody.");
        owner.Partitions.Remove(partition);
        target.Partitions.Add(partition);
        slot = new Slot(target, null);
    }

    // In id order, so that the outcome depends on nothing but who is there.
    private void DealAnew()
    {
        foreach (var member in _members)
            member.Partitions.Clear();
        for (var partition = 0; partition < _slots.Length; partition++)
        {
            var owner = _members.Count == 0 ? null : _members[partition % _members.Count];
            _slots[partition] = new Slot(owner, null);
            owner?.Partitions.Add(partition);
        }
    }

    // Takes from the end of the list of whoever would have more than its share, and promises that to those who would have less.
    private void Promise()
    {
        foreach (var member in _members)
        {
            member.Expected.Clear();
            foreach (var partition in member.Partitions)
            {
                if (_slots[partition].Target is null)
                    member.Expected.Add(partition);
            }
        }
        for (var partition = 0; partition < _slots.Length; partition++) // promised ones last, so that they are the first to be promised elsewhere
            _slots[partition].Target?.Expected.Add(partition);

        var (fair, extra) = Math.DivRem(_slots.Length, _members.Count);
        var surplus = new Queue<int>();
        foreach (var member in _members)
        {
            var share = member.Expected.Count > fair && extra > 0 ? fair + 1 : fair; // one more stays with those who have it already
            extra -= share - fair;
            for (; member.Expected.Count > share; member.Expected.RemoveAt(member.Expected.Count - 1))
                surplus.Enqueue(member.Expected[^1]);
        }

        foreach (var member in _members)
        {
            for (; member.Expected.Count < fair && surplus.TryDequeue(out var partition); member.Expected.Add(partition))
                _slots[partition].Target = _slots[partition].Owner == member ? null : member;
        }
    }

    private Member Find(uint id) => _members.Find(member => member.Id == id) ?? throw new ArgumentException($"There is no member {id}.");

    private sealed class Member(uint id)
    {
        public uint Id { get; } = id;
        public List<int> Partitions { get; } = [];
        public List<int> Expected { get; } = []; // what it will have when every promise is kept; good for one Promise
    }

    private record struct Slot(Member? Owner, Member? Target);
}
