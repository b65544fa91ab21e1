using Iggy.Protocol;

namespace Iggy.Gateway.Sessions;

/// <summary>Names of transports, as clients and metrics have them.</summary>
internal static class TransportNames
{
    /// <summary>How a client came.</summary>
    public static string Of(TransportKind transport) => transport switch
    {
        TransportKind.Tcp => "tcp",
        TransportKind.Quic => "quic",
        TransportKind.WebSocket => "ws",
        TransportKind.Grpc => "grpc",
        _ => "http",
    };
}
