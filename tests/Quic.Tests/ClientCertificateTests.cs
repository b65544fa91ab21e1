using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;

namespace Iggy.Quic.Tests;

/// <summary>Certificates that a server asks its clients for.</summary>
public sealed class ClientCertificateTests
{
    // Goal: who is let in: without a certificate where none is required, with one only where it is found good.
    [Theory]
    [InlineData(false, false, true, true)]
    [InlineData(false, true, true, true)]
    [InlineData(false, true, false, false)]
    [InlineData(true, false, true, false)]
    [InlineData(true, true, true, true)]
    [InlineData(true, true, false, false)]
    public async Task Client_WithOrWithoutACertificate_GetsInByTheRule(bool isRequired, bool shows, bool isGood, bool getsIn)
    {
        Assert.SkipUnless(QuicEndpoint.IsAvailable, QuicEndpoint.WhyNotAvailable ?? "");
        var (pem, key, der) = NewCertificate();
        byte[]? seen = null;
        using var server = EchoServer.NewCredentials(new PeerCertificates(isRequired, chain =>
        {
            seen = chain[0];
            return isGood;
        }));
        await using var echo = EchoServer.StartWith(server);
        using var credentials = TlsCredentials.ForClient(null, null, shows ? (pem, key) : null);
        Assert.Equal(getsIn, await GetsInAsync(echo.Address, credentials));
        Assert.Equal(shows ? der : null, seen);

        // The failure of one is not that of others.
        using var other = TlsCredentials.ForClient(null, null, (pem, key));
        if (isGood)
            Assert.True(await GetsInAsync(echo.Address, other));
    }

    // Goal: an exception of the judge ends that handshake and nothing else: it does not get through the native frames.
    [Fact]
    public async Task Judge_ThatThrows_EndsOneHandshake()
    {
        Assert.SkipUnless(QuicEndpoint.IsAvailable, QuicEndpoint.WhyNotAvailable ?? "");
        var (pem, key, _) = NewCertificate();
        using var server = EchoServer.NewCredentials(new PeerCertificates(false, _ => throw new InvalidOperationException("on purpose")));
        await using var echo = EchoServer.StartWith(server);
        using (var shown = TlsCredentials.ForClient(null, null, (pem, key)))
            Assert.False(await GetsInAsync(echo.Address, shown));
        using var without = TlsCredentials.ForClient(null, null);
        Assert.True(await GetsInAsync(echo.Address, without));
    }

    // In TLS 1.3 a client is through before the server has judged it, so only an answer tells.
    private static async Task<bool> GetsInAsync(IPEndPoint server, TlsCredentials credentials)
    {
        try
        {
            var (endpoint, connection) = await QuicEndpoint.ConnectAsync(server, credentials, "localhost", offersProtocol: false, new(), NullLogger.Instance, TestContext.Current.CancellationToken);
            await using (endpoint)
                return (await EchoServer.AskAsync(connection, [1, 2, 3])).Length == 3;
        }
        catch (QuicException e)
        {
            Assert.Contains("transport error 0x1", e.Message, StringComparison.Ordinal); // a TLS alert, not the idle timeout
            return false;
        }
    }

    private static (string Pem, string Key, byte[] Der) NewCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=client", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem(), certificate.RawData);
    }
}
