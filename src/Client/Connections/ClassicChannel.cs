using System.Buffers;
using Iggy.Client.Connections.Waiting;
using Iggy.Primitives;
using Iggy.Protocol;
using Iggy.Protocol.Classic;
using Iggy.Protocol.Vsr;

namespace Iggy.Client.Connections;

/// <summary>The classic dialect over any transport that is a stream of bytes.</summary>
internal sealed class ClassicChannel : IServerChannel
{
    // A request is tried on so many connections at most: a server that closes at each of them must not be asked for ever.
    private const int MaxTries = 3;

    private readonly IggyClientOptions _options;
    private readonly ConnectionKeeper _keeper;
    private readonly WaitingReads? _arrivals;

    /// <summary>Opens nothing yet.</summary>
    public ClassicChannel(ITransport transport, IggyClientOptions options)
    {
        (_options, _keeper) = (options, new(transport, options));
        if (options is { LongPolling: true, Dialect: ProtocolDialect.Newer, Transport: not TransportKind.Quic }) // there one reply waits for the other
            _arrivals = new(transport, () => _keeper.Credentials, options);
    }

    /// <inheritdoc/>
    public IArrivals? Arrivals => _arrivals;

    /// <inheritdoc/>
    public async ValueTask ConnectAsync(CancellationToken cancellationToken) => await _keeper.GetAsync().WaitAsync(cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<uint> LogInAsync(Credentials credentials, CancellationToken cancellationToken)
    {
        var connection = await _keeper.GetAsync().WaitAsync(cancellationToken);
        var userId = await ConnectionKeeper.LogInAsync(connection, credentials, cancellationToken);
        _keeper.Credentials = credentials;
        return userId;
    }

    /// <inheritdoc/>
    public async ValueTask LogOutAsync(CancellationToken cancellationToken)
    {
        _keeper.Credentials = null;
        if (_arrivals is not null)
            await _arrivals.ForgetAsync();
        await DoAsync(CommandCode.LogoutUser, default(NoBody), Repeat.Never, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DoAsync<TBody>(CommandCode code, TBody body, Repeat repeat, CancellationToken cancellationToken)
        where TBody : IWireValue<TBody>
    {
        using var reply = await AskAsync(code, body, repeat, cancellationToken);
        Replies.Check(reply, code);
    }

    /// <inheritdoc/>
    public async ValueTask<T> GetAsync<TBody, T>(CommandCode code, TBody body, Repeat repeat, CancellationToken cancellationToken)
        where TBody : IWireValue<TBody> where T : IWireValue<T>
    {
        using var reply = await AskAsync(code, body, repeat, cancellationToken);
        return Replies.Require<T>(reply, code);
    }

    /// <inheritdoc/>
    public async ValueTask<(bool IsThere, T? Value)> FindAsync<TBody, T>(CommandCode code, TBody body, CancellationToken cancellationToken)
        where TBody : IWireValue<TBody> where T : IWireValue<T>
    {
        using var reply = await AskAsync(code, body, Repeat.Harmless, cancellationToken);
        return (Replies.TryRead<T>(reply, code, out var value), value);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<T>> ListAsync<TBody, T>(CommandCode code, TBody body, CancellationToken cancellationToken)
        where TBody : IWireValue<TBody> where T : IWireValue<T>
    {
        using var reply = await AskAsync(code, body, Repeat.Harmless, cancellationToken);
        return Replies.List<T>(reply, code);
    }

    /// <inheritdoc/>
    public ValueTask SendAsync(
        Identifier stream, Identifier topic, Partitioning partitioning, ReadOnlySpan<Message> messages, CancellationToken cancellationToken) =>
        SendAsync(EncodeSend(stream, topic, partitioning, messages), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<IOrderedSends> OpenSendsAsync(CancellationToken cancellationToken) => new OrderedSends(this, await _keeper.GetAsync().WaitAsync(cancellationToken));

    /// <inheritdoc/>
    public async ValueTask<PolledMessages> PollAsync(PollMessagesRequest request, CancellationToken cancellationToken)
    {
        // A committing poll that is repeated would start behind messages nobody has seen.
        var repeat = request.AutoCommit ? Repeat.Never : Repeat.Harmless;
        var reply = await AskAsync(CommandCode.PollMessages, request, repeat, cancellationToken);
        try
        {
            Replies.Check(reply, CommandCode.PollMessages);
            return new PolledMessages(reply);
        }
        catch
        {
            reply.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_arrivals is not null)
            await _arrivals.DisposeAsync();
        await _keeper.DisposeAsync();
    }

    private async ValueTask<Reply> AskAsync<TBody>(CommandCode code, TBody body, Repeat repeat, CancellationToken cancellationToken)
        where TBody : IWireValue<TBody>
    {
        for (var tries = 1; ; tries++)
        {
            var connection = await _keeper.GetAsync().WaitAsync(cancellationToken);
            try
            {
                return await connection.AskAsync(Frames.Encode(code, body), cancellationToken);
            }
            catch (IggyConnectionException e) when (
                tries < MaxTries && _options.Reconnect.MaxAttempts > 0 && (repeat is Repeat.Harmless || !e.IsOutcomeUnknown))
            {
                continue; // on the next connection
            }
        }
    }

    // Never repeated: the frame is gone once it was handed to a connection, and the outcome is mostly unknown.
    private async ValueTask SendAsync(PooledBuffer frame, CancellationToken cancellationToken)
    {
        ClassicConnection connection;
        try
        {
            connection = await _keeper.GetAsync().WaitAsync(cancellationToken);
        }
        catch
        {
            frame.Dispose();
            throw;
        }
        using var reply = await connection.AskAsync(frame, cancellationToken);
        Replies.Check(reply, CommandCode.SendMessages);
    }

    private PooledBuffer EncodeSend(Identifier stream, Identifier topic, Partitioning partitioning, ReadOnlySpan<Message> messages)
    {
        var outgoing = ArrayPool<OutgoingMessage>.Shared.Rent(messages.Length);
        var frame = Frames.Begin();
        try
        {
            var (messagesBytes, now) = (0L, _options.Clock.UnixMicros());
            for (var i = 0; i < messages.Length; i++)
            {
                ref readonly var message = ref messages[i];
                var created = message.OriginTimestampMicros == 0 ? now : message.OriginTimestampMicros;
                outgoing[i] = new(message.Payload, message.UserHeaders, message.Id, created);
                messagesBytes += outgoing[i].SizeInBytes + ClassicBatch.IndexEntryBytes;
            }
            if (_options.Dialect is ProtocolDialect.Newer)
                VsrSendWriter.CheckTimes(outgoing.AsSpan(0, messages.Length)); // here, where it is the caller's alone
            if (messagesBytes < Array.MaxLength - frame.Length)
                frame.GetSpan((int)messagesBytes); // all at once, instead of doubling; what is too large is refused below
            SendMessagesWriter.Write(new WireWriter(frame), stream, topic, partitioning, outgoing.AsSpan(0, messages.Length));
            return Frames.Finish(frame, CommandCode.SendMessages);
        }
        catch
        {
            frame.Dispose();
            throw;
        }
        finally
        {
            outgoing.AsSpan(0, messages.Length).Clear(); // or the pool would keep the payloads alive
            ArrayPool<OutgoingMessage>.Shared.Return(outgoing);
        }
    }

    private sealed class OrderedSends(ClassicChannel channel, ClassicConnection connection) : IOrderedSends
    {
        public ValueTask<Task> StartAsync(Identifier stream, Identifier topic, Partitioning partitioning, ReadOnlySpan<Message> messages) =>
            StartAsync(channel.EncodeSend(stream, topic, partitioning, messages));

        private async ValueTask<Task> StartAsync(PooledBuffer frame) => CheckAsync(await connection.StartAsync(frame));

        private static async Task CheckAsync(Task<Reply> answering)
        {
            using var reply = await answering;
            Replies.Check(reply, CommandCode.SendMessages);
        }
    }
}
