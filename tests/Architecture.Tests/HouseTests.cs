using System.Text.RegularExpressions;

namespace Iggy.Architecture.Tests;

/// <summary>The rules of the house that a compiler does not know.</summary>
public sealed partial class HouseTests
{
    private const int MostLines = 400;

    // Goal: files stay readable in one go.
    [Fact]
    public void SourceFiles_AreAtMost400LinesLong()
    {
        var tooLong = Repository.Files("src", "*.cs").Select(file => (file, Lines: File.ReadLines(file).Count()))
            .Where(one => one.Lines > MostLines).Select(one => $"{Repository.Name(one.file)}: {one.Lines}");
        Assert.Empty(tooLong);
    }

    // Goal: what is in the tree is finished. The words are put together here so that this file does not hold them.
    [Fact]
    public void Code_HasNoUnfinishedParts()
    {
        var unfinished = new Regex(@"\b(" + string.Join('|', "TO" + "DO", "FIX" + "ME", "HA" + "CK", "NotImplemented" + "Exception") + @")\b");
        var found = Repository.Files("src", "*.cs").Concat(Repository.Files("tests", "*.cs"))
            .Where(file => unfinished.IsMatch(File.ReadAllText(file))).Select(Repository.Name);
        Assert.Empty(found);
    }

    // Goal: what is in the tree is built and tested.
    [Fact]
    public void Projects_AreAllInTheSolution()
    {
        var solution = File.ReadAllText(Path.Combine(Repository.Root, "Iggy.sln")).Replace('\\', '/');
        var missing = Repository.Projects().Select(Repository.Name).Where(project => !solution.Contains($"\"{project}\"", StringComparison.Ordinal));
        Assert.Empty(missing);
    }

    // Goal: one place decides a package's version.
    [Fact]
    public void PackageVersions_StandInOneFile()
    {
        var own = Repository.Projects().SelectMany(project => Repository.Elements(project, "PackageReference")
            .Where(package => package.Attribute("Version") is not null || package.Attribute("VersionOverride") is not null || package.Element("Version") is not null)
            .Select(package => $"{Repository.Name(project)}: {package.Attribute("Include")?.Value}"));
        Assert.Empty(own);
    }

    // Goal: a restore gives the same packages everywhere. Method: each project has its lock file.
    [Fact]
    public void Projects_HaveALockFile() =>
        Assert.Empty(Repository.Projects().Where(project => !File.Exists(Path.Combine(Path.GetDirectoryName(project)!, "packages.lock.json"))).Select(Repository.Name));

    // Goal: an event id means one thing, so that alerts can be hung on it.
    [Fact]
    public void LogEvents_HaveIdsOfTheirOwn()
    {
        var twice = LogEvents().GroupBy(one => one.Id).Where(group => group.Count() > 1)
            .Select(group => $"{group.Key}: {string.Join(", ", group.Select(one => one.File))}");
        Assert.Empty(twice);
    }

    // Goal: operators find every event in docs/LOGS.md. Method: the first column of its tables.
    [Fact]
    public void LogEvents_AreListedInTheDocument()
    {
        var document = Path.Combine(Repository.Root, "docs", "LOGS.md");
        Assert.SkipUnless(File.Exists(document), "docs/LOGS.md is not there.");
        var listed = ListedEvent().Matches(File.ReadAllText(document))
            .SelectMany(row => row.Groups[1].Value.Split(',')).Select(id => int.Parse(id, provider: null)).ToHashSet();
        var written = LogEvents().Select(one => one.Id).ToHashSet();
        Assert.Empty(written.Except(listed).Select(id => $"{id} is not listed"));
        Assert.Empty(listed.Except(written).Select(id => $"{id} is listed and does not exist"));
    }

    // Goal: a decision is found by its number. Method: file names, and the number that each repeats in its title.
    [Fact]
    public void Decisions_HaveNumbersOfTheirOwn_WithoutAGap()
    {
        var files = Repository.Files(Path.Combine("docs", "adr"), "*.md");
        var numbers = files.Select(file => int.Parse(Path.GetFileName(file).AsSpan(0, 4), provider: null)).ToArray();
        Assert.Equal(Enumerable.Range(1, numbers.Length), numbers);
        Assert.All(files, file => Assert.StartsWith($"# {Path.GetFileName(file)[..4]} ", File.ReadLines(file).First(), StringComparison.Ordinal));
    }

    private static (int Id, string File)[] LogEvents()
    {
        var events = Repository.Files("src", "*.cs").SelectMany(file => LogEvent().Matches(File.ReadAllText(file))
            .Select(found => (int.Parse(found.Groups[1].ValueSpan, provider: null), Repository.Name(file)))).ToArray();
        Assert.NotEmpty(events);
        return events;
    }

    [GeneratedRegex(@"\[LoggerMessage\((?:EventId\s*=\s*)?(\d+)")]
    private static partial Regex LogEvent();

    [GeneratedRegex(@"^\|\s*(\d+(?:,\s*\d+)*)\s*\|", RegexOptions.Multiline)]
    private static partial Regex ListedEvent();
}
