using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Iggy.Quic;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Quic;

/// <summary>Opens a listener over the library that is there: ngtcp2, which serves every client, or else the platform's own.</summary>
internal sealed class QuicListenerFactory(IOptions<QuicOptions> options, TimeProvider clock, ILoggerFactory logs)
{
    /// <summary>What is missing and what to install, in one line.</summary>
    public static string WhyNot => QuicEndpoint.WhyNotAvailable ?? "";

    /// <summary>Opens it.</summary>
    /// <returns>Null when there is no library; see <see cref="WhyNot"/>.</returns>
    public async ValueTask<IQuicListener?> OpenAsync(IPEndPoint address, CancellationToken cancellationToken)
    {
        var certificate = Make();
        if (QuicEndpoint.IsAvailable)
            return new NgtcpListener(QuicEndpoint.Listen(address, ToCredentials(certificate, []), Settings(options.Value), logs.CreateLogger<NgtcpListener>()));
        if ((OperatingSystem.IsLinux() || OperatingSystem.IsWindows() || OperatingSystem.IsMacOS()) && PlatformListener.IsAvailable)
            return await PlatformListener.OpenAsync(address, options.Value, () => new() { ServerCertificate = certificate }, cancellationToken);
        return null;
    }

    private X509Certificate2 Make()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(clock.GetUtcNow().AddDays(-1), clock.GetUtcNow().AddYears(10));
    }

    private static TlsCredentials ToCredentials(X509Certificate2 certificate, IEnumerable<X509Certificate2> intermediates)
    {
        var chain = new StringBuilder(certificate.ExportCertificatePem());
        foreach (var next in intermediates)
            chain.Append('\n').Append(next.ExportCertificatePem());
        using AsymmetricAlgorithm key = certificate.GetECDsaPrivateKey() ?? (AsymmetricAlgorithm?)certificate.GetRSAPrivateKey()
            ?? throw new QuicException("The certificate's key is neither RSA nor ECDSA.");
        return TlsCredentials.ForServer(chain.ToString(), key.ExportPkcs8PrivateKeyPem());
    }

    private static QuicSettings Settings(QuicOptions options) => new()
    {
        IdleTimeout = options.MaxIdleTimeout,
        KeepAlive = options.KeepAliveInterval,
        HandshakeTimeout = options.HandshakeTimeout,
        MaxStreams = options.MaxConcurrentBidiStreams,
        ReceiveWindow = options.ReceiveWindow,
        SendWindow = options.SendWindow,
        InitialPacketBytes = options.InitialMtu,
        MaxConnections = options.MaxConnections,
        HandshakesBeforeRetry = options.HandshakesBeforeRetry,
        SocketReceiveBytes = options.SocketReceiveBuffer is 0 ? null : options.SocketReceiveBuffer,
        SocketSendBytes = options.SocketSendBuffer is 0 ? null : options.SocketSendBuffer,
    };
}
