using System.Text;
using Iggy.Quic.Native;

namespace Iggy.Quic;

/// <summary>A certificate with its key, or whom to trust, as GnuTLS holds it. Each session that uses it keeps it alive, so it can be replaced at any time.</summary>
internal sealed unsafe class TlsCredentials : IDisposable
{
    // The owner's own use and one for each session; freed by whoever is last.
    private int _uses = 1;

    private TlsCredentials() { }

    internal nint Handle { get; private set; }

    /// <summary>For a client: the name that a server's certificate must bear; null when any server is trusted.</summary>
    public string? VerifiedName { get; private init; }

    /// <summary>For a server: which certificates it asks its clients for; null for none.</summary>
    public PeerCertificates? Peers { get; private init; }

    /// <summary>A server's certificate.</summary>
    /// <param name="certificatePem">The chain, the server's own first.</param>
    /// <param name="keyPem">Its private key, unencrypted.</param>
    /// <param name="peers">What is asked of clients; null for nothing.</param>
    /// <exception cref="QuicException">GnuTLS does not take them; the message says why.</exception>
    public static TlsCredentials ForServer(string certificatePem, string keyPem, PeerCertificates? peers = null)
    {
        _ = NgtcpLibrary.Layout; // throws when there is no library
        var credentials = new TlsCredentials { Handle = Allocate(), Peers = peers };
        credentials.SetCertificate(certificatePem, keyPem);
        return credentials;
    }

    /// <summary>For a client.</summary>
    /// <param name="verifiedName">The name that the server's certificate must bear; null trusts any server.</param>
    /// <param name="authoritiesPem">Whom to trust; null for the system's list.</param>
    /// <param name="own">A certificate, its chain behind it, and its private key, both PEM, for servers that ask for one.</param>
    /// <exception cref="QuicException">GnuTLS does not take them; the message says why.</exception>
    public static TlsCredentials ForClient(string? verifiedName, string? authoritiesPem, (string CertificatePem, string KeyPem)? own = null)
    {
        _ = NgtcpLibrary.Layout;
        var credentials = new TlsCredentials { Handle = Allocate(), VerifiedName = verifiedName };
        if (own is { } shown)
            credentials.SetCertificate(shown.CertificatePem, shown.KeyPem);
        if (verifiedName is not null)
            credentials.SetAuthorities(authoritiesPem);
        return credentials;
    }

    /// <summary>Adds a use.</summary>
    /// <returns>False when it was freed already.</returns>
    internal bool TryUse()
    {
        for (var uses = Volatile.Read(ref _uses); uses > 0;)
        {
            var seen = Interlocked.CompareExchange(ref _uses, uses + 1, uses);
            if (seen == uses)
                return true;
            uses = seen;
        }
        return false;
    }

    /// <summary>Ends a use.</summary>
    public void Dispose()
    {
        if (Interlocked.Decrement(ref _uses) == 0)
            GnuTls.gnutls_certificate_free_credentials(Handle);
    }

    private static nint Allocate()
    {
        nint handle;
        GnuTls.Check(GnuTls.gnutls_certificate_allocate_credentials(&handle), "Taking memory for credentials");
        return handle;
    }

    private void SetCertificate(string certificatePem, string keyPem)
    {
        var certificate = Encoding.UTF8.GetBytes(certificatePem);
        var key = Encoding.UTF8.GetBytes(keyPem);
        int result;
        fixed (byte* certificateBytes = certificate, keyBytes = key)
        {
            var (first, second) = (new GnuTlsBytes { Data = certificateBytes, Bytes = (uint)certificate.Length }, new GnuTlsBytes { Data = keyBytes, Bytes = (uint)key.Length });
            result = GnuTls.gnutls_certificate_set_x509_key_mem(Handle, &first, &second, GnuTls.Pem);
        }
        Array.Clear(key);
        CheckOrFree(result, "Reading the certificate and its key");
    }

    private void SetAuthorities(string? pem)
    {
        if (pem is null)
        {
            CheckOrFree(GnuTls.gnutls_certificate_set_x509_system_trust(Handle), "Reading the system's trusted certificates");
            return;
        }
        var authorities = Encoding.UTF8.GetBytes(pem);
        fixed (byte* bytes = authorities)
        {
            var trusted = new GnuTlsBytes { Data = bytes, Bytes = (uint)authorities.Length };
            CheckOrFree(GnuTls.gnutls_certificate_set_x509_trust_mem(Handle, &trusted, GnuTls.Pem), "Reading the trusted certificates");
        }
    }

    private void CheckOrFree(int result, string what)
    {
        if (result >= 0)
            return;
        Dispose();
        GnuTls.Check(result, what);
    }
}

/// <summary>The certificates that a server asks its clients for.</summary>
/// <param name="AreRequired">Whether nobody gets in without one.</param>
/// <param name="AreGood">Judges what a client shows, its own certificate first, each in DER. Called on the endpoint's thread.</param>
internal sealed record PeerCertificates(bool AreRequired, Func<IReadOnlyList<byte[]>, bool> AreGood);
