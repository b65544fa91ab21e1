using System.Globalization;
using Iggy.Replicas.Tests.Setup;
using Iggy.Storage;

namespace Iggy.Replicas.Tests;

/// <summary>
/// Random schedules of the drivers with real files: kills, power cuts, failed syncs, claims, cut off nodes, links that lose, double and swap. Whatever comes, two
/// readers never differ, reads never shrink, and in the end everything acknowledged is at its offset and the files are the same.
/// <c>IGGY_TEST_STEPS</c> makes them as long as wanted, <c>IGGY_TEST_SEED</c> others.
/// </summary>
public sealed class ScheduleTests
{
    private static readonly int s_steps = int.TryParse(Environment.GetEnvironmentVariable("IGGY_TEST_STEPS"), CultureInfo.InvariantCulture, out var steps) ? steps : 4000;

    private static readonly int s_shift = int.TryParse(Environment.GetEnvironmentVariable("IGGY_TEST_SEED"), CultureInfo.InvariantCulture, out var shift) ? shift : 0;

    [Theory]
    [InlineData(1, DurabilityMode.None)]
    [InlineData(2, DurabilityMode.None)]
    [InlineData(3, DurabilityMode.None)]
    [InlineData(4, DurabilityMode.None)]
    [InlineData(5, DurabilityMode.Interval)]
    [InlineData(6, DurabilityMode.Always)]
    [InlineData(7, DurabilityMode.Always)]
    public async Task Steps_AtRandom_LoseNothingAcknowledged(int seed, DurabilityMode durability)
    {
        using var cluster = new ScheduleCluster(new Random(seed + s_shift), durability);
        for (var step = 0; step < s_steps; step++)
            await cluster.StepAsync();
        await cluster.HealAsync();

        var acknowledged = 0;
        foreach (var (value, answer) in cluster.Appends)
        {
            var (status, offset, _) = await answer.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
            if (status is not ReplicaStatus.Committed)
                continue;
            acknowledged++;
            Assert.True(cluster.SeenAt(offset) is { } seen && seen == value, $"{value} was acknowledged at {offset}, where {cluster.SeenAt(offset)} is");
        }
        Assert.True(acknowledged > s_steps / 200, $"only {acknowledged} were acknowledged, so little was tried");
        Assert.True(cluster.TakeOvers > 3 && cluster.Kills > 2);
        cluster.JudgeAtRest();
    }
}
