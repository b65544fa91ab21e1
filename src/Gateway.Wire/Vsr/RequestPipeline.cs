using System.Buffers;
using System.Net.Sockets;
using Iggy.Gateway.Routing;
using Iggy.Gateway.Sessions;
using Iggy.Gateway.Wire.Frames;
using Iggy.Gateway.Wire.Transports;
using Iggy.Protocol;
using Iggy.Protocol.Vsr;
using Microsoft.Extensions.Logging;

namespace Iggy.Gateway.Wire.Vsr;

/// <summary>The 0.12 line on one stream: many requests at a time, answered in any order by their numbers.</summary>
/// <remarks>What changes session or metadata runs alone, in the order of arrival: the next frame is read when it is done. Sends of one partition are
/// appended in the order of arrival: the next frame is read when a send has its place, see <see cref="PartitionLanes"/>. Reads that wait hold nobody up. No single request that is refused ends the connection.</remarks>
internal sealed partial class RequestPipeline(IByteStream stream, Session session, PipelineServer server) : IDisposable
{
    /// <summary>Requests under way on one connection; one more is refused.</summary>
    public const int MostInFlight = 256;

    // Bodies are copied, to let the next frame come. With so many bytes of them the loop waits for the request that it has just begun.
    private const long MostCopiedBytes = 1024 * 1024;

    private readonly SemaphoreSlim _slots = new(MostInFlight);
    private readonly ReplyTurn _replies = new(stream);
    private readonly PartitionLanes _lanes = new();
    private long _copiedBytes;
    private volatile bool _isBroken;

    /// <summary>Serves the request whose header was consumed.</summary>
    /// <returns>False when the connection must end now.</returns>
    public async ValueTask<bool> ServeAsync(RequestHeader header, ReceiveBuffer input)
    {
        var bodyBytes = (int)header.BodyBytes;
        if (header.Operation is Operation.SendMessages && (session.Bound is null || bodyBytes > ReceiveBuffer.SmallBytes) && await RefuseSendAsync(header, input) is { } goesOn)
            return goesOn;
        if (!await input.FillAsync(bodyBytes))
            return false;
        if (IsAlone(header, bodyBytes))
        {
            using var exchange = NewExchange(header, TicketOf(header));
            var mayStillBeRead = await exchange.RunAsync(input.Peek(bodyBytes));
            input.Consume(bodyBytes);
            if (mayStillBeRead)
                input.Abandon();
            return !exchange.MustClose && !session.IsEnded;
        }
        if (!_slots.Wait(0))
        {
            input.Consume(bodyBytes);
            using var exchange = NewExchange(header);
            return await exchange.DenyAsync(IsWait(header) ? IggyError.DeferredPollCapacityExceeded : IggyError.TransientNotAccepted);
        }

        var copy = ArrayPool<byte>.Shared.Rent(Math.Max(1, bodyBytes));
        input.Peek(bodyBytes).CopyTo(copy);
        input.Consume(bodyBytes);
        var isMuch = Interlocked.Add(ref _copiedBytes, bodyBytes) > MostCopiedBytes;
        var ticket = TicketOf(header);
        var running = RunAsync(header, copy, bodyBytes, isMuch, ticket);
        if (isMuch)
            await running;
        else if (ticket is not null)
            await ticket.Taken;
        return !_isBroken && !session.IsEnded;
    }

    /// <summary>Ends what waits, and waits for all that was begun.</summary>
    public async ValueTask FinishAsync()
    {
        session.Bound?.EndWaits();
        for (var left = MostInFlight; left > 0; left--)
            await _slots.WaitAsync();
        _slots.Release(MostInFlight);
    }

    /// <summary>To be called after <see cref="FinishAsync"/>.</summary>
    public void Dispose()
    {
        _slots.Dispose();
        _replies.Dispose();
    }

    private Exchange NewExchange(RequestHeader header, LaneTicket? ticket = null) => new(new TurnedStream(_replies), session, server, header, ticket);

    private LaneTicket? TicketOf(in RequestHeader header) => header.Operation is Operation.SendMessages ? _lanes.NewTicket() : null;

    // On a stream for each request there is nothing to run beside.
    private bool IsAlone(in RequestHeader header, int bodyBytes) =>
        session.Transport is TransportKind.Quic || session.Bound is null || bodyBytes > ReceiveBuffer.SmallBytes
        || (header.Operation is Operation.NonReplicated
            ? header.Code is CommandCode.Ping or CommandCode.BindSession or CommandCode.CancelDeferredRequest
            : !header.Operation.IsPartition());

    private static bool IsWait(in RequestHeader header) =>
        header.Operation is Operation.NonReplicated && header.Code is CommandCode.PollMessagesDeferred or CommandCode.FetchMessages;

    // Who may not send takes no memory: the frame is drained.
    private async ValueTask<bool?> RefuseSendAsync(RequestHeader header, ReceiveBuffer input)
    {
        using var exchange = NewExchange(header);
        if (session.Bound is null)
            return await input.SkipAsync(header.BodyBytes) && await exchange.DenyAsync(IggyError.Unauthenticated);
        if (!await input.FillAsync(SendLeave.HeadBytes))
            return false;
        var leave = await exchange.JudgeSendAsync(input.Peek(SendLeave.HeadBytes));
        if (leave.Error is IggyError.None)
            return null;
        if (leave.RequestMayStillBeRead)
            input.Abandon();
        return await input.SkipAsync(header.BodyBytes) && await exchange.DenyAsync(leave.Error) && !session.IsEnded;
    }

    // Never fails: a connection that breaks is told to its loop.
    private async Task RunAsync(RequestHeader header, byte[] copy, int bodyBytes, bool isMuch, LaneTicket? ticket)
    {
        var mayStillBeRead = true;
        try
        {
            using var exchange = NewExchange(header, ticket);
            mayStillBeRead = isMuch && IsWait(header)
                ? !await exchange.DenyAsync(IggyError.DeferredPollCapacityExceeded)
                : await exchange.RunAsync(copy.AsMemory(0, bodyBytes));
            if (exchange.MustClose || session.IsEnded)
                Break();
        }
        catch (Exception broken) when (broken is SocketException or IOException or ObjectDisposedException)
        {
            LogBroken(server.Logger, session.ClientId, broken.Message);
            Break();
        }
        catch (Exception failed)
        {
            LogFailed(server.Logger, session.ClientId, failed);
            Break();
        }
        finally
        {
            Interlocked.Add(ref _copiedBytes, -bodyBytes);
            if (!mayStillBeRead)
                ArrayPool<byte>.Shared.Return(copy);
            _slots.Release();
        }
    }

    private void Break()
    {
        _isBroken = true;
        session.StopReceiving?.Invoke();
    }

    [LoggerMessage(3412, LogLevel.Debug, "The connection of client {ClientId} broke while it was answered: {Reason}")]
    private static partial void LogBroken(ILogger logger, uint clientId, string reason);

    [LoggerMessage(3413, LogLevel.Error, "A request of client {ClientId} failed; its connection is closed")]
    private static partial void LogFailed(ILogger logger, uint clientId, Exception exception);
}
