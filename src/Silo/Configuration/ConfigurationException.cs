namespace Iggy.Silo.Configuration;

/// <summary>The configuration is not allowed. Carries every error that was found, each with the value given and what is allowed.</summary>
/// <param name="errors">At least one; no secret in any.</param>
public sealed class ConfigurationException(params IReadOnlyList<string> errors) : Exception(string.Join(Environment.NewLine, errors))
{
    /// <summary>One line each.</summary>
    public IReadOnlyList<string> Errors { get; } = errors;
}
