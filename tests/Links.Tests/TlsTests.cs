using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Iggy.Links.Tests;

/// <summary>With certificates a node talks only to nodes whose certificate an authority of the cluster signed.</summary>
public sealed class TlsTests
{
    private static readonly X509Certificate2 s_authority = Authority("iggy cluster"), s_stranger = Authority("somebody");

    [Fact]
    public async Task Connect_WithCertificatesOfTheCluster_Works()
    {
        await using var nodes = new Nodes();
        var (one, _, _, atTwo) = await nodes.PairAsync(options => options with { Tls = Of(s_authority, s_authority) });
        Assert.True(one.TrySend(2, default, Nodes.Frame(3_000_000)));
        await atTwo.WaitForAsync("frame");
        Assert.Equal(Nodes.Frame(3_000_000).Written.ToArray(), Assert.Single(atTwo.Frames[default]));
    }

    [Theory]
    [InlineData(true)]  // the one that connects has a certificate of another authority
    [InlineData(false)] // or none at all, and no TLS
    public async Task Connect_WithoutACertificateOfTheCluster_IsRefused(bool hasTls)
    {
        await using var nodes = new Nodes();
        var told = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var two = nodes.Start(Nodes.Options(2) with { Tls = Of(s_authority, s_authority) }, new Recorder(), logger: new TextLogger(text => told.TrySetResult(text)));
        var one = nodes.Start(Nodes.Options(1) with { Tls = hasTls ? Of(s_stranger, s_authority) : null, HandshakeTimeout = TimeSpan.FromSeconds(10) }, new Recorder());
        Nodes.Join(one, two);
        Assert.Contains("refused", await told.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Empty(one.Connected);
        Assert.Empty(two.Connected);
    }

    private static LinkTls Of(X509Certificate2 signer, X509Certificate2 trusted)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=node", key, HashAlgorithmName.SHA256);
        using var signed = request.Create(signer, signer.NotBefore, signer.NotAfter, [1, 2, 3, 4]);
        using var whole = signed.CopyWithPrivateKey(key);
        return new LinkTls(X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pfx), null), [trusted]);
    }

    private static X509Certificate2 Authority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        return request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
    }
}
