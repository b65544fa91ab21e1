using System.ComponentModel.DataAnnotations;
using Iggy.Protocol.Vsr;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Wire.Vsr;

/// <summary>The newer dialect of the protocol, on the same ports as the classic one. Section <c>Iggy:Vsr</c>.</summary>
public sealed class VsrOptions : IValidatableObject
{
    /// <summary>The section's name.</summary>
    public const string Section = "Iggy:Vsr";

    /// <summary>Whether clients of the newer dialect are served. Default true.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Oldest version of the dialect that is taken, as <c>major.minor.patch</c>. Default 0.11.0.</summary>
    [Required]
    public string OldestVersion { get; set; } = "0.11.0";

    /// <summary>Newest version of the dialect that is taken; later patches of it are taken too. To be raised only where a release did not change the
    /// layouts. Default 0.11.0.</summary>
    [Required]
    public string NewestVersion { get; set; } = "0.11.0";

    /// <summary>Longest time from a connection's first byte until it is clear what it speaks. 100 ms to 10 minutes, default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan DecisionTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The address that clients are told in cluster metadata; some keep it to connect again. Default empty: the address that is listened on,
    /// or where that is all of the machine's, the one that the client reached.</summary>
    public string AdvertisedAddress { get; set; } = "";

    /// <summary>Both versions.</summary>
    /// <exception cref="InvalidOperationException">The options were not validated.</exception>
    internal VersionWindow Window() =>
        ProtocolVersion.TryParse(OldestVersion, out var oldest) && ProtocolVersion.TryParse(NewestVersion, out var newest)
            ? new(oldest, newest)
            : throw new InvalidOperationException("VsrOptions were not validated.");

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        var (hasOldest, hasNewest) = (ProtocolVersion.TryParse(OldestVersion, out var oldest), ProtocolVersion.TryParse(NewestVersion, out var newest));
        if (!hasOldest)
            yield return new($"Iggy:Vsr:OldestVersion is '{OldestVersion}'; allowed: three numbers below 1024, such as 0.11.0.", [nameof(OldestVersion)]);
        if (!hasNewest)
            yield return new($"Iggy:Vsr:NewestVersion is '{NewestVersion}'; allowed: three numbers below 1024, such as 0.11.0.", [nameof(NewestVersion)]);
        if (hasOldest && hasNewest && oldest.Packed > newest.Packed)
            yield return new($"Iggy:Vsr:OldestVersion is '{OldestVersion}'; allowed: up to Iggy:Vsr:NewestVersion, '{NewestVersion}'.", [nameof(OldestVersion), nameof(NewestVersion)]);
    }
}

[OptionsValidator]
internal sealed partial class VsrOptionsValidator : IValidateOptions<VsrOptions>;
