using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Iggy.Gateway.Tls;

/// <summary>What the files of one listener say: certificates and key as they were read at one moment.</summary>
/// <param name="Certificate">The server's own with its key; null where one is to be made.</param>
/// <param name="Chain">Those between it and its root.</param>
/// <param name="ClientRoots">What clients' certificates must come from; empty when they are not asked.</param>
/// <param name="Fingerprint">Of all bytes read: the same files give the same one.</param>
internal sealed record PemFiles(
    X509Certificate2? Certificate, X509Certificate2Collection Chain, X509Certificate2Collection ClientRoots, string Fingerprint) : IDisposable
{
    /// <summary>Reads and checks them.</summary>
    /// <param name="options">Which files.</param>
    /// <param name="section">For the errors.</param>
    /// <param name="errors">Gets what is wrong, each with the setting and what is allowed; never a part of a key.</param>
    /// <returns>Null when an error was added.</returns>
    public static PemFiles? Read(CertificateOptions options, string section, List<string> errors)
    {
        if (NothingNamed(options) || (options.MayMakeOne && !File.Exists(options.CertificateFile)))
        {
            if (!options.MayMakeOne)
                errors.Add($"{section}:CertificateFile is not set; allowed with SelfSigned=false: a PEM file.");
            return errors.Count == 0 ? WithClientRoots(options, section, errors, null, [], "") : null;
        }

        var certificates = ReadText(options.CertificateFile, $"{section}:CertificateFile", errors);
        var key = ReadText(options.KeyFile, $"{section}:KeyFile", errors);
        if (certificates is null || key is null)
            return null;

        var chain = new X509Certificate2Collection();
        try
        {
            chain.ImportFromPem(certificates);
        }
        catch (CryptographicException)
        {
            chain.Clear();
        }
        if (chain.Count == 0)
        {
            errors.Add($"{section}:CertificateFile is '{options.CertificateFile}'; allowed: a PEM file with at least one certificate.");
            return null;
        }

        var bare = chain[0];
        chain.RemoveAt(0);
        try
        {
            return WithClientRoots(options, section, errors, X509Certificate2.CreateFromPem(certificates, key), chain, certificates + key);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException) // ArgumentException: the key is another certificate's
        {
            errors.Add($"{section}:KeyFile is '{options.KeyFile}'; allowed: a PEM file with the unencrypted private key, RSA or ECDSA, of the first certificate in '{options.CertificateFile}'.");
            return null;
        }
        finally
        {
            bare.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Certificate?.Dispose();
        foreach (var certificate in Chain)
            certificate.Dispose();
        foreach (var certificate in ClientRoots)
            certificate.Dispose();
    }

    private static bool NothingNamed(CertificateOptions options) => string.IsNullOrEmpty(options.CertificateFile) && string.IsNullOrEmpty(options.KeyFile);

    private static PemFiles? WithClientRoots(
        CertificateOptions options, string section, List<string> errors, X509Certificate2? certificate, X509Certificate2Collection chain, string read)
    {
        var roots = new X509Certificate2Collection();
        if (options.ClientCertificates is not ClientCertificates.None)
        {
            if (ReadText(options.ClientCaFile, $"{section}:ClientCaFile", errors) is not { } text)
                return null;
            read += text;
            try
            {
                roots.ImportFromPem(text);
            }
            catch (CryptographicException)
            {
                roots.Clear();
            }
            if (roots.Count == 0)
            {
                errors.Add($"{section}:ClientCaFile is '{options.ClientCaFile}'; allowed: a PEM file with at least one certificate.");
                return null;
            }
        }
        return new PemFiles(certificate, chain, roots, Convert.ToHexString(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(read))));
    }

    private static string? ReadText(string? path, string setting, List<string> errors)
    {
        if (string.IsNullOrEmpty(path))
        {
            errors.Add($"{setting} is not set; allowed: a PEM file.");
            return null;
        }
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            errors.Add($"{setting} is '{path}', which cannot be read: {e.Message} Allowed: a PEM file.");
            return null;
        }
    }
}
