using System.Buffers;
using System.Runtime.CompilerServices;
using Iggy.Gateway.Routing;
using Iggy.Gateway.Sessions;
using Iggy.Gateway.Wire.Frames;
using Iggy.Gateway.Wire.Transports;
using Iggy.Protocol;
using Iggy.Protocol.Vsr;
using Iggy.Protocol.Vsr12;

namespace Iggy.Gateway.Wire.Vsr;

/// <summary>One request of the 0.12 line and its answer: who may ask what in which state of the session.</summary>
/// <remarks>Who the caller is, the bound session alone decides: what the header says of it is compared.</remarks>
internal sealed class Exchange(TurnedStream stream, Session session, PipelineServer server, RequestHeader header, LaneTicket? ticket = null) : IDisposable
{
    private VsrReplyWriter? _writer; // taken when there is something to answer: a request that waits holds no memory for it
    private bool _mayStillBeRead;

    /// <summary>Whether nothing sensible can follow.</summary>
    public bool MustClose { get; private set; }

    private VsrReplyWriter Writer => _writer ??= new VsrReplyWriter(stream, server.Window.Told, server.Positions);

    /// <summary>Carries the request out and answers it.</summary>
    /// <param name="body">Borrowed until the task ends.</param>
    /// <returns>Whether somebody may still read the body.</returns>
    public async ValueTask<bool> RunAsync(ReadOnlyMemory<byte> body)
    {
        MustClose = !await ServeAsync(body);
        return _mayStillBeRead;
    }

    /// <summary>Refuses it.</summary>
    public ValueTask<bool> DenyAsync(IggyError error) => Writer.DenyAsync(header, error);

    /// <summary>Judges a large send by its first bytes.</summary>
    public ValueTask<Outcome> JudgeSendAsync(ReadOnlyMemory<byte> head) => server.Dispatcher.JudgeSendAsync(session, head, Writer.Begin(header.Operation));

    /// <inheritdoc/>
    public void Dispose()
    {
        ticket?.Leave();
        stream.Leave();
        _writer?.Dispose();
    }

    private ValueTask<bool> ServeAsync(ReadOnlyMemory<byte> body) => header.Operation switch
    {
        Operation.Register => LogInAsync(body),
        Operation.Logout => LogOutAsync(),
        Operation.NonReplicated => AskAsync(body),
        _ when header.Operation.ToCommand() is CommandCode.None || !server.Dispatcher.Knows(header.Operation.ToCommand()) => DenyAsync(IggyError.InvalidCommand),
        _ when !IsOfSession() => DenyAsync(IggyError.Unauthenticated),
        _ when header.Request == 0 => DenyAsync(IggyError.InvalidCommand), // without a number it could be done twice
        _ when header.Operation.IsPartition() => DoOnceAsync(body, session.Bound!.Client.Sent),
        _ => ChangeAsync(body, session.Bound!.Client),
    };

    private bool IsOfSession() => session.Bound is { Client: var client } && header.Client == client.Id && header.Session == client.Number;

    private async ValueTask<bool> LogInAsync(ReadOnlyMemory<byte> body)
    {
        var isReadable = RegisterRequest.TryReadVersion(body.Span, out var version) && ProtocolLine.Of(version).HasBindSecret;
        var outcome = isReadable ? await DispatchAsync(CommandCode.LoginUser, body) : new Outcome(IggyError.InvalidFormat);
        if (outcome.Error is not IggyError.None)
            return VsrFrameServer.EvictionOf(outcome.Error) is { } reason ? await Writer.EvictAsync(header, reason) : await Writer.DenyAsync(header, outcome.Error);

        RegisterRequest.TryRead(body.Span, out var request); // as the command has read it
        if (server.Sessions.Register(header.Client, LogicalSession.Hash(request.Secret.AsSpan()), session) is not { } client)
        {
            session.LogOut();
            session.Bound?.Release(session);
            session.Bound = null;
            return await Writer.EvictAsync(header, EvictionReason.SessionError);
        }
        Writer.Op = client.Number;
        new RegisterReply(session.UserId, client.Number, ProtocolLine.V12.Version, ProtocolLine.V12.ServerVersion).Write(Writer.Body);
        return await Writer.AnswerAsync(header, outcome);
    }

    // Also without a login: the state that was asked for is there.
    private async ValueTask<bool> LogOutAsync()
    {
        if (session.Bound is not { Client: var client })
            return await Writer.AnswerEmptyAsync(header);
        if (!IsOfSession())
            return await DenyAsync(IggyError.Unauthenticated);
        var outcome = await DispatchAsync(CommandCode.LogoutUser, default);
        if (outcome.Error is IggyError.None)
            await server.Sessions.EndAsync(client);
        return await Writer.AnswerAsync(header, outcome);
    }

    private ValueTask<bool> AskAsync(ReadOnlyMemory<byte> body) => header.Code switch
    {
        CommandCode.Ping => Writer.AnswerEmptyAsync(header),
        CommandCode.BindSession => BindAsync(body),
        CommandCode.LoginUser or CommandCode.LoginWithPersonalAccessToken => Writer.EvictAsync(header, EvictionReason.MalformedLogin),
        _ when !IsOfSession() => DenyAsync(IggyError.Unauthenticated),
        CommandCode.CancelDeferredRequest => Cancel(),
        _ when Operations.Of(header.Code) is not Operation.NonReplicated => DenyAsync(IggyError.InvalidCommand),
        CommandCode.PollMessagesDeferred or CommandCode.FetchMessages => WaitAsync(body, session.Bound!),
        _ => RunAsync(header.Code, body),
    };

