using Iggy.Client.Connections.Waiting;
using Iggy.Protocol;
using Iggy.Protocol.Classic;

namespace Iggy.Client.Connections;

/// <summary>What a client asks of a server, as values: the seam between the calls of <see cref="IggyClient"/> and whatever carries them. A dialect
/// with other bodies, or HTTP with JSON, is another implementation; its callers do not change.</summary>
/// <remarks>Every method throws <see cref="IggyException"/> for a refusal, <see cref="IggyConnectionException"/> without a connection and
/// <see cref="TimeoutException"/> without a reply in time.</remarks>
internal interface IServerChannel : IAsyncDisposable
{
    /// <summary>Connects, and logs in if there are credentials.</summary>
    ValueTask ConnectAsync(CancellationToken cancellationToken);

    /// <summary>Logs in, now and after each later connect.</summary>
    /// <returns>The user's id.</returns>
    ValueTask<uint> LogInAsync(Credentials credentials, CancellationToken cancellationToken);

    /// <summary>Logs out, and does not log in again.</summary>
    ValueTask LogOutAsync(CancellationToken cancellationToken);

    /// <summary>A command whose reply is empty.</summary>
    ValueTask DoAsync<TBody>(CommandCode code, TBody body, Repeat repeat, CancellationToken cancellationToken) where TBody : IWireValue<TBody>;

    /// <summary>A command whose reply is a value.</summary>
    ValueTask<T> GetAsync<TBody, T>(CommandCode code, TBody body, Repeat repeat, CancellationToken cancellationToken)
        where TBody : IWireValue<TBody> where T : IWireValue<T>;

    /// <summary>A question whose answer may be that the thing is missing; always repeatable.</summary>
    ValueTask<(bool IsThere, T? Value)> FindAsync<TBody, T>(CommandCode code, TBody body, CancellationToken cancellationToken)
        where TBody : IWireValue<TBody> where T : IWireValue<T>;

    /// <summary>A question whose answer is a list; always repeatable.</summary>
    ValueTask<IReadOnlyList<T>> ListAsync<TBody, T>(CommandCode code, TBody body, CancellationToken cancellationToken)
        where TBody : IWireValue<TBody> where T : IWireValue<T>;

    /// <summary>Sends a batch. The messages are copied before this returns.</summary>
    ValueTask SendAsync(Identifier stream, Identifier topic, Partitioning partitioning, ReadOnlySpan<Message> messages, CancellationToken cancellationToken);

    /// <summary>Polls.</summary>
    /// <returns>The messages, owned by the caller.</returns>
    ValueTask<PolledMessages> PollAsync(PollMessagesRequest request, CancellationToken cancellationToken);

    /// <summary>Waits for messages at the server; null where that is not possible or not wanted.</summary>
    IArrivals? Arrivals { get; }
}

/// <summary>Whether a request may be sent again when its outcome is unknown.</summary>
internal enum Repeat
{
    /// <summary>No: a second time would do something else, or fail.</summary>
    Never,

    /// <summary>Yes: twice is as good as once.</summary>
    Harmless,
}
