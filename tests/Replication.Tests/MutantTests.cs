using Iggy.Replication.Tests.Simulation;

namespace Iggy.Replication.Tests;

/// <summary>A simulation that finds nothing proves nothing, unless it finds each rule that is missing.</summary>
public sealed class MutantTests(ITestOutputHelper output)
{
    private const int MostSeeds = 20_000;

    // Where the search begins: shortly before a seed that is known to find it, so that it is short. It goes on past it when schedules have changed.
    private static readonly Dictionary<string, int> s_firstSeeds = new()
    {
        ["suspects trusted"] = 20, ["stale session"] = 1050, ["trusted early"] = 2510, ["single majority"] = 260, ["changes uncovered"] = 175, ["ranked by last message"] = 3755,
    };

    /// <summary>The rules, each broken.</summary>
    public static TheoryData<string> Broken => [.. s_mutants.Keys];

    private static readonly Dictionary<string, Rules> s_mutants = new()
    {
        ["no majority"] = new() { AwaitMajority = false },
        ["no fence"] = new() { FenceFirst = false },
        ["suspects trusted"] = new() { DistrustSuspects = false },
        ["log epoch set early"] = new() { AwaitStart = false },
        ["stale session"] = new() { CheckNonce = false },
        ["trusted early"] = new() { AwaitTrust = false },
        ["single majority"] = new() { BothMajorities = false },
        ["changes uncovered"] = new() { CoverFirst = false },
        ["ranked by last message"] = new() { RankByLogEpoch = false },
    };

    // Goal: each rule is needed, and the judge sees it. Method: seeds until a violation.
    [Theory]
    [MemberData(nameof(Broken))]
    public void Simulation_WithARuleBroken_Fails(string name)
    {
        var first = s_firstSeeds.GetValueOrDefault(name);
        for (var seed = first; seed < first + MostSeeds; seed++)
        {
            if (new RandomSchedule(seed, s_mutants[name]).Run() is not { } violation)
                continue;
            output.WriteLine($"{name}: seed {seed}: {violation}");
            return;
        }
        Assert.Fail($"{name}: nothing in {MostSeeds} seeds");
    }
}
