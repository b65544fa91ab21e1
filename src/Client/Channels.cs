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
    public static IServerChannel Create(IggyClientOptions options)
    {
        var transport = options.OtherAddresses.Count == 0
            ? Open(options, options.Address)
            : new FailoverTransport([.. options.Addresses.Select(address => Open(options, address))], options.ConnectTimeout, options.Clock);
        return options.Transport is TransportKind.Http ? new HttpChannel(transport, options) : new ClassicChannel(transport, options);
    }

    private static ITransport Open(IggyClientOptions options, ServerAddress address) => options.Transport switch
    {
        TransportKind.Tcp or TransportKind.Http => Secured(new TcpTransport(address), options, address),
        TransportKind.WebSocket => new WebSocketTransport(Secured(new TcpTransport(address), options, address), address),
        TransportKind.Quic => new QuicTransport(address, options.Tls),
        _ => throw new NotSupportedException($"There is no transport {options.Transport}."),
    };

    private static ITransport Secured(ITransport plain, IggyClientOptions options, ServerAddress address) =>
        options.Tls is { } tls ? new TlsTransport(plain, address, tls) : plain;
}
