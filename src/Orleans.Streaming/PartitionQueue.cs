using System.Runtime.InteropServices;
using Iggy.Client;
using Iggy.Protocol;
using Orleans.Streams;

namespace Iggy.Orleans.Streaming;

/// <summary>The newest messages of a partition in memory, and how far each subscription is. Messages older than that are read from the log again by whoever needs them.</summary>
/// <remarks>Memory is bounded: the oldest messages go when there are too many, at once if nobody needs them, else after <see cref="IggyStreamOptions.SlowAfter"/>.
/// Subscriptions that still needed them read by themselves from then on and hold nobody up.</remarks>
internal sealed class PartitionQueue(string provider, IggyStreamOptions options, TimeProvider clock) : IQueueCache
{
    // What one subscription that reads by itself holds at most, or one message.
    private const int MaxReadMessages = 256;
    private const int MaxReadBytes = 256 * 1024;

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

    public IQueueCacheCursor GetCacheCursor(StreamId streamId, StreamSequenceToken? token)
    {
        var result = TryGetCacheCursor(streamId, token);
        return result.Cursor ?? throw result.CacheMiss!.Value.ToException();
    }

    public QueueCacheCursorResult<IQueueCacheCursor> TryGetCacheCursor(StreamId streamId, StreamSequenceToken? token)
    {
        if (token is not null and not IggyStreamToken)
            throw new ArgumentException($"{token.GetType()} is a token of another stream provider.", nameof(token));
        lock (_lock)
        {
            var cursor = new QueueCursor(this, streamId);
            if (_told.Remove(streamId, out var first))
                cursor.Position = first;
            else if (token is not IggyStreamToken place)
                cursor.Position = _end;
            else if (place.EventIndex == IggyStreamToken.WholeMessage && place.Incarnation != _incarnation)
                return QueueCacheCursorResult<IQueueCacheCursor>.FromCacheMiss(new(place, new IggyStreamToken(_incarnation, 0, 0), new IggyStreamToken(_incarnation, _end, 0)));
            else
                SetOut(cursor, place);
            cursor.IsFar |= cursor.Start is null && cursor.Position < Low;
            cursor.Holds = !cursor.IsFar;
            ref var cursors = ref CollectionsMarshal.GetValueRefOrAddDefault(_cursors, streamId, out _);
            (cursors ??= []).Add(cursor);
            return QueueCacheCursorResult<IQueueCacheCursor>.FromCursor(cursor);
        }
    }

    public QueueCacheCursorResult<IQueueCacheCursor> TryGetCacheCursorAtPosition(StreamId streamId, StreamSubscriptionStartPosition startPosition) =>
        TryGetCacheCursor(streamId, startPosition is StreamSubscriptionStartPosition.EarliestAvailable ? IggyStreamToken.Earliest : null);

    public bool TryPurgeFromCache(out IList<IBatchContainer> purgedItems)
    {
        purgedItems = []; // nothing waits for it: how far all are is asked for by the receiver
        return false;
    }

    public bool IsUnderPressure() => false; // the receiver waits instead, so that those who read by themselves are woken meanwhile

    public int GetMaxAddCount() => (int)options.BatchCount;

    /// <summary>The next message for a subscription, or null.</summary>
    /// <exception cref="IggyEventsExpiredException">Retention was faster.</exception>
    public IggyBatch? Move(QueueCursor cursor)
    {
        lock (_lock)
        {
            cursor.Current = null;
            if (cursor.Failure is { } failure)
            {
                cursor.Failure = null;
                _told[cursor.Stream] = cursor.Position;
                throw failure;
            }
            if (!cursor.IsFar)
                return Hand(cursor, Next(cursor));
            if (cursor.Read.TryDequeue(out var message))
            {
                _readBytes -= message.Payload.Length;
                return Hand(cursor, message);
            }
            if (cursor.IsReading)
                return null;
            if (cursor.Start is null && cursor.Position >= Low)
            {
                cursor.IsFar = false; // it has caught up with the memory
                return Hand(cursor, Next(cursor));
            }
            cursor.IsReading = true;
            StartRead?.Invoke(cursor);
            return null;
        }
    }

    /// <summary>A cursor is not used any more.</summary>
    public void Leave(QueueCursor cursor)
    {
        lock (_lock)
        {
            DropRead(cursor);
            if (_cursors.TryGetValue(cursor.Stream, out var cursors) && cursors.Remove(cursor) && cursors.Count == 0)
                _cursors.Remove(cursor.Stream);
        }
    }

    /// <summary>What a cursor's read asks the server for.</summary>
    public PollingStrategy NextRead(QueueCursor cursor)
    {
        lock (_lock)
            return cursor.Start ?? PollingStrategy.FromOffset(cursor.Position);
    }

