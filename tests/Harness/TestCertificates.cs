using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Iggy.Testing;

/// <summary>A small certificate authority: a root, one authority below it, and what that has signed.</summary>
public sealed class TestCertificates : IDisposable
{
    private static readonly DateTimeOffset From = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), Until = new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly X509Certificate2 _intermediate;
    private int _count;

    /// <summary>Makes the two authorities.</summary>
    public TestCertificates()
    {
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var root = new CertificateRequest("CN=test root", rootKey, HashAlgorithmName.SHA256);
        AsAuthority(root);
        Root = root.CreateSelfSigned(From, Until);

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var below = new CertificateRequest("CN=test authority", key, HashAlgorithmName.SHA256);
        AsAuthority(below);
        using var signed = below.Create(Root, From, Until, Serial());
        _intermediate = signed.CopyWithPrivateKey(key);
    }

    /// <summary>What has to be trusted.</summary>
    public X509Certificate2 Root { get; }

    /// <summary>Writes the root into a file.</summary>
    public void WriteRoot(string path) => File.WriteAllText(path, Root.ExportCertificatePem());

    /// <summary>Writes files for a server called <c>localhost</c>: its certificate with the authority behind it, and its key.</summary>
    /// <returns>The SHA-256 of the server's certificate.</returns>
    public string WriteServer(string certificateFile, string keyFile, bool isRsa = false)
    {
        using var leaf = Issue("CN=localhost", isRsa, "1.3.6.1.5.5.7.3.1", out var keyPem);
        File.WriteAllText(keyFile, keyPem);
        File.WriteAllText(certificateFile, $"{leaf.ExportCertificatePem()}\n{_intermediate.ExportCertificatePem()}\n");
        return leaf.GetCertHashString(HashAlgorithmName.SHA256);
    }

    /// <summary>A client's certificate with its key, and the authority to send along.</summary>
    public TestClientCertificate NewClient() => new(Issue("CN=client", isRsa: false, "1.3.6.1.5.5.7.3.2", out _), X509CertificateLoader.LoadCertificate(_intermediate.RawData));

    /// <inheritdoc/>
    public void Dispose()
    {
        Root.Dispose();
        _intermediate.Dispose();
    }

    private X509Certificate2 Issue(string subject, bool isRsa, string usage, out string keyPem)
    {
        using AsymmetricAlgorithm key = isRsa ? RSA.Create(2048) : ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = key is RSA rsa
            ? new CertificateRequest(subject, rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest(subject, (ECDsa)key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], critical: false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        keyPem = key is RSA ? ((RSA)key).ExportRSAPrivateKeyPem() : key.ExportPkcs8PrivateKeyPem();
        using var signed = request.Create(_intermediate.SubjectName, SignedByAuthority(), From, Until, Serial());
        return key is RSA withRsa ? signed.CopyWithPrivateKey(withRsa) : signed.CopyWithPrivateKey((ECDsa)key);
    }

    private X509SignatureGenerator SignedByAuthority() => X509SignatureGenerator.CreateForECDsa(_intermediate.GetECDsaPrivateKey()!);

    private byte[] Serial() => [1, .. BitConverter.GetBytes(++_count)];

    private static void AsAuthority(CertificateRequest request)
    {
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
    }
}

/// <summary>What a client shows.</summary>
/// <param name="Certificate">With its key.</param>
/// <param name="Authority">Between it and the root.</param>
public sealed record TestClientCertificate(X509Certificate2 Certificate, X509Certificate2 Authority)
{
    /// <summary>For a handshake.</summary>
    public System.Net.Security.SslStreamCertificateContext Context => System.Net.Security.SslStreamCertificateContext.Create(Certificate, [Authority], offline: true);
}
