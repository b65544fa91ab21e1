using System.Net;
using Iggy.Gateway.Limits;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Iggy.Gateway.Listeners;

/// <summary>How one web listener is opened. Each has its own, because limits belong to a whole server of Kestrel's.</summary>
internal sealed record WebListenerSettings
{
    /// <summary>The key of the address, named when it cannot be listened on: <c>Iggy:Http:Address</c>.</summary>
    public required string AddressKey { get; init; }

    /// <summary>Where to listen; port 0 for any free one.</summary>
    public required IPEndPoint Address { get; init; }

    /// <summary>Lets connections in, those included that become WebSockets.</summary>
    public required ListenerDoor Door { get; init; }

    /// <summary>Most bytes of a request's body.</summary>
    public required long MaxRequestBytes { get; init; }

    /// <summary>How long the headers of a request may take; null for the framework's own limit.</summary>
    public TimeSpan? HeadersTimeout { get; init; }

    /// <summary>How long a connection may wait for its next request; null for the framework's own limit.</summary>
    public TimeSpan? KeepAliveTimeout { get; init; }

    /// <summary>How long a peer may be gone without a word; 0 for the system's own limit, which is hours.</summary>
    public TimeSpan PeerTimeout { get; init; }

    /// <summary>The same where it is to be shorter; what was sent is not left unacknowledged for longer either way.</summary>
    public TimeSpan? UnansweredTimeout { get; init; }

    /// <summary>Whether HTTP/2 is spoken where TLS can agree on it.</summary>
    public bool OffersHttp2 { get; init; } = true;

    /// <summary>Set for HTTPS; without it HTTP/1.1 is spoken, since only TLS can agree on more.</summary>
    public TlsHandshakeCallbackOptions? Tls { get; init; }

    /// <summary>Whether HTTP/2 alone is spoken, without TLS too: clients have to know it beforehand.</summary>
    public bool IsHttp2Only { get; init; }

    /// <summary>Sets what else is to be set of a server's limits.</summary>
    public Action<KestrelServerLimits>? Limit { get; init; }

    /// <summary>What can be spoken.</summary>
    public HttpProtocols Protocols => IsHttp2Only ? HttpProtocols.Http2 : Tls is null || !OffersHttp2 ? HttpProtocols.Http1 : HttpProtocols.Http1AndHttp2;
}
