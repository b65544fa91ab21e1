using System.Runtime.CompilerServices;
using Iggy.Gateway.Sessions;
using Iggy.Gateway.Wire.Frames;
using Iggy.Gateway.Wire.Transports;
using Iggy.Protocol;
using Iggy.Protocol.Classic;
using Iggy.Protocol.Vsr;
using Microsoft.Extensions.Logging;

namespace Iggy.Gateway.Wire.Vsr;

/// <summary>The newer dialect on one stream: who may ask what in which state of the connection.</summary>
/// <remarks>Who the caller is, the connection alone decides: client, session and user in a header are compared or echoed and never believed. A
/// frame that no client sends is not answered, for nobody could read the answer: the connection is closed.</remarks>
internal sealed partial class VsrFrameServer(IByteStream stream, Session session, VsrServer server) : IFrameServer
{
    private readonly VsrReplyWriter _reply = new(stream, server.Window.Told);
    private RequestPipeline? _pipeline; // of the 0.12 line, from the login on
    private bool _requestMayStillBeRead;

    public int HeadBytes => RequestHeader.SizeInBytes;

    private bool IsBound => session.IsLoggedIn && session.Vsr is not null;

    // A client takes whatever comes unasked for the answer to its next request.
    public ValueTask SayStoppingAsync() => default;

    // The one thing that is sent unasked: the connection ends with it, so nobody takes it for an answer.
    public ValueTask SayStaleAsync() => (session.Vsr?.Id ?? session.Bound?.Client.Id) is { } id ? _reply.EvictAsync(id, EvictionReason.StaleClient) : default;

    public ValueTask FinishAsync() => _pipeline?.FinishAsync() ?? default;

    public void Dispose()
    {
        _reply.Dispose();
        _pipeline?.Dispose();
    }

    public ValueTask<bool> ServeAsync(ReceiveBuffer input)
    {
        var bytes = input.Peek(RequestHeader.SizeInBytes).Span;
        var header = RequestHeader.Read(bytes);
        if (FaultOf(in header, bytes) is { } fault)
        {
            LogUnreadable(server.Logger, session.ClientId, fault);
            return new(false);
        }

        input.Consume(RequestHeader.SizeInBytes);
        var limit = header.Operation is Operation.SendMessages ? (uint)server.Limits.Value.MaxSendBytes : RequestHead.MaxControlPayloadBytes;
        if (header.BodyBytes > limit)
        {
            LogTooLarge(server.Logger, session.ClientId, header.Operation, header.BodyBytes, limit);
            return _reply.DenyAndCloseAsync(header, IggyError.InvalidCommand);
        }
        if (session.Line.HasBindSecret)
            return (_pipeline ??= server.Pipeline(stream, session)).ServeAsync(header, input);
        if (header.Operation is Operation.Register || (header.Operation is Operation.NonReplicated && header.Code is CommandCode.BindSession))
            return DecideAsync(input, header);
        if (header.Operation is not Operation.SendMessages)
            return ExecuteAsync(input, header);
        return !IsBound ? DrainAsync(input, header) : header.BodyBytes > ReceiveBuffer.SmallBytes ? ExecuteLargeSendAsync(input, header) : ExecuteAsync(input, header);
    }

    // The first body that carries a version decides the line of the connection, before anything else of it is read.
    private async ValueTask<bool> DecideAsync(ReceiveBuffer input, RequestHeader header)
    {
        if (header.BodyBytes < sizeof(uint) || IsBound || !await input.FillAsync(sizeof(uint))
            || !RegisterRequest.TryReadVersion(input.Peek(sizeof(uint)).Span, out var version) || !ProtocolLine.Of(version).HasBindSecret)
            return await ExecuteAsync(input, header);
        if (!server.Window.Contains(version))
        {
            LogOutsideWindow(server.Logger, session.ClientId, session.Address, version, server.Window.Told.Oldest, server.Window.Told.Newest);
            return await input.SkipAsync(header.BodyBytes) && await _reply.EvictAsync(header, EvictionReason.IncompatibleProtocol);
        }
        await stream.StopGatheringAsync();
        session.Line = ProtocolLine.V12;
        session.Turns ??= new RequestTurns();
        _pipeline = server.Pipeline(stream, session);
        return await _pipeline.ServeAsync(header, input);
    }

