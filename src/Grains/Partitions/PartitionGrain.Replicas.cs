using System.Collections.Immutable;
using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Grains.Metadata;
using Iggy.Grains.Placement;
using Iggy.Replicas;
using Log = Iggy.Storage;
using PartitionLog = Iggy.Storage.Log.PartitionLog;

namespace Iggy.Grains.Partitions;

/// <summary>A partition that several servers keep: what is written goes through this server's replica, which answers once a majority has it.</summary>
/// <remarks>The log is the replica's, and frames of other servers come to it on other threads: each step over the log holds the replica. The replica outlives this
/// activation, and leads on without it.</remarks>
internal sealed partial class PartitionGrain
{
    // One that does not lead looks again after this, at another server if it has to.
    private static readonly TimeSpan s_leaderlessFor = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan s_openingFor = TimeSpan.FromSeconds(2);

    private PartitionReplica? _replica; // with the log; null where the partition is in one copy

    /// <summary>Keeps others from a replica's log. A log that is alone needs nothing.</summary>
    private Lock.Scope Hold() => _replica is { } replica ? replica.Hold() : default;

    // Null: in one copy.
    private async Task<PartitionRow?> FindReplicatedAsync()
    {
        if (!places.IsCluster || !PartitionKey.IsValid(Key))
            return null;
        try
        {
            return await places.FindAsync(Key) is { IsReplicated: true } row ? row : null;
        }
        catch (MetadataAwayException)
        {
            return null; // as for one that is elsewhere: whoever looks for its files asks again
        }
    }

    public async ValueTask<Refusal> ReplicateAsync()
    {
        do
        {
            while (_busy is { IsCompleted: false } busy)
                await busy;
            if (await FindReplicatedAsync() is not null)
                return Refusal.None;
            if (!places.IsCluster || await IsElsewhereAsync())
                return Refusal.Unavailable;
        }
        while (_busy is { IsCompleted: false }); // another one may have begun meanwhile

        var log = _log;
        _log = null; // others wait
        return await RunAsync(async () =>
        {
            await CloseAsync(log);
            await logs.CreateReplicaAsync(Key, isFirst: true);
            await BeginReplicationAsync();
        });
    }

    private async Task BeginReplicationAsync()
    {
        try
        {
            if (await leadership.BeginAsync(Key) && await FindReplicatedAsync() is { } row)
            {
                await OpenReplicaAsync(row);
                return;
            }
        }
        catch (MetadataAwayException e)
        {
            LogPlaceUnknown(logger, Key, e.Message);
        }
        _refusal = Refusal.NoLeader;
        EndSoon(s_leaderlessFor);
    }

    private async Task OpenReplicaAsync(PartitionRow row)
    {
        if (!row.IsKeptBy(places.NodeId) || await replicas.OpenAsync(Key) is not { } replica)
        {
            _refusal = row.IsKeptBy(places.NodeId) ? await JudgeMissingAsync() : Refusal.NoLeader;
            EndSoon(s_leaderlessFor);
            return;
        }
        if (row.Epoch == 0)
            await OpenEverywhereAsync(row);
        if (!await leadership.TakeAsync(Key, replica))
        {
            _refusal = Refusal.NoLeader;
            EndSoon(s_leaderlessFor);
            return;
        }

        var settings = await AskSettingsAsync();
        using (replica.Hold())
            logs.Configure(replica.Log, settings);
        (_log, _replica, _refusal) = (replica.Log, replica, Refusal.None);
        Listen(replica);
    }

    // For the first claim; later ones find them open. One that does not answer is asked by the takeover again.
    private async Task OpenEverywhereAsync(PartitionRow row)
    {
        try
        {
            await AskAllAsync(row, node => node.OpenAsync(Key)).WaitAsync(s_openingFor, clock);
        }
        catch (TimeoutException)
        {
            // A majority may do.
        }
    }

    // From now on; it may have happened since it was looked at.
    private void Listen(PartitionReplica replica)
    {
        var turns = TaskScheduler.Current; // of this activation
        replica.CommitMoved = Wake;
        replica.LeadershipLost = () => Task.Factory.StartNew(() => Resign(replica), CancellationToken.None, TaskCreationOptions.None, turns);
        if (!replica.IsLeading)
            Resign(replica);
    }

    // The next activation is placed where the leader is, or leads itself.
    private void Resign(PartitionReplica replica)
    {
        if (_replica != replica)
            return;
        LetGo(replica);
        (_log, _replica, _refusal) = (null, null, Refusal.NoLeader);
        Wake();
        EndSoon(s_leaderlessFor);
    }

    private static void LetGo(PartitionReplica replica) => (replica.CommitMoved, replica.LeadershipLost) = (null, null);

