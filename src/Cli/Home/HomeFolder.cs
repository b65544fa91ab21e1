using Iggy.Primitives;
using Tomlyn;
using Tomlyn.Model;

namespace Iggy.Cli.Home;

/// <summary>The folder with what the tool keeps between two runs: <c>IGGY_HOME</c>, or <c>.iggy</c> in the user's own. Its files may hold secrets, so
/// they are readable by their owner only, and messages never quote them.</summary>
internal sealed class HomeFolder(Surroundings surroundings)
{
    private readonly string _path = surroundings.Variable("IGGY_HOME") is { Length: > 0 } given
        ? given
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".iggy");

    /// <summary>Where a file is.</summary>
    public string PathOf(string name) => Path.Combine(_path, name);

    /// <summary>Reads a text without the space around it; null when there is no such file.</summary>
    public string? ReadText(string name) => File.Exists(PathOf(name)) ? File.ReadAllText(PathOf(name)).Trim() : null;

    /// <summary>Reads the tables of a TOML file; none when there is no such file.</summary>
    /// <exception cref="CommandException">It is no TOML.</exception>
    public TomlTable ReadTables(string name)
    {
        if (ReadText(name) is not { Length: > 0 } text)
            return [];
        try
        {
            return TomlSerializer.Deserialize(text, CliToml.Default.TomlTable) ?? [];
        }
        catch (TomlException e)
        {
            throw new CommandException(ExitCode.Usage, $"{PathOf(name)} is no TOML at line {e.Line?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "?"}.");
        }
    }

    /// <summary>Replaces the tables of a TOML file.</summary>
    public void WriteTables(string name, TomlTable tables) => WriteText(name, TomlSerializer.Serialize(tables, CliToml.Default.TomlTable));

    /// <summary>Replaces a file at once: a crash leaves the old one or the new one.</summary>
    public void WriteText(string name, string text)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(_path);
        else
            Directory.CreateDirectory(_path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        AtomicFile.Write(PathOf(name), text, ownerOnly: true, suffix: $".{Environment.ProcessId}");
    }
}
