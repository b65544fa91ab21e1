using Iggy.Archive.Reports;

namespace Iggy.Archive.Tests;

/// <summary>What is kept of the faults of a verification.</summary>
public sealed class FaultLinesTests
{
    // Goal: a bucket in which everything is missing costs no more memory than one with a thousand faults, and the count is right.
    [Fact]
    public void Add_MoreThanAreKept_KeepsTheFirstAndCountsAll()
    {
        var faults = new FaultLines();
        Parallel.For(0, FaultLines.MaxLines + 500, number => faults.Add($"fault {number}"));
        Assert.Equal(FaultLines.MaxLines + 500, faults.Count);
        Assert.Equal(FaultLines.MaxLines, faults.Lines().Count);
        Assert.Equal(faults.Lines().Order(StringComparer.Ordinal), faults.Lines());
    }
}
