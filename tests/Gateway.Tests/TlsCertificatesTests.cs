using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Iggy.Gateway.Tls;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Iggy.Gateway.Tests;

/// <summary>Certificates from files, read again by a clock that moves by hand: also where a file system tells of no change.</summary>
public sealed class TlsCertificatesTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly string _folder = Directory.CreateTempSubdirectory("iggy-certificates-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Reload_LinksAreSwapped_TakesTheNewFiles()
    {
        // As Kubernetes lays secrets out: the files are links through a link that is replaced.
        var first = Write("one");
        var second = Write("two");
        Directory.CreateSymbolicLink(Path.Combine(_folder, "data"), Path.Combine(_folder, "one"));
        using var certificates = Open(Options("data"));
        var reloads = 0;
        certificates.Reloaded += () => reloads++;
        Assert.Equal(first, certificates.Certificate.Thumbprint);

        _clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal((0, first), (reloads, certificates.Certificate.Thumbprint)); // the same files are no change

        Directory.Delete(Path.Combine(_folder, "data"));
        Directory.CreateSymbolicLink(Path.Combine(_folder, "data"), Path.Combine(_folder, "two"));
        _clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal((1, second), (reloads, certificates.Certificate.Thumbprint));
        Assert.Same(certificates.Certificate, certificates.ForHandshake().ServerCertificateContext!.TargetCertificate);
    }

    [Fact]
    public void Reload_BrokenOrMissingFiles_KeepsWhatIsThere()
    {
        var first = Write("one");
        using var certificates = Open(Options("one"));
        File.WriteAllText(Path.Combine(_folder, "one", "key.pem"), "no key");
        _clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(first, certificates.Certificate.Thumbprint);
        File.Delete(Path.Combine(_folder, "one", "certificate.pem"));
        _clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(first, certificates.Certificate.Thumbprint);
    }

    [Theory]
    [InlineData("certificate.pem", "no certificate", "CertificateFile")]
    [InlineData("certificate.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "CertificateFile")]
    [InlineData("certificate.pem", null, "CertificateFile")]
    [InlineData("key.pem", "no key", "KeyFile")]
    [InlineData("key.pem", null, "KeyFile")]
    [InlineData("clients.pem", "nobody", "ClientCaFile")]
    [InlineData("clients.pem", null, "ClientCaFile")]
    public void Open_WrongFile_NamesTheSetting(string file, string? content, string setting)
    {
        Write("one");
        var options = Options("one");
        (options.ClientCertificates, options.ClientCaFile) = (ClientCertificates.Required, Path.Combine(_folder, "one", "clients.pem"));
        File.Copy(options.CertificateFile!, options.ClientCaFile);
        Open(options).Dispose(); // right as it is
        if (content is null)
            File.Delete(Path.Combine(_folder, "one", file));
        else
            File.WriteAllText(Path.Combine(_folder, "one", file), content);
        var wrong = Assert.Throws<OptionsValidationException>(() => Open(options));
        Assert.StartsWith($"Iggy:Tcp:Tls:{setting} is '", Assert.Single(wrong.Failures), StringComparison.Ordinal);
        Assert.True(new CertificateOptionsValidator<TlsOptions>().Validate(TlsOptions.TcpSection, options).Failed);
    }

    [Fact]
    public void Open_KeyOfAnotherCertificate_NamesTheSetting()
    {
        Write("one");
        Write("two");
        var options = Options("one");
        options.KeyFile = Path.Combine(_folder, "two", "key.pem");
        Assert.Contains("KeyFile", Assert.Throws<OptionsValidationException>(() => Open(options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_EncryptedKey_IsRefusedWithoutAWordOfIt()
    {
        Write("one");
        var options = Options("one");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var pem = key.ExportEncryptedPkcs8PrivateKeyPem("hush", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000));
        File.WriteAllText(options.KeyFile!, pem);
        Assert.Contains("KeyFile", Assert.Throws<OptionsValidationException>(() => Open(options)).Message, StringComparison.Ordinal);
    }

    // OpenSSL's older tools write a key in a form that belongs to its kind.
    [Fact]
    public void Open_KeyInTheOldForm_IsRead()
    {
        Write("one", key => "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" + key.ExportECPrivateKeyPem());
        Open(Options("one")).Dispose();
    }

    [Fact]
    public void Validate_RulesBetweenSettings_AreErrors()
    {
        AssertFails(new TlsOptions { Enabled = true, SelfSigned = false }, "CertificateFile is not set");
        AssertFails(new TlsOptions { Enabled = true, CertificateFile = "/nowhere/c.pem" }, "CertificateFile is '/nowhere/c.pem'");
        AssertFails(new TlsOptions { Enabled = true, ClientCertificates = ClientCertificates.Allowed }, "ClientCaFile is not set");
        AssertFails(new TlsOptions { Enabled = true, ClientCaFile = "/nowhere/ca.pem" }, "not asked");
        AssertFails(new TlsOptions { Enabled = true, HandshakeTimeout = TimeSpan.Zero }, "HandshakeTimeout");
        Assert.True(new CertificateOptionsValidator<TlsOptions>().Validate(TlsOptions.TcpSection, new TlsOptions { SelfSigned = false, CertificateFile = "/nowhere/c.pem" }).Succeeded); // off
        Assert.True(new CertificateOptionsValidator<TlsOptions>().Validate(TlsOptions.TcpSection, new TlsOptions { Enabled = true }).Succeeded);
    }

    [Fact]
    public void SelfSigned_Made_IsKeptWhileTheServerRuns()
    {
        using var certificates = Open(new TlsOptions { Enabled = true });
        var first = certificates.Certificate.Thumbprint;
        Assert.Equal(_clock.GetUtcNow().AddDays(-1).UtcDateTime, certificates.Certificate.NotBefore.ToUniversalTime());
        _clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(first, certificates.Certificate.Thumbprint);
    }

    private static void AssertFails(TlsOptions options, string with) =>
        Assert.Contains(with, new CertificateOptionsValidator<TlsOptions>().Validate(TlsOptions.TcpSection, options).FailureMessage, StringComparison.Ordinal);

    private TlsCertificates Open(TlsOptions options) => new(options, TlsOptions.TcpSection, _clock, NullLogger.Instance);

    private TlsOptions Options(string folder) => new()
    {
        Enabled = true,
        CertificateFile = Path.Combine(_folder, folder, "certificate.pem"),
        KeyFile = Path.Combine(_folder, folder, "key.pem"),
    };

    private string Write(string folder, Func<ECDsa, string>? form = null)
    {
        Directory.CreateDirectory(Path.Combine(_folder, folder));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest($"CN={folder}", key, HashAlgorithmName.SHA256).CreateSelfSigned(_clock.GetUtcNow(), _clock.GetUtcNow().AddYears(1));
        File.WriteAllText(Path.Combine(_folder, folder, "certificate.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(_folder, folder, "key.pem"), form is null ? key.ExportPkcs8PrivateKeyPem() : form(key));
        return certificate.Thumbprint;
    }
}
