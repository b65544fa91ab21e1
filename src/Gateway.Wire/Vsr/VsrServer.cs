using Iggy.Gateway.Limits;
using Iggy.Gateway.Sessions;
using Iggy.Gateway.Wire.Frames;
using Iggy.Gateway.Wire.Transports;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Wire.Vsr;

/// <summary>What all connections of the newer dialect share.</summary>
/// <param name="Dispatcher">With the table of the 0.11 line.</param>
/// <param name="Clients">Who is logged in of the 0.11 line.</param>
/// <param name="Limits">What a request may take.</param>
/// <param name="Options">Versions that are taken.</param>
/// <param name="Logger">For frames that can't be served.</param>
/// <param name="Pipeline">Serves a connection whose login was one of the 0.12 line.</param>
internal sealed record VsrServer(
    CommandDispatcher Dispatcher, VsrClients Clients, IOptions<FrameLimits> Limits, IOptions<VsrOptions> Options, ILogger<VsrServer> Logger,
    Func<IByteStream, Session, RequestPipeline> Pipeline)
{
    /// <summary>Versions of both lines.</summary>
    public VersionWindows Window { get; } = Options.Value.Windows();

    /// <summary>Serves one stream of a connection.</summary>
    public VsrFrameServer Serve(IByteStream stream, Session session) => new(stream, session, this);
}
