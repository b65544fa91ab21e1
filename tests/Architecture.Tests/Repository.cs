using System.Xml.Linq;

namespace Iggy.Architecture.Tests;

/// <summary>The files of this checkout.</summary>
internal static class Repository
{
    /// <summary>The folder with Iggy.sln.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Files under a folder that people write: not what a build leaves. Never empty.</summary>
    public static IReadOnlyList<string> Files(string folder, string pattern)
    {
        var files = Directory.EnumerateFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories)
            .Where(file => !Path.GetRelativePath(Root, file).Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj" or "artifacts" or "TestResults"))
            .Order(StringComparer.Ordinal)
            .ToArray();
        Assert.NotEmpty(files); // a rule about no files would always hold
        return files;
    }

    /// <summary>Path below the root, for messages.</summary>
    public static string Name(string file) => Path.GetRelativePath(Root, file);

    /// <summary>All project files.</summary>
    public static IReadOnlyList<string> Projects() => Files("", "*.csproj");

    /// <summary>Elements of a project file, wherever they stand.</summary>
    public static IReadOnlyList<XElement> Elements(string project, string name) => [.. XDocument.Load(project).Descendants(name)];

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Iggy.sln")))
                return folder.FullName;
        }
        throw new InvalidOperationException($"No Iggy.sln above {AppContext.BaseDirectory}.");
    }
}
