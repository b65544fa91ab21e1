namespace Iggy.Testing;

/// <summary>Where things lie in this checkout, found from where the test runs.</summary>
public static class RepositoryPaths
{
    /// <summary>The folder with Iggy.sln.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The server built beside the running tests, in the same configuration, or the one that <c>TEST_SERVER</c> names, such as a published one.</summary>
    public static string Server { get; } = Environment.GetEnvironmentVariable("TEST_SERVER") is { Length: > 0 } named ? named : Path.Combine(Root, "src", "Silo", "bin", Configuration, "net10.0", "iggy-server");

    /// <summary>The command-line tool built in the same configuration.</summary>
    public static string Cli { get; } = Path.Combine(Root, "src", "Cli", "bin", Configuration, "net10.0", "iggy");

    /// <summary>The example of tracing, built in the same configuration.</summary>
    public static string Tracing { get; } = Path.Combine(Root, "examples", "tracing", "bin", Configuration, "net10.0", "tracing");

    private static string Configuration => AppContext.BaseDirectory.Contains($"{Path.DirectorySeparatorChar}Release{Path.DirectorySeparatorChar}", StringComparison.Ordinal) ? "Release" : "Debug";

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
