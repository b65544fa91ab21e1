using System.Collections.Immutable;
using System.Security.Cryptography;
using Iggy.Links;
using Iggy.Replication;
using Iggy.Replication.Roles;
using Iggy.Storage;
using Iggy.Storage.Log;
using Iggy.Storage.Replicas;
using Microsoft.Extensions.Logging;

namespace Iggy.Replicas;

/// <summary>One partition's replica on this node: its log, what it promised, and the role it has. From any thread; one call at a time gets in.</summary>
/// <remarks>A failed write, or a question that must not be asked, ends the replica (<see cref="ReplicaRole.Failed"/>): its files are let go as the death of the
/// process would, and whoever owns it opens it again. Nothing that was promised or acknowledged is lost by that.</remarks>
public sealed partial class PartitionReplica : IDisposable
{
    private readonly Lock _gate = new();
    private readonly PartitionLog _log;
    private readonly ReplicaFile _file;
    private readonly LogEffects _effects;
    private readonly ReplicaOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly string _name;
    private readonly ReplicaState _state;
    private Takeover? _takeover;
    private TaskCompletionSource<bool>? _leads; // of the takeover under way
    private TaskCompletionSource<bool>? _settled; // somebody waits for a leader to be whole
    private LeaderDriver? _leader;
    private Exception? _failure;
    private bool _isClosed, _isSyncing, _isFull;
    private long _repeatedAt;
    private ulong _leadsEpoch;

    /// <param name="log">Opened as a replica; owned from now on.</param>
    /// <param name="file">Of the same folder; owned from now on.</param>
    /// <param name="identity">Which replica this is.</param>
    /// <param name="links">The way to the others.</param>
    /// <param name="options">Settings.</param>
    /// <param name="clock">For retries and beats.</param>
    /// <param name="logger">For what people should know.</param>
    /// <exception cref="IOException">The disk refused what has to be written at a start.</exception>
    public PartitionReplica(PartitionLog log, ReplicaFile file, ReplicaIdentity identity, IReplicaLinks links, ReplicaOptions options, TimeProvider clock, ILogger logger)
    {
        (_log, _file, _options, _clock, _logger, _name, Identity) = (log, file, options, clock, logger, identity.Name, identity);
        _effects = new LogEffects(log, file, links, identity.Channel, options);
        var epochs = new EpochStart[file.Epochs.Length];
        for (var i = 0; i < epochs.Length; i++)
            epochs[i] = new(file.Epochs[i].Epoch, file.Epochs[i].First);
        var words = file.Words;
        var start = new ReplicaStart(new ReplicaMark(words.Promised, words.LogEpoch, words.Boot, words.IsClosed), EpochMap.TryCreate(epochs) ?? EpochMap.Empty,
            new OffsetMark(log.OffsetsMark.Epoch, log.OffsetsMark.Sequence), log.StartOffset, log.EndOffset, identity.Boot, log.AnswersAfterSync);
        try
        {
            _state = new ReplicaState(start, _effects);
        }
        catch
        {
            Kill();
            throw;
        }
        if (_state.IsSuspect)
            logger.Suspect(_name);
    }

    /// <summary>Which replica this is.</summary>
    public ReplicaIdentity Identity { get; }

    /// <summary>Called after what is committed has moved, from any thread and not under the replica's gate: those who wait for messages look again.</summary>
    public Action? CommitMoved { get; set; }

    /// <summary>Called when this replica leads no more, from any thread and not under the replica's gate: whoever asks it for something should ask another.</summary>
    public Action? LeadershipLost { get; set; }

    /// <summary>Whether this replica leads, as far as it knows.</summary>
    public bool IsLeading => Locked(static replica => replica._leader is { Leader.IsLeading: true });

    /// <summary>Whether a change of voters or learners is under way, or nobody knows how it ended: the register tells.</summary>
    public bool IsChanging => Locked(static replica => replica._leader is { Leader.IsChanging: true });

    /// <summary>The log, for whoever has a <see cref="Hold"/>. Messages and stored offsets are changed through the replica only.</summary>
    public PartitionLog Log => _log;

