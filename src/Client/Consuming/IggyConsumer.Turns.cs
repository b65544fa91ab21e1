using Iggy.Protocol;

namespace Iggy.Client;

/// <summary>Which partition comes next, and what a consumer does where nothing is left.</summary>
public sealed partial class IggyConsumer
{
    /// <summary>Partitions that a round of polls visits.</summary>
    private uint TurnsOfARound => _assigned is null ? _membership!.PartitionsCount : (uint)_assigned.ReadCount;

    /// <summary>Hands no more messages of these partitions, from the next one on, until <see cref="Resume"/>. At any time, also from the loop.</summary>
    /// <exception cref="InvalidOperationException">A group reads: its partitions are the server's to give.</exception>
    /// <exception cref="ArgumentException">Not a partition of this consumer; nothing was changed.</exception>
    public void Pause(params ReadOnlySpan<uint> partitionIds) => Assigned.Pause(partitionIds);

    /// <summary>Reads these partitions on where they were paused.</summary>
    /// <exception cref="InvalidOperationException">A group reads.</exception>
    /// <exception cref="ArgumentException">Not a partition of this consumer; nothing was changed.</exception>
    public void Resume(params ReadOnlySpan<uint> partitionIds) => Assigned.Resume(partitionIds);

    /// <summary>Reads a partition on from elsewhere, back or forth; what was polled of it before is handed out no more. Offsets are stored of what is handled from then on.</summary>
    /// <exception cref="InvalidOperationException">A group reads: it goes on where its stored offsets are.</exception>
    /// <exception cref="ArgumentException">Not a partition of this consumer.</exception>
    public void Seek(uint partitionId, PollingStrategy start) => Assigned.Seek(partitionId, start);

    private AssignedPartitions Assigned => _assigned ?? throw new InvalidOperationException("A group's partitions are the server's to give: only a consumer on its own pauses or seeks.");

    // Polls that commit are never ahead: what they give would be lost with this consumer. Nor are those of partitions that had nothing: a wait comes first.
    private async Task<(PartitionTurn Turn, PolledMessages? Messages)> NextAsync(bool isFlowing, CancellationToken cancellationToken)
    {
        if (_assigned is null)
            return (default, await PollAsync(default, cancellationToken));
        FetchAhead(isFlowing && !_options.Commit.IsOnPolling ? MaxBatches : 1, cancellationToken);
        if (!_ahead.TryDequeue(out var next))
            return (default, null);
        var (turn, poll) = next;
        try
        {
            return (turn, await poll);
        }
        catch
        {
            _assigned.End(turn);
            throw;
        }
    }

    private void FetchAhead(int most, CancellationToken cancellationToken)
    {
        while (_ahead.Count < most && _assigned!.TryBegin(out var turn))
            _ahead.Enqueue((turn, PollAsync(turn, cancellationToken)));
    }

    // What was fetched ahead belongs to a loop that is over.
    private async ValueTask DropAsync()
    {
        while (_ahead.TryDequeue(out var ahead))
        {
            await ((Task)ahead.Poll).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (ahead.Poll.IsCompletedSuccessfully)
                (await ahead.Poll).Dispose();
            _assigned!.End(ahead.Turn);
        }
    }

    // All partitions rest.
    private async ValueTask RestAsync(CancellationToken cancellationToken)
    {
        await StoreIfDueAsync(cancellationToken);
        if (_assigned!.Changed is var changed && _assigned.ReadCount == 0)
            await Task.WhenAny(changed, Task.Delay(UntilStore(ArrivalWait.Longest), _clock, cancellationToken));
        cancellationToken.ThrowIfCancellationRequested();
    }

    // Ends early when somebody pauses, resumes or seeks: what is waited for is another then.
    private async ValueTask<bool> WaitForMoreAsync(CancellationToken cancellationToken)
    {
        var longest = UntilStore(_assigned is null ? ArrivalWait.LongestOfMember : ArrivalWait.Longest);
        if (_assigned is null)
            return await _arrivals.WaitAsync(longest, 2 * TurnsOfARound, cancellationToken);

        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var (changed, waiting) = (_assigned.Changed, _arrivals.WaitAsync(longest, TurnsOfARound, ended.Token).AsTask());
        if (await Task.WhenAny(changed, waiting) == changed)
        {
            await ended.CancelAsync();
            await ((Task)waiting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
            return false;
        }
        await waiting;
        return false;
    }

    private TimeSpan UntilStore(TimeSpan longest)
    {
        if (_unstoredCount == 0 || _options.Commit.Interval is not { } interval)
            return longest;
        var left = interval - _clock.GetElapsedTime(_storedAt);
        return left < longest ? (left > TimeSpan.FromMilliseconds(1) ? left : TimeSpan.FromMilliseconds(1)) : longest;
    }
}
