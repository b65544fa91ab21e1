using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Iggy.Gateway.Limits;
using Iggy.Gateway.Sessions;
using Iggy.Gateway.Wire.Frames;
using Iggy.Gateway.Wire.Transports;
using Iggy.Protocol;
using Iggy.Protocol.Classic;
using Microsoft.Extensions.Logging;

namespace Iggy.Gateway.Wire.Classic;

/// <summary>The classic dialect on one stream.</summary>
/// <remarks>A length is judged before anything is held or taken for it. Where the released server would lose step the frame is
/// drained, or the connection closed after the answer.</remarks>
internal sealed partial class ClassicFrameServer(
    IByteStream stream, Session session, CommandDispatcher dispatcher, FrameLimits limits, ILogger logger) : IFrameServer
{
    private readonly ReplyBuffer _reply = new(ReplyHead.SizeInBytes);

    public int HeadBytes => RequestHead.SizeInBytes;

    public ValueTask SayStoppingAsync() => AnswerAsync(IggyError.Disconnected);

    public ValueTask SayStaleAsync() => default;

    public void Dispose() => _reply.Dispose();

    public ValueTask<bool> ServeAsync(ReceiveBuffer input)
    {
        var head = RequestHead.Read(input.Peek(RequestHead.SizeInBytes).Span);
        input.Consume(RequestHead.SizeInBytes);

        if (!head.HasCode)
            return AnswerAndGoOnAsync(IggyError.InvalidCommand);

        var limit = head.Code is CommandCode.SendMessages ? (uint)limits.MaxSendBytes : RequestHead.MaxControlPayloadBytes;
        if (head.PayloadBytes > limit)
        {
            LogTooLarge(logger, session.ClientId, (uint)head.Code, head.PayloadBytes, limit);
            return AnswerAndCloseAsync(IggyError.InvalidCommand);
        }
        if (head.Code is CommandCode.SendMessages && !session.IsLoggedIn)
            return DrainAsync(input, head.PayloadBytes);

        return head.Code is CommandCode.SendMessages && head.PayloadBytes > ReceiveBuffer.SmallBytes
            ? ExecuteLargeSendAsync(input, (int)head.PayloadBytes)
            : ExecuteAsync(input, head.Code, (int)head.PayloadBytes);
    }

    // Who may not send takes no memory: the frame is drained, as a stranger's is.
    private async ValueTask<bool> ExecuteLargeSendAsync(ReceiveBuffer input, int payloadBytes)
    {
        if (!await input.FillAsync(SendLeave.HeadBytes))
        {
            LogCutFrame(logger, session.ClientId, input.Buffered);
            return false;
        }
        _reply.Clear();
        var leave = await dispatcher.JudgeSendAsync(session, input.Peek(SendLeave.HeadBytes), _reply);
        if (leave.Error is IggyError.None)
            return await ExecuteAsync(input, CommandCode.SendMessages, payloadBytes);
        if (leave.RequestMayStillBeRead)
            input.Abandon();
        if (!await input.SkipAsync(payloadBytes))
            return false;
        await AnswerAsync(leave.Error);
        return !session.IsEnded;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> ExecuteAsync(ReceiveBuffer input, CommandCode code, int payloadBytes)
    {
        if (!await input.FillAsync(payloadBytes))
        {
            LogCutFrame(logger, session.ClientId, input.Buffered);
            return false;
        }

        _reply.Clear();
        var outcome = await dispatcher.DispatchAsync(session, code, input.Peek(payloadBytes), _reply);
        input.Consume(payloadBytes);
        if (outcome.RequestMayStillBeRead)
            input.Abandon();

        using var sent = outcome;
        if (outcome.Messages is { } messages)
        {
            var frame = MemoryMarshal.AsMemory(messages.Bytes);
            ReplyHead.Write(frame.Span, IggyError.None, (uint)(frame.Length - ReplyHead.SizeInBytes));
            await stream.SendAsync(frame);
            return true;
        }
        if (outcome.Large is { } large)
        {
            ReplyHead.Write(_reply.Frame.Span, IggyError.None, (uint)(_reply.PayloadBytes + large.Bytes));
            await stream.SendAsync(_reply.Frame, large);
            return true;
        }

        await AnswerAsync(outcome.Error);
        return outcome.Error is not (IggyError.ClientNotFound or IggyError.StaleClient) && !session.IsEnded;
    }

    private async ValueTask<bool> DrainAsync(ReceiveBuffer input, uint payloadBytes)
    {
        if (!await input.SkipAsync(payloadBytes))
            return false;
        await AnswerAsync(IggyError.Unauthenticated);
        return true;
    }

    private async ValueTask<bool> AnswerAndGoOnAsync(IggyError error)
    {
        await AnswerAsync(error);
        return true;
    }

    private async ValueTask<bool> AnswerAndCloseAsync(IggyError error)
    {
        await AnswerAsync(error);
        return false;
    }

    private ValueTask AnswerAsync(IggyError error)
    {
        if (error is not IggyError.None)
            _reply.Clear(); // an error is the head alone: clients read nothing after it
        ReplyHead.Write(_reply.Frame.Span, error, (uint)_reply.PayloadBytes);
        return stream.SendAsync(_reply.Frame);
    }

    [LoggerMessage(3403, LogLevel.Debug, "Client {ClientId} left inside a payload, {Bytes} B of it had come")]
    private static partial void LogCutFrame(ILogger logger, uint clientId, int bytes);

    [LoggerMessage(3012, LogLevel.Warning, "Client {ClientId} announced {Bytes} B for command {Code}, allowed are {Limit} B; its connection is closed")]
    private static partial void LogTooLarge(ILogger logger, uint clientId, uint code, uint bytes, uint limit);
}
