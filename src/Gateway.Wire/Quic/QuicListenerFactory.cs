using System.Net;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Iggy.Gateway.Host;
using Iggy.Gateway.Tls;
using Iggy.Grains.Interfaces.Hosting;
using Iggy.Quic;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Wire.Quic;

/// <summary>Opens a listener over the library that is there: ngtcp2, which serves every client, or else the platform's own.</summary>
internal sealed partial class QuicListenerFactory(
    IOptions<QuicOptions> options, CertificateStore store, DataDisk data, ILogger<QuicListenerFactory> logger)
{
    /// <summary>What servers of a cluster share: a client of one that is gone may be led to another.</summary>
    public static SharedSecretFile ResetKey { get; } = new("quic/reset.key", 32);

    private readonly Lazy<TlsCertificates> _certificates = new(() => store.OpenAlways(QuicOptions.CertificateSection));

    /// <summary>Reads or makes the certificate, which takes a tenth of a second; a fault is told when the listener is opened.</summary>
    public void Prepare()
    {
        if (Library is not QuicLibrary.None)
            _ = _certificates.Value;
    }

    /// <summary>What is missing and what to install, in one line.</summary>
    public static string WhyNot => QuicEndpoint.WhyNotAvailable ?? "";

    /// <summary>Opens it.</summary>
    /// <returns>Null when there is no library; see <see cref="WhyNot"/>.</returns>
    public async ValueTask<IQuicListener?> OpenAsync(IPEndPoint address, CancellationToken cancellationToken)
    {
        switch (Library)
        {
            case QuicLibrary.Ngtcp:
                return OpenNgtcp(address);
            case QuicLibrary.Platform when IsPlatformKnown:
                return await PlatformListener.OpenAsync(address, options.Value, _certificates.Value, logger, cancellationToken);
            default:
                return null;
        }
    }

    [SupportedOSPlatformGuard("linux"), SupportedOSPlatformGuard("windows"), SupportedOSPlatformGuard("macos")]
    private static bool IsPlatformKnown => OperatingSystem.IsLinux() || OperatingSystem.IsWindows() || OperatingSystem.IsMacOS();

    private static QuicLibrary Library => Choose(QuicEndpoint.IsAvailable, IsPlatformKnown && PlatformListener.IsAvailable);

    /// <summary>Which library to listen over: the one that serves every client, where it is there.</summary>
    internal static QuicLibrary Choose(bool hasNgtcp, bool hasPlatform) =>
        hasNgtcp ? QuicLibrary.Ngtcp : hasPlatform ? QuicLibrary.Platform : QuicLibrary.None;

    private NgtcpListener OpenNgtcp(IPEndPoint address)
    {
        var certificates = _certificates.Value;
        var endpoint = QuicEndpoint.Listen(address, ToCredentials(certificates), Settings(options.Value, certificates.HandshakeTimeout, ReadResetKey()), logger);
        certificates.Reloaded += () =>
        {
            try
            {
                endpoint.Replace(ToCredentials(certificates));
            }
            catch (Exception e) when (e is QuicException or CryptographicException)
            {
                LogNotReplaced(logger, e); // .NET took the files, GnuTLS does not: what is in use stays
            }
        };
        return new NgtcpListener(endpoint);
    }

    // Kept beside the data, so that clients of a server that was killed learn at once that their connection is gone, instead of after the idle timeout.
    private byte[] ReadResetKey()
    {
        var path = Path.Combine(data.Path, ResetKey.Path);
        try
        {
            return SecretFile.ReadOrMake(path, ResetKey.Bytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNoResetKey(logger, path, e.Message);
            return RandomNumberGenerator.GetBytes(ResetKey.Bytes);
        }
    }

    private static TlsCredentials ToCredentials(TlsCertificates certificates)
    {
        var certificate = certificates.Certificate;
        var chain = new StringBuilder(certificate.ExportCertificatePem());
        foreach (var next in certificates.Intermediates)
            chain.Append('\n').Append(next.ExportCertificatePem());
        using AsymmetricAlgorithm key = certificate.GetECDsaPrivateKey() ?? (AsymmetricAlgorithm?)certificate.GetRSAPrivateKey()
            ?? throw new QuicException("The certificate's key is neither RSA nor ECDSA.");
        var clients = certificates.ClientCertificates is ClientCertificates.None
            ? null
            : new PeerCertificates(certificates.ClientCertificates is ClientCertificates.Required, certificates.IsWelcome);
        return TlsCredentials.ForServer(chain.ToString(), key.ExportPkcs8PrivateKeyPem(), clients);
    }

    private static QuicSettings Settings(QuicOptions options, TimeSpan handshakeTimeout, byte[] resetKey) => new()
    {
        IdleTimeout = options.MaxIdleTimeout,
        KeepAlive = options.KeepAliveInterval,
        HandshakeTimeout = handshakeTimeout,
        MaxStreams = options.MaxConcurrentBidiStreams,
        ReceiveWindow = options.ReceiveWindow,
        SendWindow = options.SendWindow,
        InitialPacketBytes = options.InitialMtu,
        MaxConnections = options.MaxConnections,
        HandshakesBeforeRetry = options.HandshakesBeforeRetry,
        SocketReceiveBytes = options.SocketReceiveBuffer is 0 ? null : options.SocketReceiveBuffer,
        SocketSendBytes = options.SocketSendBuffer is 0 ? null : options.SocketSendBuffer,
        ResetKey = resetKey,
    };

    [LoggerMessage(3319, LogLevel.Error, "The QUIC listener keeps its certificate, the new one cannot be used")]
    private static partial void LogNotReplaced(ILogger logger, Exception exception);

    [LoggerMessage(3320, LogLevel.Warning, "{Path} cannot be read or written, so a restart is not told to QUIC clients: {Reason}")]
    private static partial void LogNoResetKey(ILogger logger, string path, string reason);
}

/// <summary>What a listener speaks QUIC with.</summary>
internal enum QuicLibrary
{
    /// <summary>Nothing is there.</summary>
    None,

    /// <summary>ngtcp2 with GnuTLS.</summary>
    Ngtcp,

    /// <summary>MsQuic, by System.Net.Quic.</summary>
    Platform,
}
