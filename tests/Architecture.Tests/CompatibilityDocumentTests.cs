using System.Globalization;
using System.Text.RegularExpressions;

namespace Iggy.Architecture.Tests;

/// <summary>docs/COMPATIBILITY.md promises nothing that is not there.</summary>
public sealed partial class CompatibilityDocumentTests
{
    private const int Scenarios = 85;

    private static readonly string s_text = File.ReadAllText(Path.Combine(Repository.Root, "docs", "COMPATIBILITY.md"));

    // Goal: whoever looks for the proof finds it.
    [Fact]
    public void Tests_ThatItNames_AreThere()
    {
        var known = Repository.Files("tests", "*.cs").Select(Path.GetFileNameWithoutExtension).ToHashSet();
        var named = TestName().Matches(s_text).Select(match => match.Groups[1].Value).Distinct().ToArray();
        Assert.True(named.Length > 20);
        Assert.All(named, name => Assert.Contains(name, known));
    }

    // Goal: no scenario is forgotten. Method: every number stands in the table, once.
    [Fact]
    public void Scenarios_AreAllInTheTable()
    {
        var numbers = Row().Matches(s_text[s_text.IndexOf("| # | Scenario |", StringComparison.Ordinal)..]).SelectMany(row => Numbers(row.Groups[1].Value));
        Assert.Equal(Enumerable.Range(1, Scenarios), numbers);
    }

    // "7", "25, 26, 27" or "57 to 67".
    private static IEnumerable<int> Numbers(string cell)
    {
        var numbers = cell.Split([", ", " to "], StringSplitOptions.None).Select(number => int.Parse(number, CultureInfo.InvariantCulture)).ToArray();
        return cell.Contains("to", StringComparison.Ordinal) ? Enumerable.Range(numbers[0], numbers[1] - numbers[0] + 1) : numbers;
    }

    [GeneratedRegex(@"`(?:[\w./-]*/)?(\w+Tests)(?:\.cs)?`")]
    private static partial Regex TestName();

    [GeneratedRegex(@"^\| ([0-9][0-9, to]*) \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
