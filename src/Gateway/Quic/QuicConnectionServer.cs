using Iggy.Gateway.Dialects;
using Iggy.Gateway.Guards;
using Iggy.Gateway.Sessions;
using Iggy.Gateway.Transports;
using Iggy.Protocol.Classic;
using Microsoft.Extensions.Logging;

namespace Iggy.Gateway.Quic;

/// <summary>Serves one client's connection: one session, and on each stream one request with its reply, several of them side by side.</summary>
internal sealed partial class QuicConnectionServer(IQuicClient client, Session session, DialectChoice dialects, RequestGates gates, QuicOptions options, TimeSpan stallTimeout, TimeProvider clock, ILogger logger) : IDisposable
{
    private readonly SemaphoreSlim _slots = new(options.MaxConcurrentRequests);

    /// <summary>Runs until the client leaves or the token is cancelled, and every request that was begun has its reply.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        while (await client.AcceptStreamAsync(stopping) is { } stream)
        {
            await _slots.WaitAsync(CancellationToken.None); // what waits is bounded by the streams a client may open and the window
            _ = ServeAsync(stallTimeout > TimeSpan.Zero ? new StallGuard(stream, stallTimeout, clock, Abort) : stream);
        }
        for (var left = options.MaxConcurrentRequests; left > 0; left--)
            await _slots.WaitAsync(CancellationToken.None);
    }

    /// <summary>Closes the connection at once, from any thread.</summary>
    public void Abort() => _ = client.DisposeAsync().AsTask();

    /// <summary>To be called after <see cref="RunAsync"/>.</summary>
    public void Dispose() => _slots.Dispose();

    private async Task ServeAsync(IByteStream stream)
    {
        await Task.Yield();
        try
        {
            await using (stream)
                await ServeRequestAsync(stream);
        }
        catch (IOException broken)
        {
            LogBroken(logger, session.ClientId, broken.Message);
        }
        catch (Exception failed)
        {
            LogFailed(logger, session.ClientId, failed); // this request ends here, the others go on
        }
        finally
        {
            _slots.Release();
            if (session.IsEnded)
                await client.DisposeAsync();
        }
    }

    private async Task ServeRequestAsync(IByteStream stream)
    {
        using var input = new ReceiveBuffer(stream, new LargeRequestRoom(gates, session));
        session.Life.Show();
        if (await IsWithoutCodeAsync(input))
        {
            LogCutFrame(logger, session.ClientId, input.Buffered); // dropped without a word, as the released server does
            return;
        }
        using var frames = await dialects.ChooseAsync(stream, session, input);
        if (frames is null)
            return; // of neither dialect, which is logged
        if (!await input.FillAsync(frames.HeadBytes))
            LogCutFrame(logger, session.ClientId, input.Buffered);
        else
            await frames.ServeAsync(input);
    }

    // Asked before the dialect is: on a stream of its own such a frame says nothing of it. Eight zeros begin a request of the newer one.
    private async ValueTask<bool> IsWithoutCodeAsync(ReceiveBuffer input) =>
        session.Dialect is not Dialect.Vsr && await input.FillAsync(RequestHead.SizeInBytes)
        && !RequestHead.Read(input.Peek(RequestHead.SizeInBytes).Span).HasCode
        && input.Peek(RequestHead.SizeInBytes).Span.ContainsAnyExcept((byte)0);

    [LoggerMessage(3312, LogLevel.Debug, "Client {ClientId} ended a stream inside a frame, {Bytes} B of it had come")]
    private static partial void LogCutFrame(ILogger logger, uint clientId, int bytes);

    [LoggerMessage(3313, LogLevel.Debug, "A stream of client {ClientId} broke: {Reason}")]
    private static partial void LogBroken(ILogger logger, uint clientId, string reason);

    [LoggerMessage(3314, LogLevel.Error, "A stream of client {ClientId} failed")]
    private static partial void LogFailed(ILogger logger, uint clientId, Exception exception);
}
