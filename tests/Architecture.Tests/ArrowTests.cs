using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;

namespace Iggy.Architecture.Tests;

/// <summary>Who may depend on whom: the table of docs/ARCHITECTURE.md.</summary>
public sealed partial class ArrowTests
{
    private static readonly Dictionary<string, string[]> _arrows = new()
    {
        ["Primitives"] = [],
        ["Protocol"] = [],
        ["Storage"] = ["Primitives"],
        ["Grains.Interfaces"] = [],
        ["Grains"] = ["Grains.Interfaces", "Storage"],
        ["Quic"] = ["Primitives"],
        ["Replication"] = [],
        ["Links"] = [],
        ["Replicas"] = ["Links", "Replication", "Storage"],
        ["Gateway"] = ["Grains.Interfaces", "Primitives", "Protocol"],
        ["Gateway.Wire"] = ["Gateway", "Quic"],
        ["Gateway.Http"] = ["Gateway"],
        ["Gateway.Grpc"] = ["Gateway"],
        ["Client"] = ["Protocol", "Grains.Interfaces", "Primitives", "Quic"],
        ["Client.Hosting"] = ["Client"],
        ["Orleans.Streaming"] = ["Client"],
        ["Testing"] = ["Silo", "Gateway"],
        ["Aspire"] = ["Client"],
        ["Cli"] = ["Client"],
        ["Silo"] = ["Archive", "Grains", "Gateway", "Gateway.Wire", "Gateway.Http", "Gateway.Grpc"],
        ["Archive"] = ["Grains", "Storage"],
    };

    // Goal: nobody adds an arrow unnoticed. Method: the project files themselves; a project without a row fails too.
    [Fact]
    public void ProjectReferences_OfSources_AreInTheTable()
    {
        var wrong = new List<string>();
        foreach (var project in Repository.Files("src", "*.csproj"))
        {
            var room = Path.GetFileNameWithoutExtension(project);
            if (!_arrows.TryGetValue(room, out var allowed))
            {
                wrong.Add($"{room} has no row in the table");
                continue;
            }
            foreach (var reference in Repository.Elements(project, "ProjectReference"))
            {
                var target = Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/'));
                if (!allowed.Contains(target))
                    wrong.Add($"{room} -> {target}");
            }
        }
        Assert.Empty(wrong);
    }

    // Goal: references that come along with others are not used past the table either. Method: what the compiled assemblies really refer to;
    // a room may name what its rooms stand on, which is more only for the two at the top.
    [Fact]
    public void CompiledAssemblies_ReferToRooms_BelowThem()
    {
        var wrong = new List<string>();
        foreach (var (room, _) in _arrows.Where(row => row.Key != "Cli")) // not beside this test; its one arrow is checked above
        {
            foreach (var target in ReferencesOf(Path.Combine(AppContext.BaseDirectory, AssemblyOf(room) + ".dll")))
            {
                if (_arrows.Keys.FirstOrDefault(other => AssemblyOf(other) == target) is { } other && !Below(room).Contains(other))
                    wrong.Add($"{room} -> {other}");
            }
        }
        Assert.Empty(wrong);
    }

    // Goal: a type is found by its name. Method: the namespace line of each file starts with its room's.
    [Fact]
    public void Namespaces_OfSources_StartWithTheirRoom()
    {
        var wrong = new List<string>();
        foreach (var file in Repository.Files("src", "*.cs"))
        {
            var room = Path.GetRelativePath(Path.Combine(Repository.Root, "src"), file).Split(Path.DirectorySeparatorChar)[0];
            foreach (Match line in NamespaceLine().Matches(File.ReadAllText(file)))
            {
                var name = line.Groups[1].Value;
                if (name != $"Iggy.{room}" && !name.StartsWith($"Iggy.{room}.", StringComparison.Ordinal))
                    wrong.Add($"{Repository.Name(file)}: {name}");
            }
        }
        Assert.Empty(wrong);
    }

    private static string AssemblyOf(string room) => room switch { "Silo" => "iggy-server", "Cli" => "iggy", _ => $"Iggy.{room}" };

    private static HashSet<string> Below(string room)
    {
        var below = new HashSet<string>(_arrows[room]);
        foreach (var next in _arrows[room])
            below.UnionWith(Below(next));
        return below;
    }

    private static IEnumerable<string> ReferencesOf(string assembly)
    {
        using var file = new PEReader(File.OpenRead(assembly));
        var metadata = file.GetMetadataReader();
        return [.. metadata.AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name))];
    }

    [GeneratedRegex(@"^namespace\s+([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex NamespaceLine();
}
