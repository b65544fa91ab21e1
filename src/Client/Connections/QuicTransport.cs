using System.Net;
using System.Net.Sockets;
using Iggy.Quic;
using Microsoft.Extensions.Logging.Abstractions;

namespace Iggy.Client.Connections;

/// <summary>QUIC, over ngtcp2 and GnuTLS where they are installed.</summary>
/// <param name="address">The server.</param>
/// <param name="tls">Whom to trust; null trusts any server, as Apache Iggy's QUIC clients do by default: the connection is encrypted, but does not
/// prove who answers.</param>
internal sealed class QuicTransport(ServerAddress address, TlsSettings? tls) : ITransport
{
    /// <inheritdoc/>
    public async ValueTask<Stream> OpenAsync(CancellationToken cancellationToken)
    {
        if (!QuicEndpoint.IsAvailable)
            throw new IOException($"{address} can't be reached over QUIC: {QuicEndpoint.WhyNotAvailable}.");
        try
        {
            var server = await ResolveAsync(cancellationToken);
            var trustedName = tls is null ? null : tls.Domain ?? address.Host;
            var authorities = tls?.CaFile is { } file ? await File.ReadAllTextAsync(file, cancellationToken) : null;
            using var credentials = TlsCredentials.ForClient(trustedName, authorities, await ReadOwnAsync(cancellationToken));
            var (endpoint, connection) = await QuicEndpoint.ConnectAsync(
                server, credentials, trustedName ?? "localhost", offersProtocol: true, new QuicSettings { MaxStreams = 0 }, NullLogger.Instance, cancellationToken);
            return new QuicRequestStream(endpoint, connection);
        }
        catch (Exception e) when (e is SocketException or QuicException or UnauthorizedAccessException)
        {
            throw new IOException($"{address} can't be reached: {e.Message}", e);
        }
    }

    // Read anew for each connection, so renewed files count at the next one. A file may hold both.
    private async ValueTask<(string CertificatePem, string KeyPem)?> ReadOwnAsync(CancellationToken cancellationToken)
    {
        if (tls?.CertificateFile is not { } file)
            return null;
        var certificate = await File.ReadAllTextAsync(file, cancellationToken);
        return (certificate, tls.KeyFile is { } keyFile ? await File.ReadAllTextAsync(keyFile, cancellationToken) : certificate);
    }

    private async ValueTask<IPEndPoint> ResolveAsync(CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(address.Host, out var literal))
            return new IPEndPoint(literal, address.Port);
        var found = await Dns.GetHostAddressesAsync(address.Host, cancellationToken);
        return new IPEndPoint(found[0], address.Port);
    }
}
