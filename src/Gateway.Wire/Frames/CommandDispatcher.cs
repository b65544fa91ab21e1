using System.Collections.Frozen;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Metrics;
using Iggy.Gateway.Security;
using Iggy.Gateway.Sessions;
using Iggy.Gateway.Tracing;
using Iggy.Gateway.Wire.Transports;
using Iggy.Grains.Interfaces;
using Iggy.Protocol;
using Microsoft.Extensions.Logging;

namespace Iggy.Gateway.Wire.Frames;

/// <summary>Runs the command of a request in one dialect, which writes its reply.</summary>
/// <remarks>A session of a user that was deleted or made inactive gets one answer and no more. Else the order is the protocol's: decode, then login,
/// then the command's own checks. Every exception becomes a code here; the
/// connection stays usable.</remarks>
internal sealed partial class CommandDispatcher(
    FrozenDictionary<CommandCode, DialectCommand> commands, SendLeave leave, AccessCache access, GatewayMetrics metrics, ILogger<CommandDispatcher> logger)
{
    /// <summary>Serves one request.</summary>
    /// <param name="session">Who asks.</param>
    /// <param name="code">Which command.</param>
    /// <param name="payload">Borrowed; see <see cref="Outcome.RequestMayStillBeRead"/>.</param>
    /// <param name="reply">Empty; gets the payload of a successful reply.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Outcome> DispatchAsync(Session session, CommandCode code, ReadOnlyMemory<byte> payload, ReplyBuffer reply)
    {
        if (!commands.TryGetValue(code, out var command))
            return new(IggyError.InvalidCommand);
        session.Life.Asked();
        if (session.Turns is { } turns)
            await turns.EnterAsync(ChangesSession(code));
        var outcome = await RunAsync(command, session, code, payload, reply);
        session.Turns?.Leave();
        session.Life.Answered();
        return outcome;
    }

    /// <summary>Whether a large send may be made at all, judged before memory is taken for it.</summary>
    /// <param name="session">Who asks.</param>
    /// <param name="head">The first <see cref="SendLeave.HeadBytes"/> of its payload; borrowed as in <see cref="DispatchAsync"/>.</param>
    /// <param name="reply">Empty.</param>
    public async ValueTask<Outcome> JudgeSendAsync(Session session, ReadOnlyMemory<byte> head, ReplyBuffer reply)
    {
        if (session.Turns is { } turns)
            await turns.EnterAsync(isAlone: false);
        var outcome = await AnswerAsync(leave.JudgeAsync, session, CommandCode.SendMessages, head, reply);
        session.Turns?.Leave();
        return outcome;
    }

    /// <summary>Whether the dialect has the command.</summary>
    public bool Knows(CommandCode code) => commands.ContainsKey(code);

    /// <summary>Waits for what a request needs, before it is dispatched and without keeping others from running.</summary>
    public ValueTask<Outcome> AwaitAsync(DialectCommand wait, Session session, CommandCode code, ReadOnlyMemory<byte> payload) =>
        AnswerAsync(wait, session, code, payload, reply: null!);

    // Never throws: a request that fails is answered like any other.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Outcome> RunAsync(DialectCommand command, Session session, CommandCode code, ReadOnlyMemory<byte> payload, ReplyBuffer reply)
    {
        var started = metrics.Start();
        using var trace = RequestTraces.IsOn ? Trace(session, code, payload) : null;
        var outcome = await AnswerAsync(command, session, code, payload, reply);
        metrics.Served(started, session.Transport, session.Dialect, CommandNames.Of(code), outcome.Error, payload.Length, outcome.Messages?.Bytes.Length ?? reply.PayloadBytes + (outcome.Large?.Bytes ?? 0));
        if (trace is not null)
            RequestTraces.Tell(trace, outcome.Error);
        return outcome;
    }

    // A ping tells nothing that its absence would not tell better.
    private static Activity? Trace(Session session, CommandCode code, ReadOnlyMemory<byte> payload) => code is CommandCode.Ping
        ? null
        : RequestTraces.Start(session, CommandNames.Of(code), code is CommandCode.SendMessages ? SentContext.Read(session.Dialect, payload.Span) : default);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Outcome> AnswerAsync(DialectCommand command, Session session, CommandCode code, ReadOnlyMemory<byte> payload, ReplyBuffer reply)
    {
        try
        {
            if (session.IsLoggedIn && !IsPublic(code) && !await access.RefreshAsync(session))
                return new(code is CommandCode.GetMe ? IggyError.ClientNotFound : IggyError.Unauthorized);
            return await command(session, payload, reply);
        }
        catch (CommandRefusedException refused)
        {
            return new(refused.Error);
        }
        catch (RefusedException refused)
        {
            LogRefused(logger, code, session.ClientId, refused.Reason, refused.Message);
            return new(RefusalTable.ToError(refused.Reason));
        }
        catch (OperationCanceledException) when (session.Gone.IsCancellationRequested)
        {
            return new(IggyError.Disconnected); // nobody hears it
        }
        catch (Exception late) when (Unreachable.Is(late))
        {
            LogLate(logger, code, session.ClientId, late);
            return new(IggyError.TaskTimeout, RequestMayStillBeRead: true);
        }
        catch (Exception failed)
        {
            LogFailed(logger, code, session.ClientId, failed);
            return new(IggyError.Error, RequestMayStillBeRead: true);
        }
    }

    // What must not run beside other requests of its session.
    private static bool ChangesSession(CommandCode code) => code is CommandCode.LoginUser or CommandCode.LoginWithPersonalAccessToken or CommandCode.LogoutUser
        or CommandCode.JoinConsumerGroup or CommandCode.LeaveConsumerGroup;

    // What a session may do whose user is gone: it may log in as another one.
    private static bool IsPublic(CommandCode code) => code is CommandCode.Ping or CommandCode.LoginUser or CommandCode.LoginWithPersonalAccessToken;

    [LoggerMessage(3020, LogLevel.Debug, "{Command} of client {ClientId} was refused as {Reason}: {Text}")]
    private static partial void LogRefused(ILogger logger, CommandCode command, uint clientId, Refusal reason, string text);

    [LoggerMessage(3021, LogLevel.Warning, "{Command} of client {ClientId} got no answer from its grain in time; its outcome is unknown")]
    private static partial void LogLate(ILogger logger, CommandCode command, uint clientId, Exception exception);

    [LoggerMessage(3022, LogLevel.Error, "{Command} of client {ClientId} failed")]
    private static partial void LogFailed(ILogger logger, CommandCode command, uint clientId, Exception exception);
}
