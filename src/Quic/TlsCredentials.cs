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

    /// <summary>A server's certificate.</summary>
    /// <param name="certificatePem">The chain, the server's own first.</param>
    /// <param name="keyPem">Its private key, unencrypted.</param>
    /// <exception cref="QuicException">GnuTLS does not take them; the message says why.</exception>
    public static TlsCredentials ForServer(string certificatePem, string keyPem)
    {
        _ = NgtcpLibrary.Layout; // throws when there is no library
        var credentials = Allocate(null);
        var certificate = Encoding.UTF8.GetBytes(certificatePem);
        var key = Encoding.UTF8.GetBytes(keyPem);
        fixed (byte* certificateBytes = certificate, keyBytes = key)
        {
            var (first, second) = (new GnuTlsBytes { Data = certificateBytes, Bytes = (uint)certificate.Length }, new GnuTlsBytes { Data = keyBytes, Bytes = (uint)key.Length });
            credentials.CheckOrFree(GnuTls.gnutls_certificate_set_x509_key_mem(credentials.Handle, &first, &second, GnuTls.Pem), "Reading the certificate and its key");
        }
        Array.Clear(key);
        return credentials;
    }

    /// <summary>For a client.</summary>
    /// <param name="verifiedName">The name that the server's certificate must bear; null trusts any server.</param>
    /// <param name="authoritiesPem">Whom to trust; null for the system's list.</param>
    public static TlsCredentials ForClient(string? verifiedName, string? authoritiesPem)
    {
        _ = NgtcpLibrary.Layout;
        var credentials = Allocate(verifiedName);
        if (verifiedName is null)
            return credentials;
        if (authoritiesPem is null)
        {
            credentials.CheckOrFree(GnuTls.gnutls_certificate_set_x509_system_trust(credentials.Handle), "Reading the system's trusted certificates");
            return credentials;
        }
        var authorities = Encoding.UTF8.GetBytes(authoritiesPem);
        fixed (byte* bytes = authorities)
        {
            var trusted = new GnuTlsBytes { Data = bytes, Bytes = (uint)authorities.Length };
            credentials.CheckOrFree(GnuTls.gnutls_certificate_set_x509_trust_mem(credentials.Handle, &trusted, GnuTls.Pem), "Reading the trusted certificates");
        }
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

    private static TlsCredentials Allocate(string? verifiedName)
    {
        nint handle;
        GnuTls.Check(GnuTls.gnutls_certificate_allocate_credentials(&handle), "Taking memory for credentials");
        return new TlsCredentials { Handle = handle, VerifiedName = verifiedName };
    }

    private void CheckOrFree(int result, string what)
    {
        if (result >= 0)
            return;
        Dispose();
        GnuTls.Check(result, what);
    }
}
