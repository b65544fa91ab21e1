using System.Runtime.InteropServices;
using Iggy.Client;
using Iggy.Protocol;
using Orleans.Streams;

namespace Iggy.Orleans.Streaming;

/// <summary>How far subscriptions are: where their cursors start, what they get next, what they read by themselves.</summary>
internal sealed partial class PartitionQueue
{
    // What one subscription that reads by itself holds at most, or one message.
    private const int MaxReadMessages = 256;
    private const int MaxReadBytes = 256 * 1024;

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

    private void DropRead(QueueCursor cursor)
    {
        _readBytes -= cursor.Read.Sum(static one => one.Payload.Length);
        cursor.Read.Clear();
    }
}
