using System.Net;
using System.Net.Security;

namespace Iggy.Testing;

/// <summary>Where a server listens for WebSockets, so that one test serves both transports.</summary>
/// <param name="address">Of the listener.</param>
/// <param name="tls">What to trust, where it speaks TLS.</param>
/// <param name="path">What the handshake asks for.</param>
public sealed class WebSocketEndPoint(IPEndPoint address, SslClientAuthenticationOptions? tls = null, string path = "/") : EndPoint
{
    /// <summary>Of the listener.</summary>
    public IPEndPoint Address { get; } = address;

    /// <summary>What to trust, where it speaks TLS.</summary>
    public SslClientAuthenticationOptions? Tls { get; } = tls;

    /// <summary>What the handshake asks for.</summary>
    public string Path { get; } = path;
}
