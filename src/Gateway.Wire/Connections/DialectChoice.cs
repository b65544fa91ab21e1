using Iggy.Gateway.Limits;
using Iggy.Gateway.Sessions;
using Iggy.Gateway.Wire.Classic;
using Iggy.Gateway.Wire.Frames;
using Iggy.Gateway.Wire.Transports;
using Iggy.Gateway.Wire.Vsr;
using Iggy.Protocol.Vsr;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Wire.Connections;

/// <summary>Finds out which dialect a connection speaks. Every transport that carries bytes comes through here.</summary>
/// <remarks>Both dialects let the client speak first, so a client may connect and be silent; the time limit runs from its first byte.</remarks>
internal sealed partial class DialectChoice(
    CommandDispatcher classic, VsrServer vsr, IOptions<FrameLimits> limits, IOptions<VsrOptions> options, TimeProvider clock, ILogger<DialectChoice> logger)
{
    private readonly uint _maxFrameBytes = (uint)limits.Value.MaxSendBytes + RequestHeader.SizeInBytes;

    /// <summary>Looks at the first bytes, without consuming more than classic frames without a code, which are answered.</summary>
    /// <returns>The server of that dialect, or null when the connection is to be closed; the reason is logged.</returns>
    public async ValueTask<IFrameServer?> ChooseAsync(IByteStream stream, Session session, ReceiveBuffer input)
    {
        if (session.Dialect is Dialect.Unknown)
            session.Dialect = options.Value.Enabled ? await FindOutAsync(stream, session, input) : Dialect.Classic;
        if (session.Dialect is Dialect.Vsr && !session.Line.HasBindSecret)
            session.Line = ProtocolLine.V11; // until a login tells more
        return session.Dialect switch
        {
            Dialect.Classic => new ClassicFrameServer(stream, session, classic, limits.Value, logger),
            Dialect.Vsr => vsr.Serve(stream, session),
            _ => null,
        };
    }

    private async ValueTask<Dialect> FindOutAsync(IByteStream stream, Session session, ReceiveBuffer input)
    {
        if (!await input.FillAsync(1))
            return Dialect.Classic; // it left, or the server stops: nothing was said

        var needed = DialectDetector.ShortSignBytes;
        await using var limit = input.Buffered >= needed ? null : clock.CreateTimer(
            static stream => ((IByteStream)stream!).StopReceiving(), stream, options.Value.DecisionTimeout, Timeout.InfiniteTimeSpan);
        while (await input.FillAsync(needed))
        {
            switch (DialectDetector.Judge(input.Peek(Math.Min(input.Buffered, DialectDetector.LongSignBytes)).Span, _maxFrameBytes))
            {
                case DialectSign.Vsr:
                    return Dialect.Vsr;
                case DialectSign.Undecided:
                    needed = DialectDetector.LongSignBytes;
                    continue;
                case DialectSign.ClassicWithoutCode:
                    using (var server = new ClassicFrameServer(stream, session, classic, limits.Value, logger))
                        await server.ServeAsync(input);
                    needed = DialectDetector.ShortSignBytes;
                    continue;
                case DialectSign.Neither:
                    LogNeither(logger, session.ClientId, session.Address);
                    return Dialect.Unknown;
                default:
                    return Dialect.Classic;
            }
        }
        return Dialect.Classic; // cut off: the classic loop reports what is left
    }

    [LoggerMessage(3404, LogLevel.Warning, "Client {ClientId} ({Address}) speaks neither dialect of the protocol; its connection is closed")]
    private static partial void LogNeither(ILogger logger, uint clientId, string address);
}
