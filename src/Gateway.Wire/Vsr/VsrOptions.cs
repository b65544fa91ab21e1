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

    /// <summary>Oldest version of the line with sessions apart from connections that is taken. Default 0.12.0.</summary>
    [Required]
    public string OldestSessionsVersion { get; set; } = "0.12.0";

    /// <summary>Newest version of the line with sessions apart from connections that is taken; its patch counts. Default 0.12.2.</summary>
    [Required]
    public string NewestSessionsVersion { get; set; } = "0.12.2";

    /// <summary>How long a session of the 0.12 line, its answers and its places in groups are kept after its last connection has closed, or, without its answers, after the server has started again. 0 to 10 minutes, default 36 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan SessionGrace { get; set; } = TimeSpan.FromSeconds(36);

    /// <summary>Sessions without a connection that are kept, the newest of them. 0 to 1,000,000, default 10,000.</summary>
    [Range(0, 1_000_000)]
    public int MaxParkedSessions { get; set; } = 10_000;

    /// <summary>Longest time from a connection's first byte until it is clear what it speaks. 100 ms to 10 minutes, default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan DecisionTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The address that clients are told in cluster metadata; some keep it to connect again. Default empty: the address that is listened on,
    /// or where that is all of the machine's, the one that the client reached.</summary>
    public string AdvertisedAddress { get; set; } = "";

    /// <summary>All versions.</summary>
    /// <exception cref="InvalidOperationException">The options were not validated.</exception>
    internal VersionWindows Windows() => new(Window(OldestVersion, NewestVersion), Window(OldestSessionsVersion, NewestSessionsVersion));

    private static VersionWindow Window(string oldestText, string newestText) =>
        ProtocolVersion.TryParse(oldestText, out var oldest) && ProtocolVersion.TryParse(newestText, out var newest)
            ? new(oldest, newest)
            : throw new InvalidOperationException("VsrOptions were not validated.");

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var (oldestName, oldestText, newestName, newestText) in ((string, string, string, string)[])
            [
                (nameof(OldestVersion), OldestVersion, nameof(NewestVersion), NewestVersion),
                (nameof(OldestSessionsVersion), OldestSessionsVersion, nameof(NewestSessionsVersion), NewestSessionsVersion),
            ])
        {
            var (hasOldest, hasNewest) = (ProtocolVersion.TryParse(oldestText, out var oldest), ProtocolVersion.TryParse(newestText, out var newest));
            if (!hasOldest)
                yield return new($"Iggy:Vsr:{oldestName} is '{oldestText}'; allowed: three numbers below 1024, such as 0.11.0.", [oldestName]);
            if (!hasNewest)
                yield return new($"Iggy:Vsr:{newestName} is '{newestText}'; allowed: three numbers below 1024, such as 0.11.0.", [newestName]);
            if (hasOldest && hasNewest && oldest.Packed > newest.Packed)
                yield return new($"Iggy:Vsr:{oldestName} is '{oldestText}'; allowed: up to Iggy:Vsr:{newestName}, '{newestText}'.", [oldestName, newestName]);
        }
    }
}

/// <summary>The versions that are taken of each line.</summary>
/// <param name="V11">Later patches of the newest are taken too.</param>
/// <param name="V12">Exactly these.</param>
internal readonly record struct VersionWindows(VersionWindow V11, VersionWindow V12)
{
    /// <summary>What a client of no such version is told: there is room for one window alone.</summary>
    public VersionWindow Told => new(V11.Oldest, V12.Newest);

    /// <summary>Whether a client of that version is taken.</summary>
    public bool Contains(ProtocolVersion version) => ProtocolLine.Of(version).HasBindSecret
        ? version.Packed >= V12.Oldest.Packed && version.Packed <= V12.Newest.Packed
        : V11.Contains(version);
}

[OptionsValidator]
internal sealed partial class VsrOptionsValidator : IValidateOptions<VsrOptions>;
