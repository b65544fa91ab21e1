using System.Runtime.CompilerServices;
using Iggy.Client.Telemetry;
using Iggy.Protocol;

namespace Iggy.Client;

/// <summary>Reads messages one after the other, stores how far it is, and goes on after the connection came back. As a group member it joins, makes
/// the group if need be, joins again when its membership was lost, and goes on after the group's stored offsets.</summary>
/// <remarks>Made by <see cref="IggyClient.CreateConsumer"/>; for one reader at a time. Two members of one group need a client each, for the server
/// knows members by their connections. Dispose it to store what was handled and to leave the group at once; the client stays open.</remarks>
public sealed partial class IggyConsumer : IAsyncDisposable
{
    // Failures one after the other before a consumer gives up; each has used the client's own tries to reconnect by then.
    private const int MaxFailures = 3;

    // Batches of several partitions at a time: one that is handled, and those that are fetched meanwhile.
    private const int MaxBatches = 4;

    // After a wait in which nothing came, a member looks after so many of its partitions instead of all.
    private const uint MaxPollsOfNothing = 16;

    private readonly IggyClient _client;
    private readonly ConsumerOptions _options;
    private readonly TimeProvider _clock;
    private readonly GroupMembership? _membership;
    private readonly ConsumerProgress _progress = new();
    private readonly AssignedPartitions? _assigned;
    private readonly ArrivalWait _arrivals;
    private readonly Queue<(PartitionTurn Turn, Task<PolledMessages> Poll)> _ahead = new(); // below MaxBatches
    private bool _isMember;
    private int _isReading;
    private int _unstoredCount;
    private long _storedAt;

    internal IggyConsumer(IggyClient client, ConsumerOptions options, TimeProvider clock)
    {
        (_client, _options, _clock, _arrivals) = (client, options, clock, new(client, options.Stream, options.Topic, options.PollInterval));
        if (options.Consumer.Kind is ConsumerKind.Group)
            _membership = new(client, options);
        else
            _assigned = new(options.PartitionIds ?? [options.PartitionId], options.Start);
        _storedAt = clock.GetTimestamp();
    }