    private string? FaultOf(in RequestHeader header, ReadOnlySpan<byte> bytes)
    {
        if (header.Command is not FrameCommand.Request || header.SizeBytes < RequestHeader.SizeInBytes || header.Client == 0 || header.Operation is Operation.None)
            return "it is no request";
        if (header.IsOfFirstRevision(bytes))
            return "it is of a pre-release that is not supported";
        if (header.Operation is Operation.Register && (header.Session != 0 || header.Request != 0))
            return "a login carries a session or a number";
        return header.Operation.IsMetadata() && IsBound && header.Request == 0 ? "it has no number" : null;
    }

    private async ValueTask<bool> DrainAsync(ReceiveBuffer input, RequestHeader header)
    {
        if (!await input.SkipAsync(header.BodyBytes))
            return false;
        return await _reply.EvictAsync(header, EvictionReason.NoSession);
    }

    // Who may not send takes no memory: the frame is drained, as a stranger's is.
    private async ValueTask<bool> ExecuteLargeSendAsync(ReceiveBuffer input, RequestHeader header)
    {
        if (!await input.FillAsync(SendLeave.HeadBytes))
        {
            LogCutFrame(server.Logger, session.ClientId, input.Buffered);
            return false;
        }
        var leave = await server.Dispatcher.JudgeSendAsync(session, input.Peek(SendLeave.HeadBytes), _reply.Begin(header.Operation));
        if (leave.Error is IggyError.None)
            return await ExecuteAsync(input, header);
        if (leave.RequestMayStillBeRead)
            input.Abandon();
        return await input.SkipAsync(header.BodyBytes) && await _reply.AnswerAsync(header, leave) && !session.IsEnded;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> ExecuteAsync(ReceiveBuffer input, RequestHeader header)
    {
        var bodyBytes = (int)header.BodyBytes;
        if (!await input.FillAsync(bodyBytes))
        {
            LogCutFrame(server.Logger, session.ClientId, input.Buffered);
            return false;
        }

        var body = input.Peek(bodyBytes);
        input.ServedBytes = bodyBytes;
        _requestMayStillBeRead = false;
        var open = IsReadable(header, body.Span) ? await ExecuteAsync(header, body) : await DenyBodyAsync(header);
        input.Consume(bodyBytes);
        if (_requestMayStillBeRead)
            input.Abandon();
        return open && !session.IsEnded;
    }

    // In later versions of the dialect the field of the checksum holds something else, so a login's version is judged first.
    private bool IsReadable(in RequestHeader header, ReadOnlySpan<byte> body) =>
        header.IsChecksumRight(body) || (header.Operation is Operation.Register && !VsrLogins.IsOfVersion(body, server.Window));

    private ValueTask<bool> DenyBodyAsync(RequestHeader header)
    {
        LogWrongChecksum(server.Logger, session.ClientId, session.Address, header.Operation);
        return _reply.DenyAsync(header, IggyError.InvalidFormat);
    }

    private ValueTask<bool> ExecuteAsync(RequestHeader header, ReadOnlyMemory<byte> body) => header.Operation switch
    {
        Operation.Register => LogInAsync(header, body),
        Operation.Logout => LogOutAsync(header),
        Operation.NonReplicated => AskAsync(header, body),
        _ when header.Operation.IsInternal() => _reply.EvictAndCloseAsync(header, EvictionReason.InvalidRequestOperation),
        _ when header.Operation.ToCommand() is CommandCode.None => _reply.DenyAsync(header, IggyError.InvalidCommand),
        _ when !IsBound => _reply.EvictAsync(header, EvictionReason.NoSession),
        _ when !session.Vsr!.IsOwnedBy(session) => _reply.EvictAndCloseAsync(header, EvictionReason.SessionTooLow),
        _ when header.Operation.IsPartition() => session.Vsr!.Sent is { } sent ? DoOnceAsync(header, body, sent) : RunAsync(header, header.Operation.ToCommand(), body),
        _ => ChangeAsync(header, body, session.Vsr!),
    };

    private async ValueTask<bool> LogInAsync(RequestHeader header, ReadOnlyMemory<byte> body)
    {
        var outcome = await DispatchAsync(header, CommandCode.LoginUser, body);
        if (outcome.Error is not IggyError.None)
            return EvictionOf(outcome.Error) is { } reason ? await _reply.EvictAsync(header, reason) : await _reply.DenyAsync(header, outcome.Error);

        if (server.Clients.Bind(header.Client, session) is not { } client)
        {
            session.LogOut();
            session.Vsr = null;
            LogNoLogin(server.Logger, session.ClientId, session.Address, "its client id belongs to another user");
            return await _reply.EvictAndCloseAsync(header, EvictionReason.SessionError);
        }
        if (RegisterRequest.TryRead(body.Span, out var request) && SentNumbers.AreOf(in request))
            client.Sent ??= new SentNumbers();
        _reply.Op = client.Number;
        new RegisterReply(session.UserId, client.Number, server.Window.V11.Newest, session.Line.ServerVersion).Write(_reply.Body);
        return await _reply.AnswerAsync(header, outcome);
    }

    // Also without a login: the state that was asked for is there.
    private async ValueTask<bool> LogOutAsync(RequestHeader header)
    {
        if (!IsBound)
            return await _reply.AnswerEmptyAsync(header);
        var outcome = await DispatchAsync(header, CommandCode.LogoutUser, default);
        if (outcome.Error is IggyError.None)
        {
            session.Vsr?.Release(session);
            session.Vsr = null;
        }
        return await _reply.AnswerAsync(header, outcome);
    }

    private ValueTask<bool> AskAsync(RequestHeader header, ReadOnlyMemory<byte> body) => header.Code switch
    {
        CommandCode.Ping => _reply.AnswerEmptyAsync(header),
        CommandCode.LoginUser or CommandCode.LoginWithPersonalAccessToken => EvictClassicLoginAsync(header),
        _ when !IsBound => _reply.DenyAsync(header, IggyError.Unauthenticated),
        // What has an operation of its own travels under it alone, or it would escape its numbering.
        _ when Operations.Of(header.Code) is not Operation.NonReplicated => _reply.DenyAsync(header, IggyError.InvalidCommand),
        _ => RunAsync(header, header.Code, body),
    };

    private ValueTask<bool> EvictClassicLoginAsync(RequestHeader header)
    {
        LogNoLogin(server.Logger, session.ClientId, session.Address, "it is one of the classic dialect");
        return _reply.EvictAsync(header, EvictionReason.MalformedLogin);
    }

    // A command that changes metadata: carried out once for each number, however often it comes.
    private async ValueTask<bool> ChangeAsync(RequestHeader header, ReadOnlyMemory<byte> body, VsrClient client)
    {
        if (header.Session < client.Number)
            return await _reply.EvictAndCloseAsync(header, EvictionReason.SessionTooLow);
        if (header.Session > client.Number)
            return await _reply.DenyAsync(header, IggyError.Unauthenticated);

        // Where requests of one connection travel side by side, a repeat waits for the first and gets its reply.
        await client.Turn.WaitAsync();
        try
        {
            return await ChangeInTurnAsync(header, body, client);
        }
        finally
        {
            client.Turn.Release();
        }
    }

    private async ValueTask<bool> ChangeInTurnAsync(RequestHeader header, ReadOnlyMemory<byte> body, VsrClient client)
    {
        switch (client.Replies.Judge(in header, out var kept))
        {
            case RequestStanding.Repeated:
                await stream.SendAsync(kept);
                return true;
            case RequestStanding.Changed:
                return await _reply.DenyAsync(header, IggyError.InvalidFormat);
            case RequestStanding.Forgotten:
                return await _reply.AnswerAsync(header, new Outcome(
                    header.Operation is Operation.CreatePersonalAccessToken ? IggyError.PersonalAccessTokenAlreadyExists : IggyError.RequestAlreadyApplied));
            default:
                var outcome = await DispatchAsync(header, header.Operation.ToCommand(), body);
                return await _reply.AnswerAsync(header, outcome, client.Replies);
        }
    }

    // A send or a change of an offset of a client that numbers each.
    private async ValueTask<bool> DoOnceAsync(RequestHeader header, ReadOnlyMemory<byte> body, SentNumbers sent)
    {
        if (sent.Find(header.Request, body.Span) is { } known)
        {
            _reply.Begin(header.Operation);
            return known.IsUnknown ? await _reply.DenyAsync(header, IggyError.TransientNotCommitted) : await _reply.AnswerAsync(header, new Outcome(IggyError.None));
        }
        var outcome = await DispatchAsync(header, header.Operation.ToCommand(), body);
        if (outcome.Error is IggyError.None || outcome.RequestMayStillBeRead)
            sent.Note(header.Request, body.Span, outcome.RequestMayStillBeRead);
        return await _reply.AnswerAsync(header, outcome);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> RunAsync(RequestHeader header, CommandCode code, ReadOnlyMemory<byte> body) =>
        await _reply.AnswerAsync(header, await DispatchAsync(header, code, body));

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Outcome> DispatchAsync(RequestHeader header, CommandCode code, ReadOnlyMemory<byte> body)
    {
        var outcome = await server.Dispatcher.DispatchAsync(session, code, body, _reply.Begin(header.Operation));
        _requestMayStillBeRead = outcome.RequestMayStillBeRead;
        return outcome;
    }

    internal static EvictionReason? EvictionOf(IggyError loginError) => loginError switch
    {
        IggyError.InvalidCredentials => EvictionReason.InvalidCredentials,
        IggyError.InvalidPersonalAccessToken => EvictionReason.InvalidToken,
        IggyError.UserInactive => EvictionReason.UserInactive,
        IggyError.IncompatibleProtocolVersion => EvictionReason.IncompatibleProtocol,
        IggyError.InvalidFormat => EvictionReason.MalformedLogin,
        _ => null,
    };

    [LoggerMessage(3411, LogLevel.Warning, "Client {ClientId} ({Address}) was refused: it speaks protocol {Version}; taken are {Oldest} to {Newest} (Iggy:Vsr:OldestSessionsVersion, NewestSessionsVersion)")]
    private static partial void LogOutsideWindow(
        ILogger logger, uint clientId, string address, ProtocolVersion version, ProtocolVersion oldest, ProtocolVersion newest);

    [LoggerMessage(3402, LogLevel.Warning, "A frame of client {ClientId} can't be served: {Reason}; its connection is closed")]
    private static partial void LogUnreadable(ILogger logger, uint clientId, string reason);

    [LoggerMessage(3409, LogLevel.Warning, "A request of client {ClientId} ({Address}) was refused: the body of its {Operation} does not match its checksum")]
    private static partial void LogWrongChecksum(ILogger logger, uint clientId, string address, Operation operation);

    [LoggerMessage(3410, LogLevel.Warning, "Client {ClientId} ({Address}) was refused its login: {Reason}")]
    private static partial void LogNoLogin(ILogger logger, uint clientId, string address, string reason);

    [LoggerMessage(3405, LogLevel.Debug, "Client {ClientId} left inside a body, {Bytes} B of it had come")]
    private static partial void LogCutFrame(ILogger logger, uint clientId, int bytes);

    [LoggerMessage(3406, LogLevel.Warning, "Client {ClientId} announced {Bytes} B for operation {Operation}, allowed are {Limit} B; its connection is closed")]
    private static partial void LogTooLarge(ILogger logger, uint clientId, Operation operation, uint bytes, uint limit);
}
