using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Tls;

/// <summary>Whether clients show certificates of their own.</summary>
public enum ClientCertificates
{
    /// <summary>They are not asked.</summary>
    None,

    /// <summary>They are asked; whoever shows one must show a good one.</summary>
    Allowed,

    /// <summary>Nobody gets in without one.</summary>
    Required,
}

/// <summary>Which certificate a listener shows, and which it asks for. The same for every transport.</summary>
public class CertificateOptions : IValidatableObject
{
    /// <summary>Whether a certificate for <c>localhost</c> may be made in memory where the file is not there; where it is there it is used.
    /// Default: true while no file is named, as Apache Iggy's, and false once one is, so that a wrong path stops the start.</summary>
    public bool? SelfSigned { get; set; }

    /// <summary>PEM file with the server's certificate first and then those between it and its root.</summary>
    public string? CertificateFile { get; set; }

    /// <summary>PEM file with the private key of the first certificate, RSA or ECDSA, not encrypted.</summary>
    public string? KeyFile { get; set; }

    /// <summary>Whether clients are asked for a certificate: <c>None</c>, <c>Allowed</c> or <c>Required</c>. Default <c>None</c>.</summary>
    [EnumDataType(typeof(ClientCertificates))]
    public ClientCertificates ClientCertificates { get; set; } = ClientCertificates.None;

    /// <summary>PEM file with the roots that clients' certificates must come from. Needed when they are asked for one.</summary>
    public string? ClientCaFile { get; set; }

    /// <summary>Longest time that a client may take for the handshake. 100 ms to 10 minutes, default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan HandshakeTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>What <see cref="SelfSigned"/> means here.</summary>
    internal bool MayMakeOne => SelfSigned ?? (string.IsNullOrEmpty(CertificateFile) && string.IsNullOrEmpty(KeyFile));

    /// <summary>Whether the certificate is used at all; where it is not, its files need not be there.</summary>
    internal virtual bool IsUsed => true;

    /// <inheritdoc/>
    /// <remarks>Reads the files: what is wrong with them is to be known before the server starts.</remarks>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        ArgumentNullException.ThrowIfNull(validationContext);
        if (!IsUsed)
            yield break;

        var section = validationContext.DisplayName;
        var errors = new List<string>();
        if (ClientCertificates is not ClientCertificates.None && string.IsNullOrEmpty(ClientCaFile))
            errors.Add($"{section}:ClientCaFile is not set; allowed with ClientCertificates={ClientCertificates}: a PEM file.");
        else if (ClientCertificates is ClientCertificates.None && !string.IsNullOrEmpty(ClientCaFile))
            errors.Add($"{section}:ClientCaFile is '{ClientCaFile}', but clients are not asked for a certificate; allowed with it: ClientCertificates Allowed or Required.");
        if (errors.Count == 0)
            PemFiles.Read(this, section, errors)?.Dispose();
        foreach (var error in errors)
            yield return new ValidationResult(error);
    }
}

/// <summary>Checks certificate options; their name is their section.</summary>
internal sealed class CertificateOptionsValidator<TOptions> : IValidateOptions<TOptions>
    where TOptions : CertificateOptions
{
    public ValidateOptionsResult Validate(string? name, TOptions options)
    {
        var results = new List<ValidationResult>();
        var context = new ValidationContext(options) { DisplayName = name ?? "" };
        return Validator.TryValidateObject(options, context, results, validateAllProperties: true)
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(results.Select(result => result.ErrorMessage ?? $"{name} is not allowed."));
    }
}
