using System.Globalization;
using Iggy.Replication.Tests.Simulation;

namespace Iggy.Replication.Tests;

/// <summary>The real protocol under random schedules. Longer: <c>IGGY_TEST_COMMITS=1000000</c>.</summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    private const long UsualCommits = 50_000;

    // Goal: whatever is killed, cut off, delayed or doubled, nothing that was committed is lost or differs. Method: seeds until so much was committed.
    [Fact]
    public void Protocol_UnderRandomSchedules_LosesNothing()
    {
        var wanted = long.TryParse(Environment.GetEnvironmentVariable("IGGY_TEST_COMMITS"), CultureInfo.InvariantCulture, out var asked) ? asked : UsualCommits;
        var (commits, takeovers, changes, purges, seeds) = (0L, 0L, 0L, 0L, 0);
        for (var seed = 0; commits < wanted; seed++, seeds++)
        {
            var schedule = new RandomSchedule(seed, Rules.Protocol);
            var violation = schedule.Run();
            Assert.True(violation is null, $"seed {seed}: {violation}");
            commits += schedule.Cluster.Commits;
            takeovers += schedule.Cluster.Takeovers;
            changes += schedule.Cluster.Changes;
            purges += schedule.Cluster.Purges;
        }
        output.WriteLine($"{commits} commits, {takeovers} takeovers, {changes} changes of the register, {purges} purges, {seeds} seeds: no violation");
        Assert.True(takeovers > seeds && changes > seeds && purges > 0, "the schedules were tame");
    }
}
