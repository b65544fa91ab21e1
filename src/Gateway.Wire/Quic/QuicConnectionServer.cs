using Iggy.Gateway.Limits;
using Iggy.Gateway.Sessions;
using Iggy.Gateway.Wire.Connections;
using Iggy.Gateway.Wire.Transports;
using Iggy.Protocol.Classic;
using Microsoft.Extensions.Logging;

namespace Iggy.Gateway.Wire.Quic;

/// <summary>Serves one client's connection: one session, and on each stream one request with its reply.</summary>
/// <remarks>The first whole request tells the dialect of all. Requests of the classic one are served side by side; those of the 0.11 line, whose
/// numbers count their order, one after the other as their streams were opened; those of the 0.12 line side by side again.</remarks>
internal sealed partial class QuicConnectionServer(IQuicClient client, Session session, DialectChoice dialects, RequestGates gates, QuicOptions options, TimeSpan stallTimeout, TimeProvider clock, ILogger logger) : IDisposable
{
    // What the newer dialect's servers say when they close; the classic one knows 0 only.
    private const ulong NotAuthenticated = 0x1002, Stopping = 0x1003, BrokenProtocol = 0x1004;

    private readonly SemaphoreSlim _slots = new(options.MaxConcurrentRequests);

    /// <summary>Runs until the client leaves or the token is cancelled, and every request that was begun has its reply.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        while (await client.AcceptStreamAsync(stopping) is { } stream)
        {
            await _slots.WaitAsync(CancellationToken.None); // what waits is bounded by the streams a client may open and the window
            var serving = ServeAsync(stallTimeout > TimeSpan.Zero ? new StallGuard(stream, stallTimeout, clock, Abort) : stream);
            if (session.Dialect is not Dialect.Classic && !session.Line.HasBindSecret)
                await serving;
        }
        for (var left = options.MaxConcurrentRequests; left > 0; left--)
            await _slots.WaitAsync(CancellationToken.None);
    }

    /// <summary>Closes the connection at once, from any thread.</summary>
    public void Abort() => _ = client.DisposeAsync().AsTask();

    /// <summary>Closes the connection, if nobody has.</summary>
    /// <param name="isStopping">Whether the server stops.</param>
    public ValueTask CloseAsync(bool isStopping) => client.CloseAsync(isStopping && session.Dialect is Dialect.Vsr ? Stopping : 0);

    /// <summary>To be called after <see cref="RunAsync"/>.</summary>
    public void Dispose() => _slots.Dispose();

    private async Task ServeAsync(IByteStream stream)
    {
        await Task.Yield();
        var goesOn = true;
        try
        {
            await using (stream)
                goesOn = await ServeRequestAsync(stream);
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
                await client.CloseAsync(session.Dialect is Dialect.Vsr ? NotAuthenticated : 0);
            else if (!goesOn)
                await client.CloseAsync(BrokenProtocol); // the client has the reply, if there was one
        }
    }

    // False when the connection must end. A request that is cut ends alone: clients that give one up may finish its stream.
    private async ValueTask<bool> ServeRequestAsync(IByteStream stream)
    {
        using var input = new ReceiveBuffer(stream, new LargeRequestRoom(gates, session));
        session.Life.Show();
        if (!await input.FillAsync(RequestHead.SizeInBytes) || IsWithoutCode(input))
            return Drop(stream, input);
        var isFirst = session.Dialect is Dialect.Unknown;
        using var frames = await dialects.ChooseAsync(stream, session, input);
        if (frames is null)
            return false; // of neither dialect, which is logged
        if (!await input.FillAsync(frames.HeadBytes))
        {
            if (isFirst)
                session.Dialect = Dialect.Unknown; // half a head tells nothing
            return Drop(stream, input);
        }
        if (await frames.ServeAsync(input))
            return true;
        stream.FinishSending(); // where there was no reply; after one the stream has its end already
        return session.Dialect is Dialect.Classic || input.HasEnded; // the classic dialect ends the stream where on other transports it ends the connection
    }

    // As the released server does: the client reads an end and no byte.
    private bool Drop(IByteStream stream, ReceiveBuffer input)
    {
        LogCutFrame(logger, session.ClientId, input.Buffered);
        stream.FinishSending();
        return true;
    }

    // Asked before the dialect is: on a stream of its own such a frame says nothing of it. Eight zeros begin a request of the newer one.
    private bool IsWithoutCode(ReceiveBuffer input)
    {
        var head = input.Peek(RequestHead.SizeInBytes).Span;
        return !RequestHead.Read(head).HasCode && session.Dialect switch
        {
            Dialect.Classic => true,
            Dialect.Vsr => false,
            _ => head.ContainsAnyExcept((byte)0),
        };
    }

    [LoggerMessage(3312, LogLevel.Debug, "Client {ClientId} ended a stream inside a frame, {Bytes} B of it had come")]
    private static partial void LogCutFrame(ILogger logger, uint clientId, int bytes);

    [LoggerMessage(3313, LogLevel.Debug, "A stream of client {ClientId} broke: {Reason}")]
    private static partial void LogBroken(ILogger logger, uint clientId, string reason);

    [LoggerMessage(3314, LogLevel.Error, "A stream of client {ClientId} failed")]
    private static partial void LogFailed(ILogger logger, uint clientId, Exception exception);
}
