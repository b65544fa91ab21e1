using System.Diagnostics;

namespace Iggy.EndToEnd.Tests.Setup;

/// <summary>What the members of a group saw of one partition, and whether that may be.</summary>
/// <remarks>A poll asks for what follows the committed offset. So its first message has to follow a commit that may have been in force while it
/// ran: one that had begun before the poll ended, and that no other had followed before the poll began. Anything else is a message lost,
/// or delivered again without need.</remarks>
internal sealed class GroupHistory
{
    private readonly Lock _lock = new();
    private readonly List<Commit> _commits = [new(-1, 0, 0)]; // nothing is stored at first
    private readonly List<Delivery> _deliveries = [];
    private readonly List<long> _disturbances = [];

    /// <summary>A moment from which on partitions may be dealt anew without waiting for commits.</summary>
    public void Disturbed()
    {
        lock (_lock)
            _disturbances.Add(Stopwatch.GetTimestamp());
    }

    /// <summary>Notes that a commit is on its way.</summary>
    /// <returns>To be ended by <see cref="Committed"/>; one that never is may be in force for ever.</returns>
    public Commit Committing(long offset, long start)
    {
        var commit = new Commit(offset, start, long.MaxValue);
        lock (_lock)
            _commits.Add(commit);
        return commit;
    }

    /// <summary>Notes that a commit was answered.</summary>
    public void Committed(Commit commit, bool isStored)
    {
        lock (_lock)
        {
            if (isStored)
                commit.End = Stopwatch.GetTimestamp();
            else
                _commits.Remove(commit);
        }
    }

    /// <summary>Notes a poll that found messages.</summary>
    public void Delivered(int member, long start, ulong[] offsets)
    {
        lock (_lock)
            _deliveries.Add(new(member, start, Stopwatch.GetTimestamp(), (long)offsets[0], (long)offsets[^1]));
    }

    /// <summary>Offsets that nobody has seen.</summary>
    public IEnumerable<long> Missing(long count)
    {
        var seen = new bool[count];
        foreach (var delivery in _deliveries)
            Array.Fill(seen, true, (int)delivery.First, (int)(delivery.Last - delivery.First + 1));
        return Enumerable.Range(0, (int)count).Where(offset => !seen[offset]).Select(offset => (long)offset);
    }

    /// <summary>Polls that may not have been answered as they were.</summary>
    /// <param name="patience">How long a member may keep what it has not committed.</param>
    public IEnumerable<string> Wrong(TimeSpan patience)
    {
        foreach (var poll in _deliveries)
        {
            if (!_commits.Exists(commit => commit.Offset == poll.First - 1 && commit.Start < poll.End && !IsFollowed(commit, poll)))
                yield return $"member {poll.Member} got {poll.First} to {poll.Last}, which follows no commit in force";

            // What another has and has not committed may come again only when somebody left or the time ran out.
            foreach (var before in _deliveries)
            {
                if (before.Member != poll.Member && before.End < poll.Start && before.Last >= poll.First && before.First <= poll.Last
                    && !_disturbances.Exists(moment => moment >= before.Start - (2 * Stopwatch.Frequency) && moment <= poll.End)
                    && Stopwatch.GetElapsedTime(before.Start, poll.End) < patience)
                {
                    yield return $"member {poll.Member} got {poll.First} to {poll.Last} while member {before.Member} had {before.First} to {before.Last}";
                }
            }
        }
    }

    private bool IsFollowed(Commit commit, Delivery poll) => _commits.Exists(other => other.Start > commit.End && other.End < poll.Start);

    internal sealed class Commit(long offset, long start, long end)
    {
        public long Offset { get; } = offset;
        public long Start { get; } = start;
        public long End { get; set; } = end;
    }

    private sealed record Delivery(int Member, long Start, long End, long First, long Last);
}
