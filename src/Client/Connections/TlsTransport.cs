using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Iggy.Client.Connections;

/// <summary>TLS over another transport. Certificates are read anew for each connection, so renewed files count at the next one.</summary>
internal sealed class TlsTransport(ITransport inner, ServerAddress address, TlsSettings settings) : ITransport
{
    /// <inheritdoc/>
    public async ValueTask<Stream> OpenAsync(CancellationToken cancellationToken)
    {
        var authentication = ReadSettings();
        var secured = new SslStream(await inner.OpenAsync(cancellationToken), leaveInnerStreamOpen: false);
        try
        {
            await secured.AuthenticateAsClientAsync(authentication, cancellationToken);
            return secured;
        }
        catch (AuthenticationException e)
        {
            await secured.DisposeAsync();
            throw new IOException($"{address} and this client can't agree on TLS: {e.InnerException?.Message ?? e.Message}", e);
        }
        catch
        {
            await secured.DisposeAsync();
            throw;
        }
    }

    private SslClientAuthenticationOptions ReadSettings()
    {
        try
        {
            return new()
            {
                TargetHost = settings.Domain ?? address.Host,
                CertificateChainPolicy = settings.CaFile is { } file ? TrustOnly(file) : null,
                ClientCertificates = settings.CertificateFile is { } certificate ? [X509Certificate2.CreateFromPemFile(certificate, settings.KeyFile)] : null,
            };
        }
        catch (CryptographicException e)
        {
            throw new IOException($"The TLS files of this client can't be used: {e.Message}", e);
        }
    }

    private static X509ChainPolicy TrustOnly(string file)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(file);
        return policy;
    }
}