    private async ValueTask<AppendResult> AppendAsync(PartitionReplica replica, MessageBatch batch)
    {
        var appending = replica.AppendAsync(batch.Layout.ToLog(), batch.Messages.Span, batch.Count);
        batch.Lease?.Dispose(); // copied
        var appended = await appending;
        var refusal = ToRefusal(replica, appended.Status, appended.Log.Refusal());
        return refusal is Refusal.None
            ? new AppendResult(Refusal.None, appended.BaseOffset, _isPersisted || replica.Log.AnswersAfterSync)
            : new AppendResult(Refused(refusal, batch.Messages.Length), 0);
    }

    // Each is in the log when its call returns, so they keep their order.
    private async ValueTask<ImmutableArray<AppendResult>> AppendManyAsync(PartitionReplica replica, ImmutableArray<MessageBatch> batches)
    {
        var appending = new Task<AppendResult>[batches.Length];
        for (var i = 0; i < appending.Length; i++)
            appending[i] = AppendAsync(replica, batches[i]).AsTask();
        return [.. await Task.WhenAll(appending)];
    }

    // As one that is stored beside a poll: it goes to the others, and nobody waits for them.
    private Refusal StoreAtOnce(PartitionLog log, in ConsumerKey consumer, ulong offset)
    {
        if (_replica is not { } replica)
            return log.StoreConsumerOffset(consumer.ToLog(), offset).Refusal();
        var storing = replica.StoreOffsetAsync(consumer.ToLog(), offset, waits: false);
        return storing.IsCompletedSuccessfully && storing.Result is var stored ? ToRefusal(replica, stored.Status, stored.Log.Refusal()) : Refusal.StorageFailed;
    }

    private async ValueTask<Refusal> StoreAsync(PartitionReplica replica, ConsumerKey consumer, ulong? offset)
    {
        var (status, log) = await replica.StoreOffsetAsync(consumer.ToLog(), offset, waits: true);
        return offset is null && status is ReplicaStatus.Refused && log is Log.StoreOffsetStatus.OutOfRange ? Refusal.ConsumerOffsetNotFound : ToRefusal(replica, status, log.Refusal());
    }

    private async ValueTask<Refusal> PurgeAsync(PartitionReplica replica)
    {
        var log = _log;
        _log = null; // others wait for it
        var leads = false;
        LetGo(replica); // it leads no more for a moment
        var refusal = await RunAsync(async () =>
        {
            try
            {
                await _removal;
                leads = await leadership.PurgeAsync(Key, replica);
                Interlocked.Increment(ref _purges);
            }
            finally
            {
                _log = log;
                Listen(replica);
            }
        });
        return refusal is Refusal.None && !leads ? Refusal.Unavailable : refusal;
    }

    private async ValueTask<Refusal> DeleteAsync(PartitionRow row)
    {
        if (_replica is { } replica)
        {
            LetGo(replica);
            (_log, _replica) = (null, null);
        }
        _refusal = Refusal.StorageFailed; // should the removal stop half-way
        Wake();
        var refusal = await AskAllAsync(row, node => node.DeleteAsync(Key));
        if (refusal is Refusal.None)
        {
            _refusal = Refusal.PartitionNotFound;
            DeactivateOnIdle();
        }
        else
        {
            EndSoon();
        }
        return refusal;
    }

    private void NoteHealth(PartitionLog log)
    {
        using var held = Hold();
        health.Note(Key, log);
    }

    // On all servers that keep it: none may be left that could come back with it.
    private async Task<Refusal> AskAllAsync(PartitionRow row, Func<IReplicaNodeGrain, ValueTask<Refusal>> ask)
    {
        var refusals = await Task.WhenAll(row.Voters.Union(row.Learners).Select(async node =>
        {
            try
            {
                return await ask(GrainFactory.GetGrain<IReplicaNodeGrain>(node));
            }
            catch (Exception e) when (e is OrleansException or TimeoutException) // it does not run, or goes this moment
            {
                return Refusal.Unavailable;
            }
        }));
        return Array.Find(refusals, static refusal => refusal is not Refusal.None);
    }

    private Refusal ToRefusal(PartitionReplica replica, ReplicaStatus status, Refusal refused)
    {
        if (status is ReplicaStatus.NotLeading)
            Resign(replica);
        return status switch
        {
            ReplicaStatus.Committed => Refusal.None,
            ReplicaStatus.NotLeading or ReplicaStatus.NoMajority => Refusal.NoLeader,
            ReplicaStatus.TooManyWaiting => Refusal.Unavailable,
            ReplicaStatus.Refused => refused,
            _ => Refusal.OutcomeUnknown,
        };
    }
}
