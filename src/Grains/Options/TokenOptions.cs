using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Iggy.Grains.Options;

/// <summary>Personal access tokens. Section <c>Iggy:PersonalAccessTokens</c>.</summary>
public sealed class TokenOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Iggy:PersonalAccessTokens";

    /// <summary>Most tokens of one user. 0 (none can be made) to 10,000, default 100, as Apache Iggy's.</summary>
    [Range(0, 10_000)]
    public int MaxTokensPerUser { get; set; } = 100;

    /// <summary>Whether expired tokens are removed by and by. Default true. They never let anybody in, removed or not.</summary>
    public bool CleanerEnabled { get; set; } = true;

    /// <summary>Time between two looks for expired tokens. 1 ms to 1 day, default 1 minute, as Apache Iggy's.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "1.00:00:00")]
    public TimeSpan CleanerInterval { get; set; } = TimeSpan.FromMinutes(1);
}

[OptionsValidator]
internal sealed partial class TokenOptionsValidator : IValidateOptions<TokenOptions>;
