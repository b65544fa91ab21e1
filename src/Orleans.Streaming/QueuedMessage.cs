using Orleans.Streams;

namespace Iggy.Orleans.Streaming;

/// <summary>A message as it lies in a queue's memory. Orleans sees where it is; subscriptions get it as an <see cref="IggyBatch"/>.</summary>
internal sealed class QueuedMessage(StreamId stream, ulong incarnation, ulong offset, byte[] payload, Dictionary<string, string>? context) : IBatchContainer
{
    public StreamId StreamId => stream;

    public ulong Offset => offset;

    public byte[] Payload => payload;

    public Dictionary<string, string>? Context => context;

    /// <summary>The next of its stream in memory.</summary>
    public QueuedMessage? Next { get; set; }

    /// <summary>Of its first event: a cursor made of it starts with this message.</summary>
    public StreamSequenceToken SequenceToken => new IggyStreamToken(incarnation, offset, 0);

    public ulong Incarnation => incarnation;

    /// <summary>Whether it has left the memory.</summary>
    public bool IsRemoved { get; set; }

    public IEnumerable<Tuple<T, StreamSequenceToken>> GetEvents<T>() => [];

    public bool ImportRequestContext() => false;
}

/// <summary>Tells Orleans that there is something to read of a stream, though nothing came: a reader of its own found it, or somebody asked.</summary>
internal sealed class WakeUp(StreamId stream, IggyStreamToken from) : IBatchContainer
{
    public StreamId StreamId => stream;

    public StreamSequenceToken SequenceToken => from;

    public IEnumerable<Tuple<T, StreamSequenceToken>> GetEvents<T>() => [];

    public bool ImportRequestContext() => false;
}
