namespace Iggy.Silo.Configuration;

/// <summary>Reads Apache Iggy's environment names into keys of ours.</summary>
public static class IggyEnvironment
{
    private const string Masked = "******";

    /// <summary>Applies every variable that is set.</summary>
    /// <param name="variables">The environment.</param>
    /// <param name="notes">Gets the errors, warnings and what was applied.</param>
    /// <returns>Keys and values for the configuration.</returns>
    public static Dictionary<string, string?> Read(IReadOnlyDictionary<string, string> variables, ConfigurationNotes notes)
    {
        var settings = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        var given = new List<(int Order, EnvironmentName Entry, string Variable, string Text)>();
        foreach (var (variable, text) in variables)
        {
            if (string.IsNullOrEmpty(text)) // an empty value means: not set
                continue;
            if (IggyEnvironmentNames.Find(variable) is { } entry)
                given.Add((IndexOf(entry), entry, variable, text));
            else if (variable.StartsWith("IGGY_", StringComparison.OrdinalIgnoreCase) && !IggyEnvironmentNames.IsExempt(variable))
                notes.Warnings.Add($"{variable} is not known and has no effect.{NearestNames.Suggest(variable, KnownNames())}");
        }

        // In the table's order, so that the one that wins does not depend on the environment's.
        given.Sort(static (a, b) => a.Order != b.Order ? a.Order.CompareTo(b.Order) : string.CompareOrdinal(a.Variable, b.Variable));
        foreach (var (_, entry, variable, text) in given)
            Apply(entry, variable, text, settings, notes);
        return settings;
    }

    private static void Apply(EnvironmentName entry, string variable, string text, Dictionary<string, string?> settings, ConfigurationNotes notes)
    {
        var shown = entry.IsSecret ? Masked : text;
        if (!SettingReader.TryRead(entry.Kind, text.Trim(), out var value, out var allowed))
        {
            if (variable == "RUST_LOG") // for programs of another kind; only what we understand of it counts
                notes.Details.Add($"{variable}={shown} names no level for the whole server and has no effect.");
            else if (entry.Effect is SettingEffect.None or SettingEffect.PartNotHere)
                notes.Warnings.Add($"{variable} is '{shown}', which Apache Iggy would not take; allowed: {allowed}. It has no effect here.");
            else
                notes.Errors.Add($"{variable} is '{shown}'; allowed: {allowed}.");
            return;
        }

        switch (entry.Effect)
        {
            case SettingEffect.Sets when value is not null:
                settings[entry.Key!] = value;
                notes.Details.Add($"{variable}={shown} sets {entry.Key}.");
                break;
            case SettingEffect.Protection when value == "true":
                notes.Errors.Add($"{variable} is '{shown}', but {entry.Why}; allowed: false, or leave it out. The server does not start with less protection than was asked for.");
                break;
            case SettingEffect.Missed when value == "true":
                notes.Warnings.Add($"{variable} is '{shown}' and has no effect: {entry.Why}.");
                break;
            case SettingEffect.None or SettingEffect.PartNotHere:
                notes.Details.Add($"{variable}={shown} has no effect: {entry.Why}.");
                break;
            default:
                break; // switched off, as it is here anyway
        }
    }

    private static int IndexOf(EnvironmentName entry)
    {
        for (var i = 0; i < IggyEnvironmentNames.All.Count; i++)
        {
            if (ReferenceEquals(IggyEnvironmentNames.All[i], entry))
                return i;
        }
        return -1;
    }

    private static IEnumerable<string> KnownNames() => IggyEnvironmentNames.All.Select(static entry => entry.Name);
}
