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
/// <remarks>Who waits is woken by the append, see <see cref="PartitionArrivals"/>: no timer asks again and again.</remarks>
internal sealed class ReadWaits(
    MessageCommands messages, ConsumerOffsetCommands offsets, GroupReadCommands groups, IOptions<FrameLimits> options, TimeProvider clock)
{
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
            // Whoever asked looks at the token himself.
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
            var (error, next) = await messages.WaitAsync(session, read.Address, targets[i].PartitionId, 0, TimeSpan.Zero, ended);
            if (error is not IggyError.None)
                return; // the read itself says so
            nexts[i] = next;
            starts[i] = await FindStartAsync(session, read, targets[i], next);
        }

        var left = limit - clock.GetElapsedTime(started);
        if (left <= TimeSpan.Zero || Readable(starts, nexts) >= read.Patience.MinCount)
            return;
        if (targets.Length == 0)
            await Task.Delay(left, clock, ended); // a member without partitions
        else if (targets.Length == 1)
            await messages.WaitAsync(session, read.Address, targets[0].PartitionId, starts[0] + read.Patience.MinCount - 1, left, ended);
        else
            await WaitForAnyAsync(session, read, targets, starts, nexts, left, ended);
    }

    private async Task WaitForAnyAsync(Session session, WaitingRead read, ReadTarget[] targets, ulong[] starts, ulong[] nexts, TimeSpan limit, CancellationToken ended)
    {
        var started = clock.GetTimestamp();
        var waits = new Task<(IggyError Error, ulong NextOffset)>?[targets.Length];
        using var over = CancellationTokenSource.CreateLinkedTokenSource(ended);
        try
        {
            while (Readable(starts, nexts) < read.Patience.MinCount && limit - clock.GetElapsedTime(started) is var left && left > TimeSpan.Zero && !ended.IsCancellationRequested)
            {
                for (var i = 0; i < waits.Length; i++)
                    waits[i] ??= messages.WaitAsync(session, read.Address, targets[i].PartitionId, Math.Max(starts[i], nexts[i]), left, over.Token).AsTask();
                await Task.WhenAny(waits!);
                for (var i = 0; i < waits.Length; i++)
                {
                    if (waits[i] is not { IsCompleted: true } done)
                        continue;
                    waits[i] = null;
                    var (error, next) = await done;
                    if (error is not IggyError.None || next == nexts[i])
                        return; // the read itself says so; or its wait was ended
                    nexts[i] = next;
                }
            }
        }
        finally
        {
            over.Cancel(); // the others end with the one that is enough
        }
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
