using System.Collections.Immutable;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Grains.Options;
using Iggy.Grains.Placement;
using Iggy.Replicas;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Register = Iggy.Replication.PartitionRegister;

namespace Iggy.Grains.Partitions;

/// <summary>Brings the partitions that this server leads to as many copies as their topics want: more as servers come, others in place of those that are gone for long.</summary>
/// <remarks>One step of a partition at a time, each a compare-and-set in the register: a server learns first, votes once it is level, and only then one that is gone
/// loses its vote. A partition in one copy becomes one with a single replica before that.</remarks>
internal sealed partial class ReplicaKeeper(
    PartitionPlaces places, NodeReplicas replicas, RunningNodes running, ReplicaFactors factors, IOptions<ClusterNodeOptions> options, IGrainFactory grains, TimeProvider clock,
    ILogger<ReplicaKeeper> logger) : IAsyncDisposable
{
    private const int MostLearners = 16; // at a time, of what this server leads: each is sent a whole log
    private const int PassesUntilAll = 15; // then those in one copy are looked at too, as when a server came or went
    private static readonly TimeSpan s_every = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_learns = TimeSpan.FromMinutes(2); // at most, without getting any further
    private static readonly TimeSpan s_passesOver = TimeSpan.FromMinutes(10); // a server that did not learn
    private readonly Dictionary<string, long> _awaySince = new(StringComparer.Ordinal); // by server
    private readonly Dictionary<string, (string Node, ulong? End, long Since)> _learning = new(StringComparer.Ordinal); // by partition
    private readonly Dictionary<string, long> _passedOver = new(StringComparer.Ordinal); // by server
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;
    private string _nodes = "";
    private int _passes;

    /// <summary>Begins, where there is a cluster.</summary>
    public void Start()
    {
        if (places.IsCluster)
            _running = Task.Run(() => RunAsync(_stopping.Token));
    }

    /// <summary>Ends after the step under way. May be repeated.</summary>
    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await _running;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stopping.Dispose();
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        var isTold = false; // of a failure, once until it is over
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await PassAsync(cancellationToken);
                isTold = false;
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested) // the database or a topic is away: copies stay as they are until it is back
            {
                if (!isTold)
                    LogFailed(logger, e);
                isTold = true;
            }
            catch (Exception) when (cancellationToken.IsCancellationRequested)
            {
                return; // the server stops, and refuses calls by now
            }
            await Task.Delay(s_every, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task PassAsync(CancellationToken cancellationToken)
    {
        var nodes = running.List();
        var present = string.Join(',', nodes);
        var isWhole = _passes++ % PassesUntilAll == 0 || present != _nodes;
        _nodes = present;
        var led = places.ListLed();
        NoteAway(led, nodes);
        foreach (var gone in _learning.Keys.Except(led.Select(static one => one.Key), StringComparer.Ordinal).ToArray())
            _learning.Remove(gone);
        var learners = led.Sum(static one => one.Row.Learners.Length);
        var wanted = new Dictionary<Guid, int>();
        foreach (var (key, row) in led)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!row.IsReplicated && (!isWhole || nodes.Count < 2))
                continue;
            var topic = PartitionKey.TopicOf(key);
            if (!wanted.TryGetValue(topic, out var factor))
                wanted[topic] = factor = await grains.GetGrain<ITopicGrain>(topic).GetSettingsAsync() is { } settings ? factors.Wanted(settings) : 0;
            if (factor == 0)
                continue; // its topic is being made or removed
            if (!row.IsReplicated)
            {
                if (factor > 1)
                    await grains.GetGrain<IPartitionGrain>(key).ReplicateAsync();
                continue;
            }
            if (replicas.Find(key) is not { IsLeading: true } replica)
                continue;
            if (replica.IsChanging) // nobody knew how it ended: the row tells
            {
                if (await places.ReadAsync(key) is { } now && replica.Observe(now.ToRegister()) is { } again)
                    await SetAsync(key, replica, again);
                continue;
            }
            if (Next(key, row, replica, nodes, factor, learners) is { } next)
            {
                learners += next.Learners.Length - row.Learners.Length;
                await SetAsync(key, replica, next);
            }
        }
    }

    // The next step of a partition; null where it is as it should be, or has to wait.
    private Register? Next(string key, PartitionRow row, PartitionReplica replica, IReadOnlyCollection<string> nodes, int factor, int learners)
    {
        var report = replica.Report;
        foreach (var learner in row.Learners)
        {
            var node = PartitionRow.NumberOf(learner);
            if (!nodes.Contains(learner))
                return replica.ProposeLearners([.. row.Learners.Remove(learner).Select(PartitionRow.NumberOf)]);
            if (report.Followers.Any(follower => follower.Node == node && follower.IsInSync))
                return replica.ProposeVoters([.. row.Voters.Select(PartitionRow.NumberOf), node]);
            if (IsStuck(key, learner, report.Followers.FirstOrDefault(follower => follower.Node == node).End))
            {
                _passedOver[learner] = clock.GetTimestamp();
                LogStuck(logger, key, learner);
                return replica.ProposeLearners([.. row.Learners.Remove(learner).Select(PartitionRow.NumberOf)]);
            }
        }
        if (!row.Learners.IsEmpty)
            return null; // it is on its way
        _learning.Remove(key);

        var lost = row.Voters.Where(IsLost).ToImmutableArray();
        if (row.Voters.Length > factor && !lost.IsEmpty)
            return replica.ProposeVoters([.. row.Voters.Remove(lost[0]).Select(PartitionRow.NumberOf)]);
        if (row.Voters.Length - lost.Length >= factor || learners >= MostLearners)
            return null;
        var added = places.LeastLoaded(nodes.Where(node => !row.IsKeptBy(node) && !IsPassedOver(node)));
        return added is null ? null : replica.ProposeLearners([PartitionRow.NumberOf(added)]);
    }

    private async Task SetAsync(string key, PartitionReplica replica, Register next)
    {
        // As long as the outcome is not known the leader goes by both sets of voters; whichever row there is tells.
        try
        {
            if (await places.TrySetAsync(key, PartitionRow.Of(next)))
                LogSet(logger, key, string.Join(", ", next.Voters), string.Join(", ", next.Learners));
        }
        finally
        {
            if (await places.ReadAsync(key) is { } row && replica.Observe(row.ToRegister()) is { } again)
                LogUnset(logger, key, again.Version);
        }
    }

    private void NoteAway((string Key, PartitionRow Row)[] led, IReadOnlyCollection<string> nodes)
    {
        foreach (var node in nodes)
            _awaySince.Remove(node);
        foreach (var voter in led.SelectMany(static one => one.Row.Voters).Where(voter => !nodes.Contains(voter)))
            _awaySince.TryAdd(voter, clock.GetTimestamp());
    }

    private bool IsStuck(string key, string node, ulong? end)
    {
        if (_learning.TryGetValue(key, out var before) && (before.Node, before.End) == (node, end))
            return clock.GetElapsedTime(before.Since) >= s_learns;
        _learning[key] = (node, end, clock.GetTimestamp());
        return false;
    }

    private bool IsPassedOver(string node) => _passedOver.TryGetValue(node, out var since) && clock.GetElapsedTime(since) < s_passesOver;

    private bool IsLost(string node) => _awaySince.TryGetValue(node, out var since) && clock.GetElapsedTime(since) >= options.Value.ReplicaLostAfter;

    [LoggerMessage(2170, LogLevel.Warning, "Copies of partitions cannot be looked after; they stay as they are until that is over")]
    private static partial void LogFailed(ILogger logger, Exception exception);

    [LoggerMessage(2171, LogLevel.Information, "Partition {Partition} is kept by {Voters}; learning: {Learners}")]
    private static partial void LogSet(ILogger logger, string partition, string voters, string learners);

    [LoggerMessage(2173, LogLevel.Warning, "Server {Node} learned nothing of partition {Partition} for two minutes; others are asked first for the next ten")]
    private static partial void LogStuck(ILogger logger, string partition, string node);

    [LoggerMessage(2172, LogLevel.Warning, "Who keeps partition {Partition} could not be changed (version {Version}); it is tried again")]
    private static partial void LogUnset(ILogger logger, string partition, ulong version);
}
