using System.Net.Sockets;
using Iggy.Gateway.Limits;
using Iggy.Gateway.Sessions;
using Iggy.Gateway.Wire.Transports;
using Iggy.Protocol;
using Microsoft.Extensions.Logging;

namespace Iggy.Gateway.Wire.Connections;

/// <summary>Serves one stream of bytes, whatever carries it and in whatever dialect: one request at a time, in order, until the client leaves or
/// the server stops. Answers to requests that have come together leave together.</summary>
internal sealed partial class FrameLoop(IByteStream bytes, Session session, DialectChoice choice, RequestGates gates, TimeProvider clock, ILogger logger)
{
    // What a client may still send after the last answer and be listened to, so that the answer is not lost in a reset.
    private const long LingerBytes = 16 * 1024 * 1024;

    /// <summary>Runs until the end of the stream.</summary>
    /// <param name="isStopping">Whether the server stops, so that the client is told.</param>
    /// <param name="onEnd">Awaited before the client can see the end, so that whoever sees it finds the session gone.</param>
    public async Task RunAsync(Func<bool> isStopping, Func<Task>? onEnd = null)
    {
        var stream = new GatheredStream(new WatchedStream(bytes, session.Activity), clock);
        using var input = new ReceiveBuffer(stream, new LargeRequestRoom(gates, session));
        session.StopReceiving = stream.StopReceiving;
        try
        {
            using var frames = await choice.ChooseAsync(stream, session, input);
            if (frames is null)
            {
                stream.FinishSending();
                return;
            }

            if (session.Transport is TransportKind.Tcp) // elsewhere what is sent in one piece is one answer
                stream.GatherWhile(() => input.Buffered - input.ServedBytes >= frames.HeadBytes);
            var open = true;
            try
            {
                while (open && await input.FillAsync(frames.HeadBytes))
                {
                    session.Life.Show();
                    open = await frames.ServeAsync(input);
                    input.Shrink();
                }
            }
            finally
            {
                await frames.FinishAsync(); // what was begun writes into the same stream
            }
            await stream.StopGatheringAsync();

            if (isStopping())
                await frames.SayStoppingAsync();
            else if (session.IsStale)
                await frames.SayStaleAsync();
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
        finally
        {
            await stream.EndAsync();
        }
    }

    [LoggerMessage(3010, LogLevel.Debug, "Client {ClientId} left inside a frame, {Bytes} B of it had come")]
    private static partial void LogCutFrame(ILogger logger, uint clientId, int bytes);

    [LoggerMessage(3011, LogLevel.Debug, "Connection of client {ClientId} broke: {Reason}")]
    private static partial void LogBroken(ILogger logger, uint clientId, string reason);
}
