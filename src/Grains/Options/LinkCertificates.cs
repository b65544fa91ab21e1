using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Iggy.Links;
using Microsoft.Extensions.Options;

namespace Iggy.Grains.Options;

/// <summary>What the links of a server show and trust, out of the files that its options name.</summary>
internal static class LinkCertificates
{
    /// <summary>Reads them; null where links are in the clear.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="CryptographicException">It does not hold what it should.</exception>
    public static LinkTls? Load(ClusterNodeOptions options)
    {
        if (options.LinkCertificatePath is not { } certificatePath || options.LinkAuthorityPath is not { } authorityPath)
            return null;
        using var read = X509Certificate2.CreateFromPemFile(certificatePath, options.LinkKeyPath);
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(authorityPath);
        return authorities.Count == 0
            ? throw new CryptographicException($"{authorityPath} holds no certificate.")
            : new LinkTls(X509CertificateLoader.LoadPkcs12(read.Export(X509ContentType.Pfx), password: null), authorities); // as TLS wants its key on every system
    }
}

/// <summary>Finds out before the start whether they can be read.</summary>
internal sealed class LinkCertificatesValidator : IValidateOptions<ClusterNodeOptions>
{
    public ValidateOptionsResult Validate(string? name, ClusterNodeOptions options)
    {
        if (!options.Enabled)
            return ValidateOptionsResult.Success;
        string?[] files = [options.LinkCertificatePath, options.LinkKeyPath, options.LinkAuthorityPath];
        if (files.Any(static file => file is null) && files.Any(static file => file is not null))
        {
            return ValidateOptionsResult.Fail($"{ClusterNodeOptions.Section}:LinkCertificatePath, LinkKeyPath and LinkAuthorityPath belong together: set all three, or none for links in the clear.");
        }
        try
        {
            LinkCertificates.Load(options)?.Certificate.Dispose();
            return ValidateOptionsResult.Success;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            return ValidateOptionsResult.Fail($"The certificates of {ClusterNodeOptions.Section} for links between servers cannot be used: {e.Message.ReplaceLineEndings(" ")}");
        }
    }
}
