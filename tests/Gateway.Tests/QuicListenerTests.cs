using System.Net.Security;
using System.Runtime.Versioning;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Iggy.Gateway.Tls;
using Iggy.Gateway.Wire.Quic;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Iggy.Gateway.Tests;

/// <summary>Which library a QUIC listener is opened over, and what of the options reaches the platform's own.</summary>
public sealed class QuicListenerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("iggy-quic-listener-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    // Goal: MsQuic turns away Apache Iggy's released clients, so it serves only where nothing better is there.
    [Theory]
    [InlineData(true, true, QuicLibrary.Ngtcp)]
    [InlineData(true, false, QuicLibrary.Ngtcp)]
    [InlineData(false, true, QuicLibrary.Platform)]
    [InlineData(false, false, QuicLibrary.None)]
    internal void Library_ByWhatIsThere_IsTheOneThatServesMost(bool hasNgtcp, bool hasPlatform, QuicLibrary chosen) =>
        Assert.Equal(chosen, QuicListenerFactory.Choose(hasNgtcp, hasPlatform));

    // Goal: every option that MsQuic knows is handed on, inside the limits it takes.
    [Fact]
    [SupportedOSPlatform("linux"), SupportedOSPlatform("windows"), SupportedOSPlatform("macos")]
    public void Options_OfThePlatformsLibrary_AreTheListeners()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var root = new CertificateRequest("CN=root", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        var rootFile = Path.Combine(_folder, "root.pem");
        File.WriteAllText(rootFile, root.ExportCertificatePem());
        var tls = new CertificateOptions { ClientCertificates = ClientCertificates.Required, ClientCaFile = rootFile, HandshakeTimeout = TimeSpan.FromSeconds(3) };
        using var certificates = new TlsCertificates(tls, "Iggy:Quic:Certificate", new FakeTimeProvider(), NullLogger.Instance);

        var made = PlatformListener.ForConnection(
            new() { MaxConcurrentBidiStreams = 100_000, ReceiveWindow = 3_000_000, KeepAliveInterval = TimeSpan.FromSeconds(1), MaxIdleTimeout = TimeSpan.FromSeconds(2) }, certificates);
        Assert.Equal(
            (65_535, 0, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3), 0L, 0L),
            (made.MaxInboundBidirectionalStreams, made.MaxInboundUnidirectionalStreams, made.IdleTimeout, made.KeepAliveInterval, made.HandshakeTimeout, made.DefaultCloseErrorCode, made.DefaultStreamErrorCode));
        Assert.Equal((3_000_000, 4_194_304), (made.InitialReceiveWindowSizes.Connection, made.InitialReceiveWindowSizes.RemotelyInitiatedBidirectionalStream));
        var authentication = made.ServerAuthenticationOptions;
        Assert.Equal([new SslApplicationProtocol("iggy")], authentication.ApplicationProtocols!);
        Assert.Equal((SslProtocols.Tls13, true), (authentication.EnabledSslProtocols, authentication.ClientCertificateRequired));
        Assert.Same(certificates.Certificate, authentication.ServerCertificateContext!.TargetCertificate);
    }

    // Goal: the judgement of a client's certificates is that of the TLS listeners: the right root, and meant for clients.
    [Fact]
    public void ClientCertificates_ByRootAndUse_AreJudged()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=root", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var root = request.CreateSelfSigned(new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var rootFile = Path.Combine(_folder, "root.pem");
        File.WriteAllText(rootFile, root.ExportCertificatePem());
        using var certificates = new TlsCertificates(
            new() { ClientCertificates = ClientCertificates.Required, ClientCaFile = rootFile }, "Iggy:Quic:Certificate", new FakeTimeProvider(), NullLogger.Instance);

        Assert.True(certificates.IsWelcome([Issue(root, "1.3.6.1.5.5.7.3.2")]));
        Assert.True(certificates.IsWelcome([Issue(root, null), root.RawData]));
        Assert.False(certificates.IsWelcome([Issue(root, "1.3.6.1.5.5.7.3.1")])); // a server's
        Assert.False(certificates.IsWelcome([[1, 2, 3]]));
        using var strangersKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var strange = new CertificateRequest("CN=root", strangersKey, HashAlgorithmName.SHA256);
        strange.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var stranger = strange.CreateSelfSigned(new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero));
        Assert.False(certificates.IsWelcome([Issue(stranger, null), stranger.RawData]));
    }

    private static byte[] Issue(X509Certificate2 authority, string? usage)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=client", key, HashAlgorithmName.SHA256);
        if (usage is not null)
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
        using var signed = request.Create(authority, new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero), [1, 2, 3, 4]);
        return signed.RawData;
    }
}
