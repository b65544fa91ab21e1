using System.Net;

namespace Iggy.Gateway.Listeners;

/// <summary>Where this server really listens, with the port it got where 0 was asked for: for cluster metadata and for people. Null: that transport
/// is off. Each listener fills in its own when it is bound.</summary>
public sealed class GatewayEndpoints
{
    /// <summary>The binary protocol over TCP.</summary>
    public IPEndPoint? Tcp { get; set; }

    /// <summary>The binary protocol over QUIC.</summary>
    public IPEndPoint? Quic { get; set; }

    /// <summary>The HTTP API.</summary>
    public IPEndPoint? Http { get; set; }

    /// <summary>The binary protocol over WebSocket.</summary>
    public IPEndPoint? WebSocket { get; set; }

    /// <summary>gRPC.</summary>
    public IPEndPoint? Grpc { get; set; }
}
