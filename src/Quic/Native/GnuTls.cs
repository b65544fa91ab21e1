using System.Runtime.InteropServices;

namespace Iggy.Quic.Native;

/// <summary>Bytes for GnuTLS.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct GnuTlsBytes
{
    public byte* Data;
    public uint Bytes;
}

/// <summary>The calls of GnuTLS that a QUIC endpoint makes itself; the handshake's are made by ngtcp2.</summary>
internal static unsafe partial class GnuTls
{
    public const string Library = "libgnutls.so.30";

    public const uint Server = 1, Client = 2;
    public const uint NoTickets = 1 << 21;      // no resumption, so no 0-RTT: a request must not be replayed
    public const uint NoEndOfEarlyData = 1 << 22; // QUIC has no such message
    public const int CertificateCredentials = 1, Pem = 1, DnsName = 1;
    public const int RequestCertificate = 1, RequireCertificate = 2;

    // TLS 1.3 alone, and the groups and ciphers that QUIC v1 knows.
    public const string Priorities =
        "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1:+GROUP-SECP521R1:%DISABLE_TLS13_COMPAT_MODE";

    [LibraryImport(Library)] public static partial int gnutls_init(nint* session, uint flags);
    [LibraryImport(Library)] public static partial void gnutls_deinit(nint session);
    [LibraryImport(Library)] public static partial int gnutls_priority_init(nint* priority, byte* text, byte** errorAt);
    [LibraryImport(Library)] public static partial int gnutls_priority_set(nint session, nint priority);
    [LibraryImport(Library)] public static partial void gnutls_session_set_ptr(nint session, void* pointer);
    [LibraryImport(Library)] public static partial int gnutls_credentials_set(nint session, int kind, nint credentials);
    [LibraryImport(Library)] public static partial int gnutls_certificate_allocate_credentials(nint* credentials);
    [LibraryImport(Library)] public static partial void gnutls_certificate_free_credentials(nint credentials);
    [LibraryImport(Library)] public static partial int gnutls_certificate_set_x509_key_mem(nint credentials, GnuTlsBytes* certificate, GnuTlsBytes* key, int format);
    [LibraryImport(Library)] public static partial int gnutls_certificate_set_x509_trust_mem(nint credentials, GnuTlsBytes* authorities, int format);
    [LibraryImport(Library)] public static partial int gnutls_certificate_set_x509_system_trust(nint credentials);
    [LibraryImport(Library)] public static partial void gnutls_session_set_verify_cert(nint session, byte* host, uint flags);
    [LibraryImport(Library)] public static partial void gnutls_session_set_verify_function(nint session, delegate* unmanaged<nint, int> function);
    [LibraryImport(Library)] public static partial void gnutls_certificate_server_set_request(nint session, int kind);
    [LibraryImport(Library)] public static partial GnuTlsBytes* gnutls_certificate_get_peers(nint session, uint* count);
    [LibraryImport(Library)] public static partial void* gnutls_session_get_ptr(nint session);
    [LibraryImport(Library)] public static partial int gnutls_server_name_set(nint session, int kind, byte* name, nuint bytes);
    [LibraryImport(Library)] public static partial int gnutls_alpn_set_protocols(nint session, GnuTlsBytes* protocols, uint count, uint flags);
    [LibraryImport(Library)] public static partial nint gnutls_strerror(int error);

    /// <summary>Throws what GnuTLS says of a failed call.</summary>
    public static void Check(int result, string what)
    {
        if (result < 0)
            throw new QuicException($"{what} failed: {Marshal.PtrToStringUTF8(gnutls_strerror(result))}");
    }

    /// <summary>What the other side has shown, its own certificate first; empty when it has none.</summary>
    public static byte[][] CertificatesOfPeer(nint session)
    {
        uint count = 0;
        var list = gnutls_certificate_get_peers(session, &count);
        var certificates = new byte[list == null ? 0 : count][];
        for (var i = 0; i < certificates.Length; i++)
            certificates[i] = new ReadOnlySpan<byte>(list[i].Data, (int)list[i].Bytes).ToArray();
        return certificates;
    }
}
