using System.Text;
using Iggy.Quic.Native;

namespace Iggy.Quic;

/// <summary>The TLS half of one connection.</summary>
internal sealed unsafe class TlsSession : IDisposable
{
    private static readonly Lazy<nint> _priorities = new(ReadPriorities);
    private static readonly byte[] _protocol = "iggy"u8.ToArray();

    private readonly TlsCredentials _credentials;
    private nint _handle;

    private TlsSession(TlsCredentials credentials) => _credentials = credentials;

    public nint Handle => _handle;

    /// <summary>Whom it lets in.</summary>
    public PeerCertificates? Peers => _credentials.Peers;

    /// <summary>A server's: takes clients that offer the protocol "iggy", and those that offer none, as Apache Iggy's do.</summary>
    public static TlsSession ForServer(TlsCredentials credentials, NgtcpConnectionReference* reference)
    {
        var session = Open(credentials, GnuTls.Server | GnuTls.NoTickets | GnuTls.NoEndOfEarlyData, reference);
        session.CheckOrFree(Ngtcp.ngtcp2_crypto_gnutls_configure_server_session(session._handle), "Preparing TLS");
        session.OfferProtocol();
        if (credentials.Peers is { } peers)
        {
            GnuTls.gnutls_certificate_server_set_request(session._handle, peers.AreRequired ? GnuTls.RequireCertificate : GnuTls.RequestCertificate);
            GnuTls.gnutls_session_set_verify_function(session._handle, &NgtcpCallbacks.OnPeerCertificates);
        }
        return session;
    }

    /// <summary>A client's.</summary>
    /// <param name="credentials">Whom to trust.</param>
    /// <param name="reference">Where the connection is found.</param>
    /// <param name="serverName">The name that is asked for (SNI).</param>
    /// <param name="offersProtocol">Whether to offer "iggy"; servers of Apache Iggy know no protocol name.</param>
    public static TlsSession ForClient(TlsCredentials credentials, NgtcpConnectionReference* reference, string serverName, bool offersProtocol)
    {
        var session = Open(credentials, GnuTls.Client | GnuTls.NoEndOfEarlyData, reference);
        session.CheckOrFree(Ngtcp.ngtcp2_crypto_gnutls_configure_client_session(session._handle), "Preparing TLS");
        if (offersProtocol)
            session.OfferProtocol();
        var name = Encoding.UTF8.GetBytes(serverName);
        fixed (byte* bytes = name)
            session.CheckOrFree(GnuTls.gnutls_server_name_set(session._handle, GnuTls.DnsName, bytes, (nuint)name.Length), "Naming the server");
        if (credentials.VerifiedName is { } verified)
        {
            // Kept by GnuTLS as a pointer; it must outlive the session.
            session._verifiedName = System.Runtime.InteropServices.Marshal.StringToCoTaskMemUTF8(verified);
            GnuTls.gnutls_session_set_verify_cert(session._handle, (byte*)session._verifiedName, 0);
        }
        return session;
    }

    private nint _verifiedName;

    public void Dispose()
    {
        if (_handle == 0)
            return;
        GnuTls.gnutls_deinit(_handle);
        _handle = 0;
        System.Runtime.InteropServices.Marshal.FreeCoTaskMem(_verifiedName);
        _credentials.Dispose();
    }

    private static TlsSession Open(TlsCredentials credentials, uint flags, NgtcpConnectionReference* reference)
    {
        if (!credentials.TryUse())
            throw new QuicException("The certificate was given up.");
        nint handle;
        var result = GnuTls.gnutls_init(&handle, flags);
        if (result < 0)
        {
            credentials.Dispose();
            GnuTls.Check(result, "Opening a TLS session");
        }
        var session = new TlsSession(credentials) { _handle = handle };
        session.CheckOrFree(GnuTls.gnutls_priority_set(handle, _priorities.Value), "Choosing ciphers");
        session.CheckOrFree(GnuTls.gnutls_credentials_set(handle, GnuTls.CertificateCredentials, credentials.Handle), "Setting the certificate");
        GnuTls.gnutls_session_set_ptr(handle, reference);
        return session;
    }

    // Not mandatory: with that flag GnuTLS would turn away clients that offer none.
    private void OfferProtocol()
    {
        fixed (byte* name = _protocol)
        {
            var protocol = new GnuTlsBytes { Data = name, Bytes = (uint)_protocol.Length };
            CheckOrFree(GnuTls.gnutls_alpn_set_protocols(_handle, &protocol, 1, 0), "Naming the protocol");
        }
    }

    // Read once for the process: it is the same for every session, and reading the text costs more than a handshake's message.
    private static nint ReadPriorities()
    {
        nint priorities;
        byte* errorAt;
        fixed (byte* text = Encoding.ASCII.GetBytes(GnuTls.Priorities + "\0"))
            GnuTls.Check(GnuTls.gnutls_priority_init(&priorities, text, &errorAt), "Choosing ciphers");
        return priorities;
    }

    private void CheckOrFree(int result, string what)
    {
        if (result >= 0)
            return;
        Dispose();
        GnuTls.Check(result, what);
    }
}
