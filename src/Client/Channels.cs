using Iggy.Client.Connections;
using Iggy.Client.Http;
using Iggy.Protocol;

namespace Iggy.Client;

/// <summary>The one place that knows which transports there are. A new one that is a stream of bytes adds an <see cref="ITransport"/> here; one that
/// is not, as HTTP is not, adds an <see cref="IServerChannel"/>.</summary>
internal static class Channels
{
    /// <summary>Makes the channel that the options ask for; nothing is opened yet.</summary>
    /// <exception cref="NotSupportedException">The transport is not there.</exception>
    public static IServerChannel Create(IggyClientOptions options) => options.Transport switch
    {
        TransportKind.Tcp => new ClassicChannel(Secured(new TcpTransport(options.Address), options), options),
        TransportKind.WebSocket => new ClassicChannel(new WebSocketTransport(Secured(new TcpTransport(options.Address), options), options.Address), options),
        TransportKind.Quic => new ClassicChannel(new QuicTransport(options.Address, options.Tls), options),
        TransportKind.Http => new HttpChannel(Secured(new TcpTransport(options.Address), options), options),
        _ => throw new NotSupportedException($"There is no transport {options.Transport}."),
    };

    private static ITransport Secured(ITransport plain, IggyClientOptions options) =>
        options.Tls is { } tls ? new TlsTransport(plain, options.Address, tls) : plain;
}
