using System.Collections;
using System.Text.Json;
using Microsoft.Extensions.Configuration;

namespace Iggy.Silo.Configuration;

/// <summary>The configuration of one start: defaults, a file of ours or of Apache Iggy's, Apache Iggy's environment names, ours, and the command line; the later wins.</summary>
public static class ServerConfiguration
{
    /// <summary>The file that is read when <c>IGGY_CONFIG_PATH</c> names none.</summary>
    public const string DefaultFile = "appsettings.json";

    /// <summary>Reads and checks everything.</summary>
    /// <param name="variables">The environment.</param>
    /// <param name="arguments">Pairs of the command line, such as <c>--Iggy:Tcp:Address=[::]:8090</c>.</param>
    /// <param name="folder">Where relative files are looked for.</param>
    /// <param name="notes">Gets every error, warning and detail.</param>
    /// <exception cref="ConfigurationException">The file cannot be read; other errors go to <paramref name="notes"/>.</exception>
    public static IConfigurationRoot Read(IReadOnlyDictionary<string, string> variables, IReadOnlyList<string> arguments, string folder, ConfigurationNotes notes)
    {
        var configuration = new ConfigurationBuilder();
        var iggys = AddFile(configuration, variables.GetValueOrDefault("IGGY_CONFIG_PATH"), folder, notes);
        configuration.AddInMemoryCollection(IggyEnvironment.Read(variables, notes, iggys));
        configuration.AddInMemoryCollection(OurVariables(variables));
        configuration.AddCommandLine([.. arguments]);
        var root = Build(configuration);
        OptionsCheck.Run(root, notes);
        return root;
    }

    /// <summary>The environment of this process.</summary>
    public static IReadOnlyDictionary<string, string> ProcessVariables()
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry entry in Environment.GetEnvironmentVariables())
            variables[(string)entry.Key] = (string?)entry.Value ?? "";
        return variables;
    }

    // Ours is added; what Apache Iggy's says is returned, for it is read with the environment names.
    private static Dictionary<string, IggyTomlFile.Setting>? AddFile(ConfigurationBuilder configuration, string? named, string folder, ConfigurationNotes notes)
    {
        var path = Path.GetFullPath(string.IsNullOrEmpty(named) ? DefaultFile : named, folder);
        if (!File.Exists(path))
        {
            if (!string.IsNullOrEmpty(named)) // Apache Iggy goes on without it as well
                notes.Warnings.Add($"IGGY_CONFIG_PATH is '{named}', which is no file: it has no effect.");
            return null;
        }

        notes.Details.Add($"{path} is read.");
        if (IggyTomlFile.IsOne(path))
            return ReadIggys(path);
        configuration.AddJsonFile(path, optional: false, reloadOnChange: false);
        return null;
    }

    private static Dictionary<string, IggyTomlFile.Setting> ReadIggys(string path)
    {
        try
        {
            return IggyTomlFile.Read(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"The configuration cannot be read: {e.Message}");
        }
    }

    private static IConfigurationRoot Build(ConfigurationBuilder configuration)
    {
        try
        {
            return configuration.Build();
        }
        catch (Exception e) when (e is InvalidDataException or FormatException or IOException or UnauthorizedAccessException)
        {
            var reason = e.GetBaseException() is JsonException json ? $"no JSON at line {json.LineNumber + 1}" : e.GetBaseException().Message;
            throw new ConfigurationException($"The configuration cannot be read: {reason}.");
        }
    }

    // Only ours, so that whatever else lies in the environment cannot reach the configuration.
    private static Dictionary<string, string?> OurVariables(IReadOnlyDictionary<string, string> variables)
    {
        var settings = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in variables)
        {
            if (name.StartsWith("Iggy__", StringComparison.OrdinalIgnoreCase) && value.Length > 0)
                settings[name.Replace("__", ":", StringComparison.Ordinal)] = value;
        }
        return settings;
    }
}
