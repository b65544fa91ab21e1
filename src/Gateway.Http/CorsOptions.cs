using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Http;

/// <summary>Which pages of other origins a browser lets use the API. Section <c>Iggy:Http:Cors</c>.</summary>
public sealed class CorsOptions : IValidatableObject
{
    /// <summary>The section's name.</summary>
    public const string Section = "Iggy:Http:Cors";

    /// <summary>Whether browsers are told at all. Default true.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Methods that pages may use, by commas. Default <c>GET, POST, PUT, DELETE</c>.</summary>
    public string AllowedMethods { get; set; } = "GET, POST, PUT, DELETE";

    /// <summary>Origins of pages, by commas; <c>*</c> as the first for all. Default <c>*</c>.</summary>
    public string AllowedOrigins { get; set; } = "*";

    /// <summary>Headers that pages may send, by commas. Default <c>content-type, authorization</c>.</summary>
    public string AllowedHeaders { get; set; } = "content-type, authorization";

    /// <summary>Headers of answers that pages may read, by commas. Default none.</summary>
    public string ExposedHeaders { get; set; } = "";

    /// <summary>Whether pages may send cookies; not together with every origin. Default false.</summary>
    public bool AllowCredentials { get; set; }

    /// <summary>Whether pages of the internet may reach a server in a private network. Default false.</summary>
    public bool AllowPrivateNetwork { get; set; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (AllowCredentials && (Entries(AllowedOrigins).FirstOrDefault() == "*" || Entries(AllowedMethods).Contains("*") || Entries(AllowedHeaders).Contains("*")))
            yield return new ValidationResult("Iggy:Http:Cors:AllowCredentials is 'true' beside a '*'; allowed: origins, methods and headers by name, or false.", [nameof(AllowCredentials)]);
    }

    /// <summary>The entries of a list by commas, without blank ones.</summary>
    internal static string[] Entries(string list) => list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}

[OptionsValidator]
internal sealed partial class CorsOptionsValidator : IValidateOptions<CorsOptions>;
