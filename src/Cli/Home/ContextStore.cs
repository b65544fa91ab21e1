using System.Globalization;
using Tomlyn.Model;

namespace Iggy.Cli.Home;

/// <summary>Contexts: named sets of connection settings, of which one is active. Files and keys are upstream's: a table for each context in
/// <c>contexts.toml</c>, the active one's name in <c>.active_context</c>.</summary>
internal sealed class ContextStore(HomeFolder home)
{
    /// <summary>The context that is always there, with nothing in it unless the file says so.</summary>
    public const string Default = "default";

    private const string ContextsFile = "contexts.toml", ActiveFile = ".active_context";

    /// <summary>Name of the active context.</summary>
    public string Active => home.ReadText(ActiveFile) is { Length: > 0 } name ? name : Default;

    /// <summary>All names, <see cref="Default"/> first.</summary>
    public IReadOnlyList<string> Names => [Default, .. home.ReadTables(ContextsFile).Keys.Where(name => name != Default).Order(StringComparer.Ordinal)];

    /// <summary>The settings of the active context by key, such as <c>tcp_server_address</c>.</summary>
    /// <exception cref="CommandException">It is not there.</exception>
    public IReadOnlyDictionary<string, string> ReadActive()
    {
        var name = Active;
        if (home.ReadTables(ContextsFile).TryGetValue(name, out var found) && found is TomlTable table)
            return table.ToDictionary(pair => pair.Key, pair => TextOf(pair.Value), StringComparer.Ordinal);
        return name == Default
            ? new Dictionary<string, string>()
            : throw new CommandException(ExitCode.Usage, $"The active context '{name}' is not in {home.PathOf(ContextsFile)}; choose another with 'iggy context use'.");
    }

    /// <summary>The settings of one context by key.</summary>
    /// <exception cref="CommandException">It is not there.</exception>
    public IReadOnlyDictionary<string, string> Read(string name)
    {
        Require(name);
        return home.ReadTables(ContextsFile).TryGetValue(name, out var found) && found is TomlTable table
            ? table.ToDictionary(pair => pair.Key, pair => TextOf(pair.Value), StringComparer.Ordinal)
            : new Dictionary<string, string>();
    }

    /// <summary>Adds a context.</summary>
    /// <exception cref="CommandException">There is one of this name.</exception>
    public void Create(string name, IReadOnlyDictionary<string, object> settings)
    {
        var contexts = home.ReadTables(ContextsFile);
        if (name == Default || contexts.ContainsKey(name))
            throw new CommandException(ExitCode.Usage, $"There is a context '{name}' already.");
        var table = new TomlTable();
        foreach (var (key, value) in settings)
            table[key] = value;
        contexts[name] = table;
        home.WriteTables(ContextsFile, contexts);
    }

    /// <summary>Makes a context the active one.</summary>
    /// <exception cref="CommandException">It is not there.</exception>
    public void Use(string name)
    {
        Require(name);
        home.WriteText(ActiveFile, name);
    }

    /// <summary>Removes a context; when it was active, the default one is from now on.</summary>
    /// <exception cref="CommandException">It is not there, or is the default one.</exception>
    public void Delete(string name)
    {
        if (name == Default)
            throw new CommandException(ExitCode.Usage, $"The context '{Default}' can't be deleted.");
        Require(name);
        if (Active == name)
            home.WriteText(ActiveFile, Default);
        var contexts = home.ReadTables(ContextsFile);
        contexts.Remove(name);
        home.WriteTables(ContextsFile, contexts);
    }

    private void Require(string name)
    {
        if (!Names.Contains(name))
            throw new CommandException(ExitCode.NotFound, $"There is no context '{name}'.");
    }

    private static string TextOf(object? value) => value switch
    {
        bool flag => flag ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };
}
