using Iggy.Replication.Frames;
using Iggy.Replication;
using Iggy.Storage;
using Iggy.Storage.Log;

namespace Iggy.Replicas;

/// <summary>What callers, links and the clock ask of a replica.</summary>
public sealed partial class PartitionReplica
{
    /// <summary>Appends a batch, all of it or none of it, and answers once a majority has it: on disk, where the log's durability asks for that.</summary>
    /// <param name="layout">How the messages lie in memory.</param>
    /// <param name="messages">Copied before the call returns.</param>
    /// <param name="count">Messages in the batch, at least 1.</param>
    public ValueTask<ReplicaAppend> AppendAsync(MessageLayout layout, ReadOnlySpan<byte> messages, uint count)
    {
        lock (_gate)
        {
            if (_leader is not { } leader)
                return new(new ReplicaAppend(ReplicaStatus.NotLeading, 0, default));
            var committed = _log.VisibleEnd;
            try
            {
                var answer = leader.AppendAsync(layout, messages, count);
                StartSync();
                if (_log.VisibleEnd != committed && CommitMoved is { } moved)
                    ThreadPool.UnsafeQueueUserWorkItem(static call => call(), moved, preferLocal: true);
                return answer;
            }
            catch (Exception failure) // as in Run, which a span cannot go through
            {
                Fail(failure);
                return new(new ReplicaAppend(ReplicaStatus.OutcomeUnknown, 0, default));
            }
        }
    }

    /// <summary>Stores a consumer's offset, or forgets it.</summary>
    /// <param name="consumer">Whose.</param>
    /// <param name="offset">Null to forget it.</param>
    /// <param name="waits">Whether the answer waits for a majority; else it is given when it is stored here.</param>
    public ValueTask<ReplicaStore> StoreOffsetAsync(ConsumerKey consumer, ulong? offset, bool waits)
    {
        lock (_gate)
        {
            var answer = new ValueTask<ReplicaStore>(new ReplicaStore(_leader is null ? ReplicaStatus.NotLeading : ReplicaStatus.OutcomeUnknown, default));
            if (_leader is { } leader)
                Run(() => answer = leader.StoreAsync(consumer, offset, waits));
            return answer;
        }
    }

    /// <summary>Takes old segments out of the leader's log, and tells the followers.</summary>
    /// <param name="take">One of the log's methods that take segments.</param>
    /// <returns>Deletes their files; null when this replica does not lead.</returns>
    public SegmentRemoval? Trim(Func<PartitionLog, SegmentRemoval> take)
    {
        lock (_gate)
        {
            SegmentRemoval? removal = null;
            if (_leader is { } leader)
            {
                Run(() =>
                {
                    removal = take(_log);
                    leader.Trimmed();
                });
            }
            return removal;
        }
    }

    /// <summary>A frame of another replica came.</summary>
    /// <param name="from">Whose.</param>
    /// <param name="bytes">Valid until the call returns.</param>
    /// <exception cref="InvalidDataException">These bytes are no frame.</exception>
    public void Receive(NodeId from, ReadOnlyMemory<byte> bytes)
    {
        var frame = FrameReader.TryRead(bytes) ?? throw new InvalidDataException($"{bytes.Length} bytes of node {from} are no frame.");
        lock (_gate)
        {
            Run(() =>
            {
                Take(from, frame);
                LookAtLeader();
                LookAtTakeover();
                if (_leader is null)
                    _log.SetCommitted(_state.Commit);
                StartSync();
            });
        }
    }

    /// <summary>A node is connected anew: what was sent to it may be lost.</summary>
    public void OnConnected(NodeId node)
    {
        lock (_gate)
        {
            Run(() =>
            {
                _leader?.OnConnected(node);
                _takeover?.Repeat();
                LookAtTakeover();
            });
        }
    }

    /// <summary>There is room again on the way to a node.</summary>
    public void OnWritable(NodeId node)
    {
        lock (_gate)
            Run(() => _leader?.Pump(node));
    }

    /// <summary>To be called every <see cref="ReplicaOptions.Tick"/>.</summary>
    public void OnTick()
    {
        if (!_gate.TryEnter())
            return; // it is at work; the others need not wait for it
        try
        {
            Run(() =>
            {
                LookAtLeader();
                _leader?.OnTick();
                if (_takeover is not null && _leader is null && _clock.GetElapsedTime(_repeatedAt) >= _options.Retry)
                {
                    _repeatedAt = _clock.GetTimestamp();
                    _takeover.Repeat();
                }
                LookAtTakeover();
                StartSync();
            });
        }
        finally
        {
            _gate.Exit();
        }
    }

    private void Take(NodeId from, Frame frame)
    {
        switch (frame)
        {
            case Fence fence: _state.OnFence(from, fence); break;
            case Fenced fenced: _takeover?.OnFenced(from, fenced); break;
            case Fetch fetch: _state.OnFetch(from, fetch); break;
            case Fetched fetched: _takeover?.OnFetched(from, fetched); break;
            case FetchOffsets fetch: _state.OnFetchOffsets(from, fetch); break;
            case OffsetsFetched fetched: _takeover?.OnOffsetsFetched(from, fetched); break;
            case Attach attach: _state.OnAttach(from, attach, NewNonce()); break;
            case Attached attached: _leader?.OnAttached(from, attached); break;
            case Cut cut: BeCut(cut); break;
            case Ack ack: _leader?.OnAck(from, ack); break;
            case Trim trim when trim.Start >= _log.EndOffset: break; // it does not know yet that a segment begins there; it is told again
            case SessionFrame session:
                _state.OnSession(session);
                _isFull = false;
                break;
            default: throw new ReplicationException($"Nobody takes a {frame.GetType().Name}.");
        }
    }

    // A segment that an older leader began at the end of this log may not be one of the present leader's: it says so itself where it is.
    private void BeCut(Cut cut)
    {
        if (_state.OnCut(cut))
            _log.DropEmptySegment();
    }

    /// <summary>For tests: the sync under way.</summary>
    internal Task Syncing { get; private set; } = Task.CompletedTask;

    // Where nothing counts before it is on disk. One at a time; what is written meanwhile goes with the next.
    private void StartSync()
    {
        if (!_state.SyncsFirst || _isSyncing || _state.SyncedEnd >= _log.EndOffset)
            return;
        _isSyncing = true;
        Syncing = SyncAsync();
    }

    private async Task SyncAsync()
    {
        while (true)
        {
            ulong end;
            int cuts;
            Task flush;
            lock (_gate)
            {
                if (IsEnded || _state.SyncedEnd >= _log.EndOffset)
                {
                    _isSyncing = false;
                    return;
                }
                (end, cuts, flush) = (_log.EndOffset, _state.Cuts, _log.FlushAsync(toDisk: true));
            }
            try
            {
                await flush;
            }
            catch (Exception failure) // unknown what is on disk
            {
                lock (_gate)
                {
                    if (!IsEnded)
                        Fail(failure);
                }
                return;
            }
            lock (_gate)
            {
                Run(() =>
                {
                    if (_leader is { } leader)
                    {
                        leader.Leader.Synced(end, cuts);
                        leader.Settle();
                    }
                    else
                    {
                        _state.OnSynced(end, cuts);
                    }
                });
            }
        }
    }
}
