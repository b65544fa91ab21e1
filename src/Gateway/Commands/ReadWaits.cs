using Iggy.Gateway.Limits;
using Iggy.Gateway.Routing;
using Iggy.Gateway.Sessions;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Protocol.Vsr12;
using Iggy.Protocol;
using Microsoft.Extensions.Options;
using ConsumerKind = Iggy.Protocol.ConsumerKind;

namespace Iggy.Gateway.Commands;

/// <summary>Waits until what a read asks for can be read, or for as long as it says. The read itself comes afterwards, and finds what is there then.</summary>
/// <remarks>Who waits does so inside the partitions, which an append wakes: no timer asks again and again.</remarks>
internal sealed class ReadWaits(
    MessageCommands messages, ConsumerOffsetCommands offsets, GroupReadCommands groups, IOptions<FrameLimits> options, TimeProvider clock)
{
    // A call into a partition has a time limit of its own, and one that was given up waits to its end.
    private static readonly TimeSpan _longestCall = TimeSpan.FromSeconds(15), _longestCallOfMany = TimeSpan.FromSeconds(5);

    private int _waiting;

    /// <summary>Reads that wait now.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Waits.</summary>
    /// <param name="session">Who asks.</param>
    /// <param name="read">What it wants to read.</param>
    /// <param name="ended">Ends the wait; whoever asks looks at it himself.</param>
    /// <returns><see cref="IggyError.None"/>, whatever ended the wait; <see cref="IggyError.DeferredPollCapacityExceeded"/> where too many wait.</returns>
    public async ValueTask<IggyError> WaitAsync(Session session, WaitingRead read, CancellationToken ended)
    {
        if (read.Patience.WaitMicros == 0)
            return IggyError.None;
        if (Interlocked.Increment(ref _waiting) > options.Value.MaxWaitingReads)
        {
            Interlocked.Decrement(ref _waiting);
            return IggyError.DeferredPollCapacityExceeded;
        }
        try
        {
            await WaitInsideAsync(session, read, ended);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // Whoever asked looks at the token.
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
        return IggyError.None;
    }

    private async ValueTask WaitInsideAsync(Session session, WaitingRead read, CancellationToken ended)
    {
        var started = clock.GetTimestamp();
        var limit = TimeSpan.FromMicroseconds(read.Patience.WaitMicros) is var asked && asked < options.Value.MaxReadWait ? asked : options.Value.MaxReadWait;
        var targets = read.Targets ?? await OwnTargetsAsync(session, read);
        var (starts, nexts) = (new ulong[targets.Length], new ulong[targets.Length]);
        for (var i = 0; i < targets.Length; i++)
        {
            var (error, next) = await messages.WaitAsync(session, read.Address, targets[i].PartitionId, 0, TimeSpan.Zero);
            if (error is not IggyError.None)
                return; // the read itself says so
            nexts[i] = next;
            starts[i] = await FindStartAsync(session, read, targets[i], next);
        }

        var waits = new Task<(IggyError Error, ulong NextOffset)>?[targets.Length];
        while (Readable(starts, nexts) < read.Patience.MinCount)
        {
            var left = limit - clock.GetElapsedTime(started);
            if (left <= TimeSpan.Zero)
                return;
            if (targets.Length == 0)
            {
                await Task.Delay(left, clock, ended); // a member without partitions
                return;
            }
            var longest = targets.Length == 1 ? _longestCall : _longestCallOfMany;
            for (var i = 0; i < waits.Length; i++)
                waits[i] ??= messages.WaitAsync(session, read.Address, targets[i].PartitionId, NeededOffset(i), left < longest ? left : longest).AsTask();
            await Task.WhenAny(waits!).WaitAsync(ended);
            for (var i = 0; i < waits.Length; i++)
            {
                if (waits[i] is not { IsCompleted: true } done)
                    continue;
                waits[i] = null;
                var (error, next) = await done;
                if (error is not IggyError.None)
                    return;
                nexts[i] = next;
            }
        }

        ulong NeededOffset(int i) => targets.Length == 1 ? starts[i] + read.Patience.MinCount - 1 : Math.Max(starts[i], nexts[i]);
    }

    private static ulong Readable(ulong[] starts, ulong[] nexts)
    {
        var sum = 0UL;
        for (var i = 0; i < starts.Length; i++)
            sum += nexts[i] > starts[i] ? nexts[i] - starts[i] : 0;
        return sum;
    }

    private async ValueTask<ulong> FindStartAsync(Session session, WaitingRead read, ReadTarget target, ulong next)
    {
        switch (target.Strategy.Kind)
        {
            case PollingKind.Offset:
                return Math.Min(target.Strategy.Value, ulong.MaxValue - uint.MaxValue); // room to count from it
            case PollingKind.Next:
                var stored = read.Kind is ConsumerKind.Group
                    ? await groups.FindAsync(session, read.Address, read.Consumer, target.PartitionId)
                    : await offsets.FindAsync(session, read.Address, read.Key, target.PartitionId);
                return stored is { } offset ? offset.StoredOffset + 1 : 0;
            case PollingKind.Timestamp:
                using (var polled = await messages.PollAsync(session, read.Address, new PollRequest(
                    default, PollFrom.Timestamp, target.Strategy.Value, read.Patience.MinCount, AutoCommit: false, MessageLayout.Compact, target.PartitionId, 0, 1 << 16)))
                    return next - Math.Min(next, polled.Result.Count);
            default:
                return 0;
        }
    }

    // A member that names no partition reads whichever of its own has something.
    private async ValueTask<ReadTarget[]> OwnTargetsAsync(Session session, WaitingRead read) =>
        await groups.SyncAsync(session, read.Address, read.Consumer) is { } reading
            ? [.. reading.StayingIds.Select(id => new ReadTarget(id, read.Strategy))]
            : [];
}

/// <summary>One partition of a read that waits.</summary>
internal readonly record struct ReadTarget(uint PartitionId, PollingStrategy Strategy);

/// <summary>A read that waits.</summary>
/// <param name="Address">The topic. Borrowed until the wait ends.</param>
/// <param name="Kind">Whether a group reads.</param>
/// <param name="Consumer">The group's identifier as requests have it.</param>
/// <param name="Key">Of a consumer on its own.</param>
/// <param name="Strategy">Where reading starts, where no target says.</param>
/// <param name="Targets">Null for those of the member, asked for when the wait begins.</param>
/// <param name="Patience">How long to wait, and for what.</param>
internal readonly record struct WaitingRead(
    TopicAddress Address, ConsumerKind Kind, ReadOnlyMemory<byte> Consumer, ConsumerKey Key, PollingStrategy Strategy, ReadTarget[]? Targets, ReadPatience Patience);
