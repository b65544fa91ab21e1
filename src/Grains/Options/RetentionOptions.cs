using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Iggy.Grains.Options;

/// <summary>Removal of old messages, as each topic's expiry and maximum size ask for it. Section <c>Iggy:Retention</c>.</summary>
public sealed class RetentionOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Iggy:Retention";

    /// <summary>Whether topics keep to their expiry and their maximum size. Default true; Apache Iggy's default is false, and its settings have no effect then.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Time between two looks at a topic that has a limit. 10 ms to 1 day, default 1 minute, as Apache Iggy's.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "1.00:00:00")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromMinutes(1);
}

[OptionsValidator]
internal sealed partial class RetentionOptionsValidator : IValidateOptions<RetentionOptions>;
