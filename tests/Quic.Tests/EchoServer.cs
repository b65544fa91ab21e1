using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;

namespace Iggy.Quic.Tests;

/// <summary>A QUIC server that answers each stream with what came on it, and clients for it.</summary>
internal sealed class EchoServer : IAsyncDisposable
{
    private readonly Task _serving;

    private EchoServer(QuicEndpoint endpoint)
    {
        Endpoint = endpoint;
        _serving = ServeAsync();
    }

    public QuicEndpoint Endpoint { get; }

    public IPEndPoint Address => Endpoint.LocalEndPoint;

    public static EchoServer Start(QuicSettings? settings = null)
    {
        Assert.SkipUnless(QuicEndpoint.IsAvailable, QuicEndpoint.WhyNotAvailable ?? "");
        return new(QuicEndpoint.Listen(new IPEndPoint(IPAddress.Loopback, 0), NewCredentials(), settings ?? new(), NullLogger.Instance));
    }

    /// <param name="credentials">Stay the caller's.</param>
    public static EchoServer StartWith(TlsCredentials credentials)
    {
        Assert.True(credentials.TryUse()); // the endpoint ends one use
        return new(QuicEndpoint.Listen(new IPEndPoint(IPAddress.Loopback, 0), credentials, new(), NullLogger.Instance));
    }

    public static TlsCredentials NewCredentials(PeerCertificates? peers = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        return TlsCredentials.ForServer(certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem(), peers);
    }

    /// <summary>A certificate that has signed nothing.</summary>
    public static string NewAuthorityPem()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=someone else", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        return certificate.ExportCertificatePem();
    }

    public static Task<(QuicEndpoint Endpoint, QuicConnection Connection)> ConnectAsync(IPEndPoint server, QuicSettings? settings = null) =>
        ConnectUntilAsync(server, settings ?? new(), TestContext.Current.CancellationToken);

    /// <summary>As the other, given up by the test itself.</summary>
    public static async Task<(QuicEndpoint Endpoint, QuicConnection Connection)> ConnectUntilAsync(IPEndPoint server, QuicSettings settings, CancellationToken stop)
    {
        using var credentials = TlsCredentials.ForClient(null, null);
        return await QuicEndpoint.ConnectAsync(server, credentials, "localhost", offersProtocol: false, settings, NullLogger.Instance, stop);
    }

    /// <summary>Sends bytes on a stream of their own and returns the answer.</summary>
    public static async Task<byte[]> AskAsync(QuicConnection connection, byte[] request)
    {
        await using var stream = await connection.OpenStreamAsync(TestContext.Current.CancellationToken);
        var sending = stream.SendAsync(request, isLast: true).AsTask();
        var answer = await ReadToEndAsync(stream);
        await sending;
        return answer;
    }

    public static async Task<byte[]> ReadToEndAsync(QuicStream stream)
    {
        using var answer = new MemoryStream();
        var buffer = new byte[64 * 1024];
        for (int received; (received = await stream.ReceiveAsync(buffer)) > 0;)
            answer.Write(buffer, 0, received);
        return answer.ToArray();
    }

    public async ValueTask DisposeAsync()
    {
        await Endpoint.DisposeAsync();
        await _serving;
    }

    private async Task ServeAsync()
    {
        var connections = new List<Task>();
        while (await Endpoint.AcceptAsync() is { } connection)
            connections.Add(ServeAsync(connection));
        await Task.WhenAll(connections);
    }

    private static async Task ServeAsync(QuicConnection connection)
    {
        var streams = new List<Task>();
        while (await connection.AcceptStreamAsync(CancellationToken.None) is { } stream)
            streams.Add(EchoAsync(stream));
        await Task.WhenAll(streams);
    }

    private static async Task EchoAsync(QuicStream stream)
    {
        await using (stream)
        {
            try
            {
                await stream.SendAsync(await ReadToEndAsync(stream), isLast: true);
            }
            catch (QuicException)
            {
                // the peer left: the tests look at the other end
            }
        }
    }
}
