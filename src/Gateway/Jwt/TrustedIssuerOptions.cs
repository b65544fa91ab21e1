using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Jwt;

/// <summary>Somebody else whose tokens are taken, as one user of this server. Section <c>Iggy:Http:Jwt:TrustedIssuers:0</c> and so on; by default there is none.</summary>
public sealed class TrustedIssuerOptions : IValidatableObject
{
    /// <summary>What the tokens name as their issuer, exactly.</summary>
    [Required]
    public string Issuer { get; set; } = "";

    /// <summary>What the tokens have to name among their audiences.</summary>
    [Required]
    public string Audience { get; set; } = "";

    /// <summary>Where the issuer shows its public keys (a JSON Web Key Set): an address with <c>https</c>, or <c>http</c>.</summary>
    [Required]
    public string JwksUrl { get; set; } = "";

    /// <summary>Whom the tokens make their bearer. Never root: with 0, the default, none is taken.</summary>
    public uint UserId { get; set; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!Uri.TryCreate(JwksUrl, UriKind.Absolute, out var address) || address.Scheme is not ("https" or "http"))
            yield return new ValidationResult($"{validationContext.DisplayName}:JwksUrl is '{JwksUrl}'; allowed: an address with https or http.", [nameof(JwksUrl)]);
    }
}

[OptionsValidator]
internal sealed partial class TrustedIssuerOptionsValidator : IValidateOptions<TrustedIssuerOptions>;
