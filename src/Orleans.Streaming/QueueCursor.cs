using Iggy.Protocol;
using Orleans.Streams;

namespace Iggy.Orleans.Streaming;

/// <summary>How far one subscription is. It follows the queue's memory; where that has lost what it needs, it reads the log by itself until it has caught up.</summary>
/// <remarks>All of it is guarded by the queue's lock: the pulling agent moves it, background reads fill it.</remarks>
internal sealed class QueueCursor(PartitionQueue queue, StreamId stream) : IQueueCacheCursor
{
    private IggyBatch? _batch;

    public StreamId Stream => stream;

    /// <summary>Offset from which on messages were not looked at for this subscription yet.</summary>
    public ulong Position { get; set; }

    /// <summary>Where its first own read starts, if that is no offset.</summary>
    public PollingStrategy? Start { get; set; }

    /// <summary>The message from whose event <c>FirstEvent</c> on the subscription reads.</summary>
    public (ulong Offset, int FirstEvent) Trim { get; set; }

    /// <summary>Whether it reads by itself.</summary>
    public bool IsFar { get; set; }

    /// <summary>Whether messages it needs stay in memory, for a while.</summary>
    public bool Holds { get; set; } = true;

    /// <summary>Whether such a read is under way.</summary>
    public bool IsReading { get; set; }

    /// <summary>What it read and the subscription has not got.</summary>
    public Queue<QueuedMessage> Read { get; } = new();

    /// <summary>What the subscription is to be told next.</summary>
    public IggyEventsExpiredException? Failure { get; set; }

    /// <summary>The message that the subscription gets now; it counts as delivered when the next one is asked for.</summary>
    public QueuedMessage? Current { get; set; }

    /// <summary>The last one that came out of the queue's memory.</summary>
    public QueuedMessage? Last { get; set; }

    public bool IsDisposed { get; private set; }

    public IBatchContainer? GetCurrent(out Exception? exception)
    {
        exception = null;
        return _batch;
    }

    public bool MoveNext()
    {
        _batch = queue.Move(this);
        return _batch is not null;
    }

    // What is new is found by the next move.
    public void Refresh(StreamSequenceToken token)
    {
    }

    // Orleans has tried for as long as its options say, and goes on with the next.
    public void RecordDeliveryFailure()
    {
    }

    public void Dispose()
    {
        if (IsDisposed)
            return;
        IsDisposed = true;
        queue.Leave(this);
    }
}