    // Has no answer of its own.
    private ValueTask<bool> Cancel()
    {
        session.Bound!.Cancel(header.Request);
        if (session.Transport is TransportKind.Quic)
            stream.FinishSending(); // the stream of this request alone
        return new(true);
    }

    private async ValueTask<bool> BindAsync(ReadOnlyMemory<byte> body)
    {
        if (!RegisterRequest.TryReadVersion(body.Span, out var version) || !ProtocolLine.Of(version).HasBindSecret || !server.Window.Contains(version))
            return await Writer.EvictAsync(header, EvictionReason.IncompatibleProtocol);
        if (BindSessionRequest.TryRead(body.Span, out var request) is not IggyError.None)
            return await DenyAsync(IggyError.InvalidCommand);
        if (request.MetadataWatermark > server.Positions.Current)
            return await DenyAsync(IggyError.TransientNotAccepted);
        if (await server.Sessions.BindAsync(request.Client, request.Session, LogicalSession.Hash(request.Secret.AsSpan()), session, header.Request) is not { } client)
            return await DenyAsync(IggyError.Unauthenticated);
        Writer.Begin(header.Operation);
        new RegisterReply(client.UserId, client.Number, ProtocolLine.V12.Version, ProtocolLine.V12.ServerVersion).Write(Writer.Body);
        return await Writer.AnswerAsync(header, new Outcome(IggyError.None));
    }

    // A command that changes metadata: carried out once for each number, however often it comes.
    private async ValueTask<bool> ChangeAsync(ReadOnlyMemory<byte> body, LogicalSession client)
    {
        await client.Turn.WaitAsync();
        try
        {
            switch (client.Replies.Judge(in header, out var kept))
            {
                case RequestStanding.Repeated:
                    await stream.SendAsync(kept);
                    return true;
                case RequestStanding.Changed:
                    return await DenyAsync(IggyError.InvalidFormat);
                case RequestStanding.Forgotten:
                    return await DenyAsync(IggyError.RequestTooOld);
                default:
                    var outcome = await DispatchAsync(header.Operation.ToCommand(), body);
                    if (header.Operation is Operation.JoinConsumerGroup or Operation.LeaveConsumerGroup)
                        server.Sessions.KeepGroups(client);
                    return await Writer.AnswerAsync(header, outcome, client.Replies);
            }
        }
        finally
        {
            client.Turn.Release();
        }
    }

    // A send or a change of an offset: carried out once for each number too, and the repeat may come while it is under way.
    private async ValueTask<bool> DoOnceAsync(ReadOnlyMemory<byte> body, SentRequests sent)
    {
        switch (sent.Begin(header.Request, out var ticket))
        {
            case SentStanding.TooOld:
                return await DenyAsync(IggyError.RequestTooOld);
            case SentStanding.Repeated:
                var (error, reply) = await ticket.Answer;
                if (error is IggyError.None)
                    Writer.Begin(Operation.None).Write(reply);
                return await Writer.AnswerAsync(header, new Outcome(error));
        }
        var (outcome, isUnknown) = (new Outcome(IggyError.TransientNotCommitted, RequestMayStillBeRead: true), true);
        try
        {
            outcome = await DispatchAsync(header.Operation.ToCommand(), body);
            isUnknown = outcome.IsUnknown;
            if (isUnknown)
                outcome = outcome with { Error = IggyError.TransientNotCommitted }; // for good: whether it was done nobody will know
        }
        finally
        {
            sent.End(header.Request, ticket, outcome.Error, Writer.Buffer.Payload, isUnknown);
        }
        return await Writer.AnswerAsync(header, outcome);
    }

    private async ValueTask<bool> WaitAsync(ReadOnlyMemory<byte> body, BoundConnection bound)
    {
        if (bound.StartWait(header.Request, session.Gone) is not { } wait)
            return await DenyAsync(IggyError.InvalidCommand); // two of one number could not be told apart
        try
        {
            var waited = await server.Dispatcher.AwaitAsync(server.Waits.For(header, wait.Token), session, header.Code, body);
            if (waited.Error is not IggyError.None)
                return await Writer.AnswerAsync(header, waited);
            if (wait.IsCancellationRequested)
                return await DenyAsync(IggyError.TransientNotAccepted);
        }
        finally
        {
            bound.EndWait(header.Request);
        }
        return await RunAsync(header.Code, body);
    }

    private async ValueTask<bool> RunAsync(CommandCode code, ReadOnlyMemory<byte> body) => await Writer.AnswerAsync(header, await DispatchAsync(code, body));

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Outcome> DispatchAsync(CommandCode code, ReadOnlyMemory<byte> body)
    {
        var reply = Writer.Begin(header.Operation);
        reply.Ticket = ticket;
        reply.Asked = new(header.PartitionIncarnation, header.OwnerGeneration, header.MinimumMetadataOp);
        var outcome = await server.Dispatcher.DispatchAsync(session, code, body, reply);
        _mayStillBeRead = outcome.RequestMayStillBeRead;
        return outcome;
    }
}
