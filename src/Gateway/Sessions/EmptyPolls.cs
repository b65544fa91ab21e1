using Iggy.Grains.Interfaces.Partitions;

namespace Iggy.Gateway.Sessions;

/// <summary>The last polls of a session that found nothing. As long as nothing has changed in the partition, the same poll finds nothing again, and nobody
/// needs to be asked.</summary>
/// <remarks>A watch is looked at before the partition is asked, so a change that comes meanwhile makes the next poll ask again. Whose log was closed and opened
/// again is watched anew.</remarks>
internal sealed class EmptyPolls
{
    /// <summary>How many are remembered: as many partitions as a client that asks them in turn usually has.</summary>
    public const int MaxEntries = 8;

    private Entry?[]? _entries; // made with the first one: most sessions never have one

    /// <summary>What a poll finds, where that is known to be nothing.</summary>
    /// <param name="partition">Who would be asked.</param>
    /// <param name="request">What would be asked.</param>
    /// <param name="claim">By which claim a member of a group asks; none for others.</param>
    /// <param name="nothing">The answer.</param>
    public bool TryAnswer(IPartitionGrain partition, in PollRequest request, in GroupClaim claim, out PollResult nothing)
    {
        if (Find(partition, in request, in claim) is { } entry && entry.Watch.Changes == entry.Seen)
        {
            entry.Watch.Use();
            nothing = entry.Found;
            return true;
        }
        nothing = default;
        return false;
    }

    /// <summary>What watches the partition, from the last poll of it that found nothing; null where that was not the same poll.</summary>
    public IPartitionWatch? WatchOf(IPartitionGrain partition, in PollRequest request, in GroupClaim claim) => Find(partition, in request, in claim)?.Watch;

    /// <summary>Remembers a poll that found nothing.</summary>
    /// <param name="partition">Who was asked.</param>
    /// <param name="request">What was asked.</param>
    /// <param name="claim">By which claim.</param>
    /// <param name="watch">Watches it.</param>
    /// <param name="seen">The changes before it was asked; <see cref="long.MinValue"/> where that is not known, and the same poll asks once more.</param>
    /// <param name="found">Its answer, without messages.</param>
    public void Note(IPartitionGrain partition, in PollRequest request, in GroupClaim claim, IPartitionWatch watch, long seen, in PollResult found)
    {
        var entries = _entries ?? Interlocked.CompareExchange(ref _entries, new Entry?[MaxEntries], null) ?? _entries;
        Volatile.Write(ref entries[request.PartitionId % MaxEntries], new Entry(partition, request, claim, watch, seen, found));
    }

    private Entry? Find(IPartitionGrain partition, in PollRequest request, in GroupClaim claim) =>
        _entries is { } entries && Volatile.Read(ref entries[request.PartitionId % MaxEntries]) is { } entry
        && ReferenceEquals(entry.Partition, partition) && entry.Request == request && entry.Claim == claim
            ? entry : null;

    private sealed record Entry(IPartitionGrain Partition, PollRequest Request, GroupClaim Claim, IPartitionWatch Watch, long Seen, PollResult Found);
}
