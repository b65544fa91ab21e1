using System.Net.Security;
using Iggy.Gateway.Tls;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Iggy.Gateway.Listeners;

/// <summary>TLS of a web listener, by the same certificates as every other transport.</summary>
internal static class WebTls
{
    /// <summary>What Kestrel asks for each connection, so that it shows what the files say at that moment.</summary>
    /// <param name="certificates">Null for a listener without TLS.</param>
    /// <param name="protocols">What is offered to clients, the best first.</param>
    public static TlsHandshakeCallbackOptions? Of(TlsCertificates? certificates, params List<SslApplicationProtocol> protocols) =>
        certificates is null ? null : new TlsHandshakeCallbackOptions
        {
            HandshakeTimeout = certificates.HandshakeTimeout,
            OnConnection = _ =>
            {
                var options = certificates.ForHandshake();
                options.ApplicationProtocols = protocols;
                return new(options);
            },
        };
}
