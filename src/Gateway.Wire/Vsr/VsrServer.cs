using Iggy.Gateway.Limits;
using Iggy.Gateway.Sessions;
using Iggy.Gateway.Wire.Frames;
using Iggy.Gateway.Wire.Transports;
using Iggy.Protocol.Vsr;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Wire.Vsr;

/// <summary>What all connections of the newer dialect share.</summary>
/// <param name="Dispatcher">With the table of this dialect.</param>
/// <param name="Clients">Who is logged in.</param>
/// <param name="Limits">What a request may take.</param>
/// <param name="Options">Versions that are taken.</param>
/// <param name="Logger">For frames that can't be served.</param>
internal sealed record VsrServer(
    CommandDispatcher Dispatcher, VsrClients Clients, IOptions<FrameLimits> Limits, IOptions<VsrOptions> Options, ILogger<VsrServer> Logger)
{
    /// <summary>Release of Apache Iggy that clients of this dialect are told.</summary>
    public const string CompatibleVersion = "0.9.0";

    /// <summary>Told in evictions.</summary>
    public VersionWindow Window { get; } = Options.Value.Window();

    /// <summary>Serves one stream of a connection.</summary>
    public VsrFrameServer Serve(IByteStream stream, Session session) => new(stream, session, this);
}
