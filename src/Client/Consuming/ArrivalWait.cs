using System.Collections.Immutable;
using Iggy.Client.Connections.Waiting;
using Iggy.Protocol;

namespace Iggy.Client;

/// <summary>How a consumer that found nothing waits for more: at the server, where that is possible, else for an interval. What it waits for it has learned from
/// polls and waits alone, so that it holds for groups too, whose partitions only the server knows.</summary>
internal sealed class ArrivalWait(IggyClient client, Identifier stream, Identifier topic, TimeSpan interval)
{
    /// <summary>Longest wait of a consumer on its own: after it the server hears that the reader lives.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    /// <summary>Longest wait of a group's member: after it one sees which partitions are its own now.</summary>
    public static readonly TimeSpan LongestOfMember = TimeSpan.FromSeconds(1);

    private readonly Dictionary<uint, (ulong Offset, long Poll)> _partitions = []; // of the topic: at most as many as it has
    private long _polls;
    private bool _cameInVain;

    /// <summary>A poll found nothing new.</summary>
    /// <param name="messages">Its reply.</param>
    /// <param name="asked">Where it was to start.</param>
    public void Found(PolledMessages messages, PollingStrategy asked)
    {
        _polls++;
        if (messages.IsOfNoPartition)
            return;
        // An empty partition and one whose only message was read look alike; the first wait finds out which it is.
        var next = messages is { Count: 0, CurrentOffset: 0 } ? Math.Min(OffsetOf(messages.PartitionId), 1) : messages.CurrentOffset + 1;
        if (asked.Kind is PollingKind.Offset)
            next = Math.Max(next, asked.Value);
        _partitions[messages.PartitionId] = (next, _polls);
    }

    /// <summary>A poll found something.</summary>
    public void Came() => _cameInVain = false;

    /// <summary>Forgets the partitions.</summary>
    public void Clear() => _partitions.Clear();

    /// <summary>Waits.</summary>
    /// <param name="longest">Where the server can wait.</param>
    /// <param name="ofLastPolls">Partitions that the last so many polls did not meet are read by somebody else meanwhile.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Whether the time was over at the server, without messages.</returns>
    public async ValueTask<bool> WaitAsync(TimeSpan longest, long ofLastPolls, CancellationToken cancellationToken)
    {
        // Messages that came and that no poll gave belong to somebody else: once without the server, so that nothing turns in a circle.
        if (client.Arrivals is { } arrivals && !_cameInVain)
        {
            var positions = Positions(ofLastPolls);
            if (positions.IsEmpty)
            {
                await Task.Delay(longest, client.Clock, cancellationToken); // a member that has no partition now
                return true;
            }
            var arrived = await arrivals.WaitAsync(stream, topic, positions, longest, cancellationToken);
            if (!arrived.IsDefault)
            {
                foreach (var (partitionId, next) in arrived)
                {
                    if (_partitions.TryGetValue(partitionId, out var known))
                        _partitions[partitionId] = known with { Offset = next }; // polled empty again, it was not ours
                }
                _cameInVain = !arrived.IsEmpty;
                return arrived.IsEmpty;
            }
        }
        _cameInVain = false;
        await Task.Delay(interval, client.Clock, cancellationToken);
        return false;
    }

    private ImmutableArray<ReadPosition> Positions(long ofLastPolls)
    {
        foreach (var (partitionId, (_, poll)) in _partitions)
        {
            if (poll <= _polls - ofLastPolls)
                _partitions.Remove(partitionId);
        }
        return [.. _partitions.Select(static one => new ReadPosition(one.Key, one.Value.Offset))];
    }

    private ulong OffsetOf(uint partitionId) => _partitions.TryGetValue(partitionId, out var known) ? known.Offset : 0;
}
