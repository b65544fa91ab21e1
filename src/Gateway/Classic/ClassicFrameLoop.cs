using System.Net.Sockets;
using System.Runtime.InteropServices;
using Iggy.Gateway.Sessions;
using Iggy.Gateway.Transports;
using Iggy.Protocol;
using Iggy.Protocol.Classic;
using Microsoft.Extensions.Logging;

namespace Iggy.Gateway.Classic;

/// <summary>Serves one connection in the classic dialect: one request at a time, in order, until the client leaves or the server stops.</summary>
/// <remarks>A length is judged before anything is held or taken for it. Where the released server would lose step the frame is
/// drained, or the connection closed after the answer.</remarks>
internal sealed partial class ClassicFrameLoop(
    IByteStream stream, Session session, ClassicDispatcher dispatcher, FrameLimits limits, ILogger logger)
{
    // What a client may still send after the last answer and be listened to, so that the answer is not lost in a reset.
    private const long LingerBytes = 16 * 1024 * 1024;

    /// <summary>Runs until the end of the connection.</summary>
    /// <param name="isStopping">Whether the server stops, so that the client is told.</param>
    /// <param name="onEnd">Awaited before the client can see the end, so that whoever sees it finds the session gone.</param>
    public async Task RunAsync(Func<bool> isStopping, Func<Task>? onEnd = null)
    {
        using var input = new ReceiveBuffer(stream);
        using var reply = new ReplyBuffer(ReplyHead.SizeInBytes);
        try
        {
            var open = true;
            while (open && await input.FillAsync(RequestHead.SizeInBytes))
                open = await ServeAsync(input, reply);

            if (isStopping())
                await AnswerAsync(reply, IggyError.Disconnected);
            else if (open && input.Buffered > 0)
                LogCutFrame(logger, session.ClientId, input.Buffered);

            if (onEnd is not null)
                await onEnd();
            stream.FinishSending();
            if (!open)
                await input.SkipAsync(LingerBytes);
        }
        catch (Exception broken) when (broken is SocketException or IOException or ObjectDisposedException)
        {
            LogBroken(logger, session.ClientId, broken.Message);
        }
    }

    // True while the connection may go on.
    private ValueTask<bool> ServeAsync(ReceiveBuffer input, ReplyBuffer reply)
    {
        var head = RequestHead.Read(input.Peek(RequestHead.SizeInBytes).Span);
        input.Consume(RequestHead.SizeInBytes);
        session.Life.Show();

        if (!head.HasCode)
            return AnswerAndGoOnAsync(reply, IggyError.InvalidCommand);

        var limit = head.Code is CommandCode.SendMessages ? (uint)limits.MaxSendBytes : RequestHead.MaxControlPayloadBytes;
        if (head.PayloadBytes > limit)
        {
            LogTooLarge(logger, session.ClientId, (uint)head.Code, head.PayloadBytes, limit);
            return AnswerAndCloseAsync(reply, IggyError.InvalidCommand);
        }
        if (head.Code is CommandCode.SendMessages && !session.IsLoggedIn)
            return DrainAsync(input, reply, head.PayloadBytes);

        return ExecuteAsync(input, reply, head.Code, (int)head.PayloadBytes);
    }

    private async ValueTask<bool> ExecuteAsync(ReceiveBuffer input, ReplyBuffer reply, CommandCode code, int payloadBytes)
    {
        if (!await input.FillAsync(payloadBytes))
        {
            LogCutFrame(logger, session.ClientId, input.Buffered);
            return false;
        }

        session.Life.Asked();
        reply.Clear();
        var outcome = await dispatcher.DispatchAsync(session, code, input.Peek(payloadBytes), reply);
        input.Consume(payloadBytes);
        session.Life.Answered();
        if (outcome.RequestMayStillBeRead)
            input.Abandon();

        if (outcome.Messages is { } messages)
        {
            using (messages)
            {
                var frame = MemoryMarshal.AsMemory(messages.Bytes);
                ReplyHead.Write(frame.Span, IggyError.None, (uint)(frame.Length - ReplyHead.SizeInBytes));
                await stream.SendAsync(frame);
            }
            return true;
        }

        await AnswerAsync(reply, outcome.Error);
        return outcome.Error is not (IggyError.ClientNotFound or IggyError.StaleClient);
    }

    private async ValueTask<bool> DrainAsync(ReceiveBuffer input, ReplyBuffer reply, uint payloadBytes)
    {
        if (!await input.SkipAsync(payloadBytes))
            return false;
        await AnswerAsync(reply, IggyError.Unauthenticated);
        return true;
    }

    private async ValueTask<bool> AnswerAndGoOnAsync(ReplyBuffer reply, IggyError error)
    {
        await AnswerAsync(reply, error);
        return true;
    }

    private async ValueTask<bool> AnswerAndCloseAsync(ReplyBuffer reply, IggyError error)
    {
        await AnswerAsync(reply, error);
        return false;
    }

    private ValueTask AnswerAsync(ReplyBuffer reply, IggyError error)
    {
        if (error is not IggyError.None)
            reply.Clear(); // an error is the head alone: clients read nothing after it
        ReplyHead.Write(reply.Frame.Span, error, (uint)reply.PayloadBytes);
        return stream.SendAsync(reply.Frame);
    }

    [LoggerMessage(3010, LogLevel.Debug, "Client {ClientId} left inside a frame, {Bytes} B of it had come")]
    private static partial void LogCutFrame(ILogger logger, uint clientId, int bytes);

    [LoggerMessage(3011, LogLevel.Debug, "Connection of client {ClientId} broke: {Reason}")]
    private static partial void LogBroken(ILogger logger, uint clientId, string reason);

    [LoggerMessage(3012, LogLevel.Warning, "Client {ClientId} announced {Bytes} B for command {Code}, allowed are {Limit} B; its connection is closed")]
    private static partial void LogTooLarge(ILogger logger, uint clientId, uint code, uint bytes, uint limit);
}
