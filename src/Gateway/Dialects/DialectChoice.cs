using Iggy.Gateway.Classic;
using Iggy.Gateway.Sessions;
using Iggy.Gateway.Transports;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Dialects;

/// <summary>Finds out which dialect a connection speaks. Every transport that carries bytes comes through here.</summary>
internal sealed class DialectChoice(ClassicDispatcher classic, IOptions<FrameLimits> limits, ILogger<DialectChoice> logger)
{
    /// <summary>Looks at the first bytes, without consuming them.</summary>
    public ValueTask<IFrameServer> ChooseAsync(IByteStream stream, Session session, ReceiveBuffer input)
    {
        _ = input;
        return new(new ClassicFrameServer(stream, session, classic, limits.Value, logger));
    }
}
