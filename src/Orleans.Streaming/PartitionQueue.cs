using System.Runtime.InteropServices;
using Orleans.Streams;

namespace Iggy.Orleans.Streaming;

/// <summary>The newest messages of a partition in memory, and how far each subscription is. Messages older than that are read from the log again by whoever needs them.</summary>
/// <remarks>Memory is bounded: the oldest messages go when there are too many, at once if nobody needs them, else after <see cref="IggyStreamOptions.SlowAfter"/>.
/// Subscriptions that still needed them read by themselves from then on and hold nobody up.</remarks>
internal sealed partial class PartitionQueue(string provider, IggyStreamOptions options, TimeProvider clock) : IQueueCache
{
    private readonly Lock _lock = new();
    private readonly Queue<QueuedMessage> _messages = new();
    private readonly Dictionary<StreamId, (QueuedMessage First, QueuedMessage Last)> _streams = [];
    private readonly Dictionary<StreamId, List<QueueCursor>> _cursors = [];
    private readonly Dictionary<StreamId, IggyStreamToken> _wakeUps = []; // one for each stream
    private readonly Dictionary<StreamId, ulong> _told = []; // streams whose cursor just failed: where the next one starts
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ulong _incarnation;
    private ulong _end;
    private long _bytes;
    private long _readBytes;
    private long? _fullSince;

    /// <summary>Starts the read of a cursor that has to read by itself.</summary>
    public Action<QueueCursor>? StartRead { get; set; }

    /// <summary>Completes with the next message or wish to wake somebody.</summary>
    public Task Changed
    {
        get
        {
            lock (_lock)
                return _changed.Task;
        }
    }

    /// <summary>When the partition was made that is read now; 0 before the first.</summary>
    public ulong Incarnation
    {
        get
        {
            lock (_lock)
                return _incarnation;
        }
    }

    /// <summary>Messages in memory.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _messages.Count;
        }
    }

    /// <summary>A partition with this history is read from an offset on. Of another history nothing is left, which subscriptions are told.</summary>
    public void Begin(ulong incarnation, ulong offset)
    {
        lock (_lock)
        {
            if (incarnation == _incarnation)
                return;
            var old = _incarnation;
            (_incarnation, _end, _bytes) = (incarnation, offset, 0);
            _messages.Clear();
            _streams.Clear();
            foreach (var cursor in _cursors.Values.SelectMany(static cursors => cursors))
            {
                if (old != 0)
                    cursor.Failure = new(new IggyStreamToken(old, cursor.Position, 0), new IggyStreamToken(incarnation, offset, 0), offset);
                (cursor.Position, cursor.Start, cursor.IsFar, cursor.Last) = (offset, null, false, null);
                DropRead(cursor);
                Wake(cursor.Stream, offset);
            }
            Pulse();
        }
    }

    public void AddToCache(IList<IBatchContainer> messages)
    {
        lock (_lock)
        {
            foreach (var one in messages)
            {
                if (one is not QueuedMessage message || message.Incarnation != _incarnation || message.Offset < _end)
                    continue; // a wake-up, or what a history that is over had left
                _messages.Enqueue(message);
                _bytes += message.Payload.Length;
                ref var chain = ref CollectionsMarshal.GetValueRefOrAddDefault(_streams, message.StreamId, out var isThere);
                if (isThere)
                    chain.Last.Next = message;
                chain = (isThere ? chain.First : message, message);
                _end = message.Offset + 1;
            }
            RemoveOld();
        }
    }

    /// <summary>Whether more messages may come. Says yes after a while in any case.</summary>
    public bool HasRoom()
    {
        lock (_lock)
        {
            RemoveOld();
            if (!IsFull)
            {
                _fullSince = null;
                return true;
            }
            _fullSince ??= clock.GetTimestamp();
            if (clock.GetElapsedTime(_fullSince.Value) < options.SlowAfter)
                return false;
            while (IsFull)
            {
                var oldest = _messages.Peek().Offset;
                foreach (var cursor in _cursors.Values.SelectMany(static cursors => cursors))
                    cursor.Holds &= Undelivered(cursor) > oldest;
                RemoveOld();
            }
            _fullSince = null;
            return true;
        }
    }

    /// <summary>Which history the partition has, and up to which offset every subscription got everything; exclusive.</summary>
    public (ulong Incarnation, ulong Offset) Delivered()
    {
        lock (_lock)
            return (_incarnation, _cursors.Values.SelectMany(static cursors => cursors).Select(Undelivered).Append(_end).Min());
    }

    /// <summary>The same at the end of the agent, as soon as every subscription is known; null before.</summary>
    public (ulong Incarnation, ulong Offset)? AtShutdown { get; private set; }

    public void UpdateDeliveryProgress(StreamSequenceToken? earliestSubscriptionToken, DateTime utcNow) => AtShutdown = Delivered();

    /// <summary>Those who wait for something to be read, if there are any; each is told of once.</summary>
    public IList<IBatchContainer> TakeWakeUps()
    {
        lock (_lock)
        {
            if (_wakeUps.Count == 0)
                return [];
            List<IBatchContainer> taken = [.. _wakeUps.Select(static wake => new WakeUp(wake.Key, wake.Value))];
            _wakeUps.Clear();
            return taken;
        }
    }

    /// <summary>Has Orleans look for subscriptions of a stream, whether or not something came.</summary>
    public void Wake(StreamId stream)
    {
        lock (_lock)
        {
            Wake(stream, _end);
            Pulse();
        }
    }

    /// <summary>Has it look after everybody who is behind, so that their streams do not count as unused.</summary>
    public void WakeThoseBehind()
    {
        lock (_lock)
        {
            foreach (var cursor in _cursors.Values.SelectMany(static cursors => cursors))
            {
                if (Undelivered(cursor) is var offset && offset < _end)
                    Wake(cursor.Stream, offset);
            }
        }
    }

    /// <summary>Something is there to be taken.</summary>
    public void Pulse()
    {
        lock (_lock)
        {
            var changed = _changed;
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            changed.SetResult();
        }
    }

    public bool TryPurgeFromCache(out IList<IBatchContainer> purgedItems)
    {
        purgedItems = []; // nothing waits for it: how far all are is asked for by the receiver
        return false;
    }

    public bool IsUnderPressure() => false; // the receiver waits instead, so that those who read by themselves are woken meanwhile

    public int GetMaxAddCount() => (int)options.BatchCount;

    private bool IsFull => _messages.Count > 0 && (_messages.Count > options.CacheMessages || _bytes > options.CacheBytes);

    // All messages from here on that were received are in memory.
    private ulong Low => _messages.TryPeek(out var oldest) ? oldest.Offset : _end;

    private void RemoveOld()
    {
        if (!IsFull)
            return;
        var needed = _cursors.Values.SelectMany(static cursors => cursors).Where(static cursor => cursor.Holds).Select(Undelivered).Append(_end).Min();
        while (IsFull && _messages.Peek().Offset < needed)
        {
            var message = _messages.Dequeue();
            _bytes -= message.Payload.Length;
            if (message.Next is { } next)
                _streams[message.StreamId] = _streams[message.StreamId] with { First = next };
            else
                _streams.Remove(message.StreamId);
            (message.Next, message.IsRemoved) = (null, true);
            foreach (var cursor in CollectionsMarshal.AsSpan(_cursors.GetValueOrDefault(message.StreamId)))
                cursor.IsFar |= cursor.Position <= message.Offset;
        }
    }

    private void Wake(StreamId stream, ulong offset) => _wakeUps[stream] = new(_incarnation, offset, 0);
}
