using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Iggy.Ui;

/// <summary>The console in the browser. Section <c>Iggy:Ui</c>.</summary>
public sealed class UiOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Iggy:Ui";

    /// <summary>Whether the console is served under <c>/ui</c> of the HTTP listener. Without a value it is where <c>Iggy:Http:Address</c> is one that only the
    /// machine itself reaches. <c>Iggy:Http:WebUi</c>, which serves the files of another UI there, goes before it.</summary>
    public bool? Enabled { get; set; }

    /// <summary>Most open pages at a time, of all users together; one more is answered with 503. Default 250.</summary>
    [Range(1, 10_000)]
    public int MaxPages { get; set; } = 250;

    /// <summary>Most logins at a time; the one that was unused for longest ends for one more. Default 1,000.</summary>
    [Range(1, 100_000)]
    public int MaxLogins { get; set; } = 1_000;

    /// <summary>How long a login without an open page lasts. 1 minute to 30 days, default 12 hours.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00")]
    public TimeSpan LoginTimeout { get; set; } = TimeSpan.FromHours(12);
}

/// <summary>Checks <see cref="UiOptions"/> at start.</summary>
[OptionsValidator]
internal sealed partial class UiOptionsValidator : IValidateOptions<UiOptions>;
