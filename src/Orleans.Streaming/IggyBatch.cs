using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Streams;

namespace Iggy.Orleans.Streaming;

/// <summary>A message on its way to a subscription; its events are read where they are handled.</summary>
[GenerateSerializer, Immutable, Alias("iggy.Batch")]
[SerializationCallbacks(typeof(OnDeserializedCallbacks))]
internal sealed class IggyBatch : IBatchContainer, IOnDeserialized
{
    [Id(0)]
    private readonly string _provider;

    [Id(1)]
    private readonly StreamId _stream;

    [Id(2)]
    private readonly ulong _incarnation;

    [Id(3)]
    private readonly ulong _offset;

    [Id(4)]
    private readonly byte[] _payload;

    [Id(5)]
    private readonly Dictionary<string, string>? _context;

    [Id(6)]
    private readonly int _firstEvent;

    [NonSerialized]
    private IIggyEventSerializer _serializer;

    public IggyBatch(string provider, QueuedMessage message, int firstEvent, IIggyEventSerializer serializer)
    {
        (_provider, _stream, _incarnation, _offset) = (provider, message.StreamId, message.Incarnation, message.Offset);
        (_payload, _context, _firstEvent, _serializer) = (message.Payload, message.Context, firstEvent, serializer);
    }

    public StreamId StreamId => _stream;

    /// <summary>Of the whole message: what is behind it is behind all its events.</summary>
    public StreamSequenceToken SequenceToken => new IggyStreamToken(_incarnation, _offset, IggyStreamToken.WholeMessage);

    public IEnumerable<Tuple<T, StreamSequenceToken>> GetEvents<T>()
    {
        var index = 0;
        foreach (var one in _serializer.Deserialize<T>(_payload))
        {
            if (index >= _firstEvent)
                yield return Tuple.Create<T, StreamSequenceToken>(one, new IggyStreamToken(_incarnation, _offset, index));
            index++;
        }
    }

    public bool ImportRequestContext()
    {
        if (_context is null)
            return false;
        foreach (var (name, value) in _context)
            RequestContext.Set(name, value);
        return true;
    }

    void IOnDeserialized.OnDeserialized(DeserializationContext context) =>
        _serializer = context.ServiceProvider.GetRequiredKeyedService<IIggyEventSerializer>(_provider);

    public override string ToString() => $"{_stream} {SequenceToken}";
}
