using Orleans.Streams;

namespace Iggy.Orleans.Streaming;

/// <summary>Events that a subscription was to get are gone: retention removed them, or the topic was purged or made anew. It goes on with the first that is there.</summary>
[GenerateSerializer, Alias("iggy.EventsExpired")]
public sealed class IggyEventsExpiredException : DataNotAvailableException
{
    internal IggyEventsExpiredException(IggyStreamToken requested, IggyStreamToken first, ulong last)
        : base($"Events are gone: asked for {requested}; there is {first} to {last}.") => (Requested, First, Last) = (requested, first, last);

    /// <summary>What was asked for.</summary>
    [Id(0)]
    public IggyStreamToken Requested { get; private set; }

    /// <summary>The first message that is there.</summary>
    [Id(1)]
    public IggyStreamToken First { get; private set; }

    /// <summary>Offset of the last one.</summary>
    [Id(2)]
    public ulong Last { get; private set; }
}
