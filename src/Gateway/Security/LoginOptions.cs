using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Security;

/// <summary>What failed logins cost those who make them. Section <c>Iggy:Login</c>.</summary>
public sealed class LoginOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Iggy:Login";

    /// <summary>Failed logins a minute, from one address or for one name, that are answered at once; from then on each waits longer. A name that fails
    /// three times as often from one address is tried there by four at a time until some of its failures are forgotten. 0 (no limit) to 1,000,000,
    /// default 10.</summary>
    [Range(0, 1_000_000)]
    public int FailuresPerMinute { get; set; } = 10;

    /// <summary>Longest wait of an answer to a failed login. 0 to 1 minute, default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan MaxDelay { get; set; } = TimeSpan.FromSeconds(5);
}

[OptionsValidator]
internal sealed partial class LoginOptionsValidator : IValidateOptions<LoginOptions>;
