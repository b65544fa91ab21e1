using Iggy.Protocol;

namespace Iggy.Client;

/// <summary>The partitions that a consumer on its own was given, in turns: where each is read on, and which rest. Of each one poll at a time is under way.</summary>
internal sealed class AssignedPartitions
{
    private readonly Lock _lock = new();
    private readonly AssignedPartition[] _partitions;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _turn;

    /// <param name="ids">1 or more, each once.</param>
    /// <param name="start">Where all of them begin.</param>
    public AssignedPartitions(IReadOnlyList<uint> ids, PollingStrategy start)
    {
        if (ids.Count == 0 || ids.Distinct().Count() != ids.Count)
            throw new ArgumentException($"PartitionIds are {string.Join(", ", ids)}; allowed: 1 or more, each once.", nameof(ids));
        _partitions = [.. ids.Select(id => new AssignedPartition(id) { Next = start })];
    }

    /// <summary>How many are read now.</summary>
    public int ReadCount
    {
        get
        {
            lock (_lock)
                return _partitions.Count(static one => !one.IsPaused);
        }
    }

    /// <summary>Completes with the next call of <see cref="Pause"/>, <see cref="Resume"/> or <see cref="Seek"/>.</summary>
    public Task Changed
    {
        get
        {
            lock (_lock)
                return _changed.Task;
        }
    }

    /// <summary>The next one to be polled; it has its turn until <see cref="End"/>.</summary>
    public bool TryBegin(out PartitionTurn turn)
    {
        lock (_lock)
        {
            for (var tried = 0; tried < _partitions.Length; tried++)
            {
                var partition = _partitions[_turn];
                _turn = (_turn + 1) % _partitions.Length;
                if (partition.IsPaused || partition.IsUnderWay)
                    continue;
                partition.IsUnderWay = true;
                turn = new(partition, partition.Next, partition.Version, partition.Seeks);
                return true;
            }
        }
        turn = default;
        return false;
    }

    /// <summary>A turn is over.</summary>
    public void End(PartitionTurn turn)
    {
        lock (_lock)
            turn.Partition!.IsUnderWay = false;
    }

    /// <summary>Whether a turn still counts: nobody paused the partition or went elsewhere in it since.</summary>
    public bool IsCurrent(PartitionTurn turn)
    {
        lock (_lock)
            return turn.Partition!.Version == turn.Version;
    }

    /// <summary>A message was handled: reading goes on behind it, unless somebody went elsewhere meanwhile.</summary>
    public void Handle(PartitionTurn turn, ulong offset)
    {
        lock (_lock)
        {
            if (turn.Partition!.Seeks == turn.Seeks)
                turn.Partition.Next = PollingStrategy.FromOffset(offset + 1);
        }
    }

    /// <summary>Reads no more of them, until <see cref="Resume"/>.</summary>
    public void Pause(ReadOnlySpan<uint> ids) => Change(ids, static partition => partition.IsPaused = true);

    /// <summary>Reads on where it was.</summary>
    public void Resume(ReadOnlySpan<uint> ids) => Change(ids, static partition => partition.IsPaused = false);

    /// <summary>Goes elsewhere.</summary>
    public void Seek(uint id, PollingStrategy start)
    {
        lock (_lock)
        {
            var partition = Find(id);
            partition.Next = start;
            partition.Seeks++;
            partition.Version++;
            Tell();
        }
    }

    private void Change(ReadOnlySpan<uint> ids, Action<AssignedPartition> change)
    {
        lock (_lock)
        {
            foreach (var id in ids)
                Find(id);
            foreach (var id in ids)
            {
                change(Find(id));
                Find(id).Version++;
            }
            Tell();
        }
    }

    private void Tell()
    {
        _changed.SetResult();
        _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private AssignedPartition Find(uint id) => Array.Find(_partitions, one => one.Id == id)
        ?? throw new ArgumentException($"Partition {id} is not one of this consumer's.", nameof(id));
}

/// <summary>One of the partitions of an <see cref="AssignedPartitions"/>, under its lock.</summary>
internal sealed class AssignedPartition(uint id)
{
    /// <summary>From 0.</summary>
    public uint Id => id;

    /// <summary>Where the next poll starts.</summary>
    public PollingStrategy Next { get; set; }

    /// <summary>Whether it rests.</summary>
    public bool IsPaused { get; set; }

    /// <summary>Whether a turn of it is under way.</summary>
    public bool IsUnderWay { get; set; }

    /// <summary>How often somebody went elsewhere in it.</summary>
    public int Seeks { get; set; }

    /// <summary>Changes with all that makes what was polled before unwanted.</summary>
    public int Version { get; set; }
}

/// <summary>One poll of an assigned partition and the handling of what it gave.</summary>
/// <param name="Partition">Null in a group, where the server gives the turns.</param>
/// <param name="Start">Where it reads.</param>
/// <param name="Version">Of the partition when it began.</param>
/// <param name="Seeks">Of the partition when it began.</param>
internal readonly record struct PartitionTurn(AssignedPartition? Partition, PollingStrategy Start, int Version, int Seeks);
