using Iggy.Replication.Tests.Simulation;

namespace Iggy.Replication.Tests;

/// <summary>A simulation that finds nothing proves nothing, unless it finds each rule that is missing.</summary>
public sealed class MutantTests(ITestOutputHelper output)
{
    private const int MostSeeds = 20_000;

    /// <summary>The rules, each broken.</summary>
    public static TheoryData<string> Broken => [.. s_mutants.Keys];

    private static readonly Dictionary<string, Rules> s_mutants = new()
    {
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
        for (var seed = 0; seed < MostSeeds; seed++)
        {
            if (new RandomSchedule(seed, s_mutants[name]).Run() is not { } violation)
                continue;
            output.WriteLine($"{name}: seed {seed}: {violation}");
            return;
        }
        Assert.Fail($"{name}: nothing in {MostSeeds} seeds");
    }
}