    /// <summary>Keeps everybody else from the log for a synchronous step; frames of other nodes wait as long. Calls of this replica may be made within.</summary>
    public Lock.Scope Hold() => _gate.EnterScope();

    /// <summary>Offset after the last message that readers see.</summary>
    public ulong Committed => Locked(static replica => replica._log.VisibleEnd);

    /// <summary>The replica at this moment.</summary>
    public ReplicaReport Report => Locked(static replica => new ReplicaReport(replica.Role, replica._state.Promised, replica._state.LogEpoch, replica._state.IsSuspect,
        replica._log.StartOffset, replica._state.End, replica._leader?.Leader.Commit ?? replica._state.Commit, replica._leader is { IsMajorityLost: true }, replica._leader?.Describe() ?? []));

    private ReplicaRole Role => _failure is not null ? ReplicaRole.Failed : _isClosed ? ReplicaRole.Closed
        : _leader is not null ? ReplicaRole.Leader : _takeover is not null ? ReplicaRole.Candidate : ReplicaRole.Follower;

    /// <summary>Takes the partition over, once the register has this node's claim in it.</summary>
    /// <param name="register">With the claim.</param>
    /// <param name="cancellationToken">Ends the wait, not the takeover.</param>
    /// <returns>True when it leads; false when the claim is somebody else's, or somebody has claimed the partition since, or the replica has failed or was closed.</returns>
    public async Task<bool> TakeOverAsync(PartitionRegister register, CancellationToken cancellationToken = default)
    {
        Task<bool> leads;
        lock (_gate)
        {
            if (IsEnded || register.Leader != Identity.Node || register.Epoch < _state.Promised)
                return false;
            if (register.Epoch == _state.Promised)
            {
                if (_leads is null || _leadsEpoch != register.Epoch)
                    return false; // promised to somebody else, or in another life of this node
                leads = _leads.Task; // under way, or over
            }
            else
            {
                _leads?.TrySetResult(false);
                (_leads, _leadsEpoch) = (new(TaskCreationOptions.RunContinuationsAsynchronously), register.Epoch);
                leads = _leads.Task;
                Run(() =>
                {
                    StepDown();
                    _takeover = new Takeover(_state, register, _effects);
                    _repeatedAt = _clock.GetTimestamp();
                    LookAtTakeover();
                });
            }
        }
        return await leads.WaitAsync(cancellationToken);
    }

