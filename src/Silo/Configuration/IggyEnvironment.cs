namespace Iggy.Silo.Configuration;

/// <summary>Reads Apache Iggy's environment names into keys of ours.</summary>
public static class IggyEnvironment
{
    private const string Masked = "******";

    /// <summary>Applies every variable that is set.</summary>
    /// <param name="variables">The environment.</param>
    /// <param name="notes">Gets the errors, warnings and what was applied.</param>
    /// <param name="file">What Apache Iggy's file says, by the same names; what the environment sets too is left out of it.</param>
    /// <returns>Keys and values for the configuration.</returns>
    public static Dictionary<string, string?> Read(
        IReadOnlyDictionary<string, string> variables, ConfigurationNotes notes, IReadOnlyDictionary<string, IggyTomlFile.Setting>? file = null)
    {
        var settings = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        var given = new List<Given>();
        foreach (var (variable, setting) in file ?? new Dictionary<string, IggyTomlFile.Setting>())
        {
            if (string.IsNullOrEmpty(variables.GetValueOrDefault(variable)))
                Take(variable, setting.Spelling, setting.Text, isFromFile: true, given, notes);
        }
        foreach (var (variable, text) in variables)
            Take(variable, variable, text, isFromFile: false, given, notes);

        // The file's before the environment's, each in the table's order: which of two wins does not depend on the order of either.
        given.Sort(static (a, b) => (!a.IsFromFile, a.Order, a.Spelling).CompareTo((!b.IsFromFile, b.Order, b.Spelling)));
        foreach (var one in given)
            Apply(one.Entry, one.Key, one.Spelling, one.Text, settings, notes);
        return settings;
    }

    private sealed record Given(int Order, EnvironmentName Entry, string? Key, string Spelling, string Text, bool IsFromFile);

    private static void Take(string variable, string spelling, string text, bool isFromFile, List<Given> given, ConfigurationNotes notes)
    {
        if (text.Length == 0) // an empty value means: not set
            return;
        if (IggyEnvironmentNames.Find(variable) is { } entry)
            given.Add(new Given(IndexOf(entry), entry, entry.KeyFor(variable), spelling, text, isFromFile));
        else if (variable.StartsWith("IGGY_", StringComparison.OrdinalIgnoreCase) && !IggyEnvironmentNames.IsExempt(variable))
            notes.Warnings.Add($"{spelling} is not known and has no effect.{NearestNames.Suggest(variable, KnownNames())}");
    }

    private static void Apply(EnvironmentName entry, string? key, string variable, string text, Dictionary<string, string?> settings, ConfigurationNotes notes)
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
                settings[key!] = value;
                notes.Details.Add($"{variable}={shown} sets {key}.");
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
