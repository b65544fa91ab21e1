using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Iggy.Gateway.Tls;

/// <summary>A certificate for trials: encrypts, but proves to nobody who the server is.</summary>
internal static class SelfSignedCertificate
{
    // For a server that is left running; each start makes a new one.
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(3650);

    /// <summary>Makes one for <c>localhost</c> and the loopback addresses, ECDSA P-256. It lives in memory only.</summary>
    /// <remarks>Not a CA: clients that verify with the library of Rust's SDK refuse a CA's certificate as a server's own.</remarks>
    public static X509Certificate2 Make(TimeProvider clock)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false)); // server authentication
        var now = clock.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now + Lifetime); // a day back, for clients whose clock is behind
    }
}