    /// <summary>Reads on where it stands. Leaving the loop in the middle leaves the last message unhandled.</summary>
    /// <param name="cancellationToken">Ends the loop with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="InvalidOperationException">Another loop reads.</exception>
    /// <exception cref="IggyException">The server refused, or is out of reach for longer than the client tries.</exception>
    public async IAsyncEnumerable<ConsumedMessage> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _isReading, 1) != 0)
            throw new InvalidOperationException("Another loop reads from this consumer.");
        try
        {
            // Partitions come in turns: only so many empty polls say that there is nothing.
            for (var empty = 0u; ;)
            {
                if (_assigned is { ReadCount: 0 })
                {
                    if (!_options.Follow)
                        yield break;
                    await RestAsync(cancellationToken);
                    continue;
                }

                var (turn, polled) = await NextAsync(isFlowing: empty == 0, cancellationToken);
                if (polled is not { } messages)
                    continue; // paused at this moment
                var handed = 0;
                try
                {
                    foreach (var message in messages)
                    {
                        var offset = message.Offset;
                        if (turn.Partition is null ? _progress.WasSeen(messages.PartitionId, offset) : !_assigned!.IsCurrent(turn))
                            continue; // polled again because it is not stored yet; or nobody wants it here now
                        handed++;
                        yield return new(messages.PartitionId, messages.CurrentOffset, message) { Source = (_client, _options) };
                        await HandledAsync(turn, messages.PartitionId, offset, cancellationToken);
                    }
                    if (handed == 0)
                        _arrivals.Found(messages, turn.Start);
                }
                finally
                {
                    messages.Dispose();
                    _assigned?.End(turn);
                }
                if (handed > 0)
                {
                    empty = 0;
                    _arrivals.Came();
                    await EndBatchAsync(cancellationToken);
                    continue;
                }

                await StoreIfDueAsync(cancellationToken);
                if (++empty < TurnsOfARound)
                    continue;
                if (!_options.Follow)
                    yield break;
                empty = await WaitForMoreAsync(cancellationToken) ? TurnsOfARound - Math.Min(TurnsOfARound, MaxPollsOfNothing) : 0;
            }
        }
        finally
        {
            await DropAsync();
            Volatile.Write(ref _isReading, 0);
        }
    }

    /// <summary>Reads on where it stands and hands each message to a handler, one after the other. Where spans are collected, the handler runs inside one that
    /// belongs to the trace of the message's producer.</summary>
    /// <param name="handler">Gets the message, valid until it ends. Its failure ends the loop with the message unhandled, so that it comes again.</param>
    /// <param name="cancellationToken">Ends the loop with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="InvalidOperationException">Another loop reads.</exception>
    /// <exception cref="IggyException">The server refused, or is out of reach for longer than the client tries.</exception>
    public async Task HandleAsync(Func<ConsumedMessage, CancellationToken, ValueTask> handler, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(handler);
        await foreach (var message in ReadAsync(cancellationToken))
        {
            if (ClientOperation.IsOn)
                await HandleTracedAsync(message, handler, cancellationToken);
            else
                await handler(message, cancellationToken);
        }
    }

    private async ValueTask HandleTracedAsync(ConsumedMessage message, Func<ConsumedMessage, CancellationToken, ValueTask> handler, CancellationToken cancellationToken)
    {
        var operation = _client.StartProcessing(message, _options);
        try
        {
            await handler(message, cancellationToken);
            operation.End();
        }
        catch (Exception failed)
        {
            operation.Fail(failed);
            throw;
        }
    }

    /// <summary>Stores how far it is now, in every partition. Not beside a call of the loop.</summary>
    /// <exception cref="IggyException">The server refused, or is out of reach.</exception>
    public async Task CommitAsync(CancellationToken cancellationToken = default)
    {
        foreach (var (partitionId, offset) in _progress.Unstored.ToArray())
            await StoreAsync(partitionId, offset, cancellationToken);
        (_unstoredCount, _storedAt) = (0, _clock.GetTimestamp());
    }

    /// <summary>Stores what was handled, unless <see cref="AutoCommit.Disabled"/>, and leaves the group. Without a connection neither is possible: then
    /// the server takes the membership away by itself, and what is not stored comes again.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            if (_options.Commit.IsByClient)
                await CommitAsync();
            if (_isMember)
                await _membership!.LeaveAsync(CancellationToken.None);
        }
        catch (Exception e) when (e is TimeoutException or ObjectDisposedException || (e is IggyException refusal && (refusal is IggyConnectionException || IsOver(refusal.Error))))
        {
            return; // the connection, the group or the membership is gone already: there is nothing to leave
        }
        finally
        {
            _isMember = false;
        }
    }

    private static bool IsOver(IggyError error) => GroupMembership.IsLost(error)
        || error is IggyError.ResourceNotFound or IggyError.ConsumerGroupIdNotFound or IggyError.StreamIdNotFound or IggyError.TopicIdNotFound or IggyError.Unauthenticated;

    private async Task<PolledMessages> PollAsync(PartitionTurn turn, CancellationToken cancellationToken)
    {
        for (var failures = 0; ; failures++)
        {
            try
            {
                if (_membership is not null && !_isMember)
                    await JoinAsync(cancellationToken);
                return await _client.PollMessagesAsync(
                    _options.Consumer,
                    _options.Stream,
                    _options.Topic,
                    turn.Partition?.Id,
                    turn.Partition is null ? PollingStrategy.Next : turn.Start,
                    _options.BatchCount,
                    _options.Commit.IsOnPolling,
                    cancellationToken);
            }
            catch (IggyException e) when (failures < MaxFailures && CanGoOn(e))
            {
                _isMember = false;
            }
        }
    }

    // A broken connection was repaired by the client already, or will be with the next request; a poll that the client would not repeat by itself,
    // because the server may have stored its offset, is repeated here: that loss is what OnPolling accepts.
    private bool CanGoOn(IggyException failure) => failure is IggyConnectionException broken
        ? broken.IsOutcomeUnknown
        : _membership is not null && GroupMembership.IsLost(failure.Error);

    private async Task JoinAsync(CancellationToken cancellationToken)
    {
        await _membership!.JoinAsync(cancellationToken);
        _isMember = true;
        _arrivals.Clear();
        _progress.Clear(); // others may have read on meanwhile; what is stored is what counts
        _unstoredCount = 0;
    }

    private async ValueTask HandledAsync(PartitionTurn turn, uint partitionId, ulong offset, CancellationToken cancellationToken)
    {
        _assigned?.Handle(turn, offset);
        _progress.Handle(partitionId, offset);
        if (_options.Commit.IsOnPolling)
        {
            _progress.Store(partitionId, offset);
            return;
        }
        _unstoredCount++;
        if (_options.Commit.Every > 0 && _unstoredCount >= _options.Commit.Every)
            await CommitAsync(cancellationToken);
        else
            await StoreIfDueAsync(cancellationToken);
    }

    private async ValueTask EndBatchAsync(CancellationToken cancellationToken)
    {
        if (_unstoredCount > 0 && (_options.Commit.Every > 0 || (_membership is not null && _options.Commit.IsByClient)))
            await CommitAsync(cancellationToken);
    }

    private async ValueTask StoreIfDueAsync(CancellationToken cancellationToken)
    {
        if (_unstoredCount > 0 && _options.Commit.Interval is { } interval && _clock.GetElapsedTime(_storedAt) >= interval)
            await CommitAsync(cancellationToken);
    }

    private async ValueTask StoreAsync(uint partitionId, ulong offset, CancellationToken cancellationToken)
    {
        try
        {
            await _client.StoreConsumerOffsetAsync(_options.Consumer, _options.Stream, _options.Topic, partitionId, offset, cancellationToken);
            _progress.Store(partitionId, offset);
        }
        catch (IggyException e) when (_membership is not null && (GroupMembership.IsLost(e.Error) || IsNotOurs(e.Error)))
        {
            // Another member reads the partition from its stored offset: it has these messages again, and this one must not move it.
            _progress.Forget(partitionId);
            _isMember &= IsNotOurs(e.Error);
        }
    }

    private static bool IsNotOurs(IggyError error) => error is IggyError.NotResolvedConsumer or IggyError.ConsumerGroupPartitionNotOwned;
}