    /// <summary>Takes what a read found.</summary>
    /// <returns>Whether there is something for the subscription now; null when the server has less than it should.</returns>
    public bool? TakeRead(QueueCursor cursor, PolledMessages found, ulong incarnation, uint partition, string ownNamespace)
    {
        lock (_lock)
        {
            if (cursor.IsDisposed || incarnation != _incarnation)
                return true;
            if (found.Count == 0)
            {
                if (cursor.Start is null)
                    return null;
                (cursor.Position, cursor.Start) = (found.CurrentOffset == 0 ? 0 : found.CurrentOffset + 1, null);
                return true;
            }
            var bytes = 0;
            foreach (var message in found)
            {
                if (cursor.Start is null && message.Offset > cursor.Position && cursor.Read.Count == 0)
                {
                    cursor.Failure = new(new(_incarnation, cursor.Position, 0), new(_incarnation, message.Offset, 0), found.CurrentOffset);
                    cursor.Position = message.Offset;
                    return true;
                }
                (cursor.Start, cursor.Position) = (null, message.Offset + 1);
                if (StreamHeaders.StreamOf(message, partition, ownNamespace) != cursor.Stream)
                    continue;
                cursor.Read.Enqueue(Copy(message, cursor.Stream, _incarnation));
                bytes += message.Payload.Length;
                _readBytes += message.Payload.Length;
                if (cursor.Read.Count >= MaxReadMessages || bytes >= MaxReadBytes || _readBytes >= options.ReaderBytes)
                    return true;
            }
            return cursor.Read.Count > 0 || cursor.Position >= Low;
        }
    }

    /// <summary>A cursor's read is over: Orleans is to look at it.</summary>
    public void EndRead(QueueCursor cursor)
    {
        lock (_lock)
        {
            cursor.IsReading = false;
            if (cursor.IsDisposed)
                return;
            Wake(cursor.Stream, Undelivered(cursor));
            Pulse();
        }
    }

    /// <summary>A message out of the buffer of a poll.</summary>
    public static QueuedMessage Copy(PolledMessage message, StreamId stream, ulong incarnation) =>
        new(stream, incarnation, message.Offset, message.Payload.ToArray(), StreamHeaders.ContextOf(message));

    private bool IsFull => _messages.Count > 0 && (_messages.Count > options.CacheMessages || _bytes > options.CacheBytes);

    // All messages from here on that were received are in memory.
    private ulong Low => _messages.TryPeek(out var oldest) ? oldest.Offset : _end;

    private void SetOut(QueueCursor cursor, IggyStreamToken place)
    {
        if (place.IsTime)
        {
            cursor.Start = place.TimeMicros == 0 ? PollingStrategy.First : PollingStrategy.FromTimestamp(place.TimeMicros);
            cursor.IsFar = true;
        }
        else if (place.Incarnation != 0 && place.Incarnation != _incarnation)
        {
            cursor.Failure = new(place, new(_incarnation, 0, 0), _end == 0 ? 0 : _end - 1);
        }
        else if (place.EventIndex == IggyStreamToken.WholeMessage)
        {
            cursor.Position = place.Offset + 1;
        }
        else
        {
            cursor.Position = place.Offset;
            cursor.Trim = (place.Offset, place.EventIndex);
        }
    }

    private IggyBatch? Hand(QueueCursor cursor, QueuedMessage? message)
    {
        if (message is null)
            return null;
        cursor.Current = message;
        cursor.Position = Math.Max(cursor.Position, message.Offset + 1);
        return new(provider, message, cursor.Trim.Offset == message.Offset ? cursor.Trim.FirstEvent : 0, options.Serializer);
    }

    // The next one in memory. Who finds none has caught up, and may hold others up again.
    private QueuedMessage? Next(QueueCursor cursor)
    {
        var next = Peek(cursor);
        if (next is not null)
            cursor.Last = next;
        else
            cursor.Holds = true;
        return next;
    }

    private QueuedMessage? Peek(QueueCursor cursor)
    {
        if (cursor.Last is { IsRemoved: false } last)
            return last.Next;
        var next = _streams.TryGetValue(cursor.Stream, out var chain) ? chain.First : null;
        while (next is not null && next.Offset < cursor.Position)
            next = next.Next;
        return next;
    }

    // Of the first message that the subscription may still need.
    private ulong Undelivered(QueueCursor cursor)
    {
        if (cursor.Current is { } current)
            return current.Offset;
        if (cursor.Start is not null)
            return 0;
        if (cursor.IsFar || cursor.Failure is not null)
            return cursor.Read.TryPeek(out var read) ? read.Offset : cursor.Position;
        return Peek(cursor)?.Offset ?? _end;
    }

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

    private void DropRead(QueueCursor cursor)
    {
        _readBytes -= cursor.Read.Sum(static one => one.Payload.Length);
        cursor.Read.Clear();
    }

    private void Wake(StreamId stream, ulong offset) => _wakeUps[stream] = new(_incarnation, offset, 0);
}
