using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace Iggy.Client.Hosting;

/// <summary>A time between two others. The framework's own range asks a type for its converter, which a trimmed program may not have.</summary>
/// <param name="least">As <c>hh:mm:ss</c>.</param>
/// <param name="most">As <c>hh:mm:ss</c>.</param>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class DurationAttribute(string least, string most) : ValidationAttribute($"The field {{0}} must be between {least} and {most}.")
{
    /// <summary>As <c>hh:mm:ss</c>.</summary>
    public string Least => least;

    /// <summary>As <c>hh:mm:ss</c>.</summary>
    public string Most => most;

    /// <inheritdoc/>
    public override bool IsValid(object? value) => value is TimeSpan time
        && time >= TimeSpan.Parse(least, CultureInfo.InvariantCulture) && time <= TimeSpan.Parse(most, CultureInfo.InvariantCulture);
}
