using System.Text.RegularExpressions;

namespace Iggy.Architecture.Tests;

/// <summary>Arrows between the folders of a project: one way, so that each can be read, tested and moved alone.</summary>
/// <remarks>A node is a folder right below the project, or a file beside the folders; files beside them may know each other as those in a folder do. An
/// arrow is a using of the folder's namespace, or a type of that file that is named in code.</remarks>
public sealed partial class RoomTests
{
    // Goal: no cycle grows back.
    [Theory]
    [MemberData(nameof(Projects))]
    public void Folders_OfAProject_HaveNoCycle(string project)
    {
        Assert.Empty(Cycle(ArrowsOf(project)));
    }

    // Goal: the test above sees arrows at all.
    [Fact]
    public void Arrows_OfTheGateway_AreSeen()
    {
        var graph = ArrowsOf("Gateway");
        Assert.Contains("Sessions", graph["Commands"]);
        Assert.Contains("Commands", graph["GatewayServiceCollectionExtensions.cs"]);
    }

    // Goal: a cycle is found when there is one, over any number of steps.
    [Fact]
    public void Cycle_OverThreeNodes_IsFound() =>
        Assert.Equal(["A", "B.cs", "C.cs", "A"], Cycle(new() { ["A"] = ["B.cs"], ["B.cs"] = ["C.cs"], ["C.cs"] = ["A"], ["D"] = ["A"] }));

    // Goal: files that stand beside each other are one idea's, as in a folder.
    [Fact]
    public void Cycle_AmongFilesBesideFolders_IsNone() => Assert.Empty(Cycle(new() { ["B.cs"] = ["C.cs", "A"], ["C.cs"] = ["B.cs"] }));

    /// <summary>The projects under <c>src</c>.</summary>
    public static TheoryData<string> Projects => [.. Repository.Files("src", "*.csproj").Select(Path.GetFileNameWithoutExtension).Select(name => name!)];

    private static Dictionary<string, HashSet<string>> ArrowsOf(string project)
    {
        var root = Path.Combine(Repository.Root, "src", project);
        var sources = Repository.Files(Path.Combine("src", project), "*.cs").Select(file => (Node: NodeOf(root, file), Text: CommentOrText().Replace(File.ReadAllText(file), ""))).ToArray();
        var typesBesideFolders = sources.Where(source => source.Node.EndsWith(".cs", StringComparison.Ordinal))
            .SelectMany(source => Declaration().Matches(source.Text).Select(type => (Type: type.Groups[1].Value, source.Node)))
            .ToLookup(one => one.Type, one => one.Node);
        var rooms = sources.Select(source => source.Node).ToHashSet();

        var graph = new Dictionary<string, HashSet<string>>();
        foreach (var (node, text) in sources)
        {
            var targets = graph.TryGetValue(node, out var known) ? known : graph[node] = [];
            targets.UnionWith(Using().Matches(text).Where(use => use.Groups[1].Value == project || use.Groups[1].Value.StartsWith(project + ".", StringComparison.Ordinal))
                .Select(use => use.Groups[1].Value[project.Length..].TrimStart('.').Split('.')[0]).Where(rooms.Contains));
            foreach (var word in Word().Matches(text).Select(found => found.Value).Distinct())
            {
                // A type in several files (a partial one) is one idea: its files are one node.
                if (typesBesideFolders[word].FirstOrDefault() is { } file && !typesBesideFolders[word].Contains(node))
                    targets.Add(file);
            }
            targets.Remove(node);
        }
        return graph;
    }

    private static string NodeOf(string root, string file) => Path.GetRelativePath(root, file).Split(Path.DirectorySeparatorChar)[0];

    // The shortest way from a folder back to it.
    private static string[] Cycle(Dictionary<string, HashSet<string>> graph)
    {
        foreach (var folder in graph.Keys.Where(node => !node.EndsWith(".cs", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            var ways = new Queue<string[]>([[folder]]);
            var seen = new HashSet<string>();
            while (ways.TryDequeue(out var way))
            {
                foreach (var next in graph.GetValueOrDefault(way[^1]) ?? [])
                {
                    if (next == folder)
                        return [.. way, folder];
                    if (seen.Add(next))
                        ways.Enqueue([.. way, next]);
                }
            }
        }
        return [];
    }

    [GeneratedRegex(@"//[^\n]*|""""""[\s\S]*?""""""|""(?:\\.|[^""\\\n])*""")]
    private static partial Regex CommentOrText();

    [GeneratedRegex(@"^using (?:static |\w+ = )?Iggy\.([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Using();

    [GeneratedRegex(@"^(?:public|internal)[\w ]*?\b(?:class|struct|interface|enum|record(?: struct)?|delegate [\w<>?]+) (\w+)", RegexOptions.Multiline)]
    private static partial Regex Declaration();

    [GeneratedRegex(@"(?<!\.)\b[A-Z]\w+")]
    private static partial Regex Word();
}
