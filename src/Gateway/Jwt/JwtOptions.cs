using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Jwt;

/// <summary>The tokens that a login over HTTP gets. Section <c>Iggy:Http:Jwt</c>.</summary>
public sealed class JwtOptions : IValidatableObject
{
    /// <summary>The section's name.</summary>
    public const string Section = "Iggy:Http:Jwt";

    /// <summary>How tokens are signed: <c>HS256</c>, <c>HS384</c> or <c>HS512</c>, with a secret. Default HS256.</summary>
    [RegularExpression("HS256|HS384|HS512")]
    public string Algorithm { get; set; } = "HS256";

    /// <summary>Who the tokens say they are from. Default <c>iggy.apache.org</c>.</summary>
    [Required]
    public string Issuer { get; set; } = "iggy.apache.org";

    /// <summary>Who the tokens say they are for. Default <c>iggy.apache.org</c>.</summary>
    [Required]
    public string Audience { get; set; } = "iggy.apache.org";

    /// <summary>Issuers whose tokens are taken, by commas. Default <c>iggy.apache.org</c>.</summary>
    [Required]
    public string ValidIssuers { get; set; } = "iggy.apache.org";

    /// <summary>Audiences one of which a token has to name, by commas. Default <c>iggy.apache.org</c>.</summary>
    [Required]
    public string ValidAudiences { get; set; } = "iggy.apache.org";

    /// <summary>How long a token is good. 1 s to 1,000,000,000 s, default 1 hour.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "11574.01:46:40")]
    public TimeSpan AccessTokenExpiry { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How long after its end a token is still taken, for clocks that differ. 0 to 1 hour, default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan ClockSkew { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>What tokens say of when they begin to count, from now on; told to clients and not judged. 0 to 1 day, default 0.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan NotBefore { get; set; }

    /// <summary>What tokens are signed with. Without it and without the next, a secret is made at the first start and kept in the data folder.</summary>
    public string? EncodingSecret { get; set; }

    /// <summary>What signatures are checked with; the one for signing when not given, and the other way round.</summary>
    public string? DecodingSecret { get; set; }

    /// <summary>Whether the two secrets are given in Base64. Default false.</summary>
    public bool UseBase64Secret { get; set; }

    /// <summary>Others whose tokens are taken.</summary>
    [ValidateEnumeratedItems(typeof(TrustedIssuerOptionsValidator))]
    public List<TrustedIssuerOptions> TrustedIssuers { get; } = [];

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var trusted in TrustedIssuers)
        {
            if (trusted.Issuer == Issuer || Split(ValidIssuers).Contains(trusted.Issuer, StringComparer.Ordinal))
                yield return new ValidationResult($"Iggy:Http:Jwt:TrustedIssuers names '{trusted.Issuer}', whose tokens are this server's own; allowed: others.", [nameof(TrustedIssuers)]);
        }
        if (!UseBase64Secret)
            yield break;
        foreach (var (name, secret) in new[] { (nameof(EncodingSecret), EncodingSecret), (nameof(DecodingSecret), DecodingSecret) })
        {
            if (secret is not null && !Convert.TryFromBase64String(secret, new byte[secret.Length], out _))
                yield return new ValidationResult($"Iggy:Http:Jwt:{name} is no Base64; allowed: Base64, or Iggy:Http:Jwt:UseBase64Secret false.", [name]);
        }
    }

    /// <summary>The entries of a list by commas.</summary>
    internal static string[] Split(string list) => list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}

[OptionsValidator]
internal sealed partial class JwtOptionsValidator : IValidateOptions<JwtOptions>;