    /// <summary>Waits until a majority has everything that this leader began with. Before that its readers might see less than another leader showed them.</summary>
    /// <returns>False when it does not lead, or no more.</returns>
    public Task<bool> SettleAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_leader is null || IsSettled)
                return Task.FromResult(_leader is not null);
            _settled ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            return _settled.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>The register as it was read, or as a compare-and-set returned it.</summary>
    /// <returns>What to ask for again, since it has not happened; null for nothing.</returns>
    public PartitionRegister? Observe(PartitionRegister register) => Locked(replica =>
    {
        var wanted = replica._leader?.Leader.OnRegister(register);
        replica.LookAtLeader();
        replica._leader?.Settle();
        return wanted;
    });

    /// <summary>Asks for one voter more or less.</summary>
    /// <returns>What to set the register to; null when that cannot be asked for now.</returns>
    public PartitionRegister? ProposeVoters(ImmutableArray<NodeId> voters) => Locked(replica => replica._leader?.Leader.TryPropose(voters));

    /// <summary>Asks for other learners.</summary>
    /// <returns>What to set the register to; null when that cannot be asked for now.</returns>
    public PartitionRegister? ProposeLearners(ImmutableArray<NodeId> learners) => Locked(replica => replica._leader?.Leader.TryProposeLearners(learners));

    /// <summary>Reads what is committed.</summary>
    public ReadResult Read(in ReadRequest request)
    {
        lock (_gate)
            return _log.Read(in request);
    }

    /// <summary>A look at the log, which nobody changes meanwhile. Nothing of it may be kept.</summary>
    public T Look<T>(Func<PartitionLog, T> look)
    {
        lock (_gate)
            return look(_log);
    }

    /// <summary>Closes the replica in order: what it has is on disk, so it is trusted at the next start whatever happens to the machine.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_isClosed)
                return;
            if (_failure is null)
            {
                Run(() =>
                {
                    StepDown();
                    _log.SyncAll();
                    _state.Close();
                });
            }
            _isClosed = true;
            _leads?.TrySetResult(false);
            if (_failure is null)
                _log.Dispose();
            _file.Dispose();
        }
    }

    /// <summary>For tests: lets everything go as the death of the process would.</summary>
    internal void Kill()
    {
        lock (_gate)
        {
            StepDown();
            _isClosed = true;
            _leads?.TrySetResult(false);
            _log.LetGo();
            _file.Dispose();
        }
    }

    private bool IsSettled => _leader is { } driver && driver.Leader.Commit >= driver.Leader.TakeoverEnd;

    private void TellSettled()
    {
        if (_settled is null || (_leader is not null && !IsSettled))
            return;
        _settled.TrySetResult(_leader is not null);
        _settled = null;
    }

    private bool IsEnded => _failure is not null || _isClosed;

    // Whatever fails, the protocol cannot go on from here: what is on disk is the truth.
    private void Run(Action step)
    {
        if (IsEnded)
            return;
        var committed = _log.VisibleEnd;
        try
        {
            step();
        }
        catch (FollowerFullException)
        {
            if (!_isFull)
                _logger.FollowerFull(_name);
            _isFull = true;
            return;
        }
        catch (Exception failure)
        {
            Fail(failure);
            return;
        }
        TellSettled();
        if (_log.VisibleEnd != committed && CommitMoved is { } moved)
            ThreadPool.UnsafeQueueUserWorkItem(static call => call(), moved, preferLocal: true);
    }

    private void Fail(Exception failure)
    {
        _failure = failure;
        _logger.Failed(_name, failure);
        TellLeadershipLost();
        _leader?.GiveUp();
        _leader = null;
        _takeover = null;
        _leads?.TrySetResult(false);
        TellSettled();
        _log.LetGo();
    }

    private void StepDown()
    {
        if (_leader is not null)
            _logger.Deposed(_name, _state.Promised, _leader.Waiting);
        TellLeadershipLost();
        _leader?.GiveUp();
        (_leader, _takeover) = (null, null);
        TellSettled();
    }

    private void TellLeadershipLost()
    {
        if (_leader is not null && LeadershipLost is { } lost)
            ThreadPool.UnsafeQueueUserWorkItem(static call => call(), lost, preferLocal: true);
    }

    private void LookAtLeader()
    {
        if (_leader is { Leader.IsLeading: false })
            StepDown();
    }

    private void LookAtTakeover()
    {
        if (_takeover is null || _leader is not null)
            return;
        if (_takeover.Leader is { IsLeading: true } leader)
        {
            if (_takeover.MayHaveLost)
                _logger.MayHaveLost(_name, leader.Register.Epoch, _state.End);
            _leader = new LeaderDriver(leader, _state, _log, _effects, _options, _clock, _logger, _name);
            _logger.Leads(_name, leader.Register.Epoch, _state.End);
            _leads?.TrySetResult(true);
        }
        else if (!_takeover.IsAlive)
        {
            _takeover = null;
            _leads?.TrySetResult(false);
        }
    }

    private T Locked<T>(Func<PartitionReplica, T> look)
    {
        lock (_gate)
            return look(this);
    }

    private static ulong NewNonce()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(bytes);
        return BitConverter.ToUInt64(bytes);
    }
}

/// <summary>Which replica of which partition.</summary>
/// <param name="Name">The partition, for people.</param>
/// <param name="Channel">The partition, for links.</param>
/// <param name="Node">This node.</param>
/// <param name="Boot">The machine's present boot: <see cref="MachineBoot.Current"/>.</param>
public sealed record ReplicaIdentity(string Name, LinkChannel Channel, NodeId Node, Guid Boot);
