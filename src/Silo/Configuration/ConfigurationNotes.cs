namespace Iggy.Silo.Configuration;

/// <summary>What was noticed while the configuration was read, kept until there is a log to tell it to.</summary>
public sealed class ConfigurationNotes
{
    /// <summary>Stop the start. Each names a setting, the value given and what is allowed.</summary>
    public List<string> Errors { get; } = [];

    /// <summary>Something asked for will not happen.</summary>
    public List<string> Warnings { get; } = [];

    /// <summary>What was applied, and what was taken without effect.</summary>
    public List<string> Details { get; } = [];
}
