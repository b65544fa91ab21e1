using Iggy.Grains.Interfaces.Hosting;

namespace Iggy.Grains.Tests;

public sealed class DescriptorBudgetTests
{
    [Fact]
    public void TryTake_AtTheLimit_TakesAllOrNothing()
    {
        var budget = new DescriptorBudget(10);

        Assert.True(budget.TryTake(8));
        Assert.False(budget.TryTake(3));
        Assert.Equal(8, budget.InUse);
        Assert.True(budget.TryTake(2));
        budget.Return(10);
        Assert.Equal(0, budget.InUse);
        Assert.Throws<InvalidOperationException>(() => budget.Return(1));
        Assert.Equal(0, budget.InUse);
    }

    [Fact]
    public void Within_AShareTakesAllItCan_LeavesTheRestToTheOther()
    {
        var whole = new DescriptorBudget(100);
        var (logs, connections) = (whole.Within(50), whole.Within(80));

        Assert.False(connections.TryTake(81));
        Assert.True(connections.TryTake(80));
        Assert.False(logs.TryTake(21)); // within its own limit, but not within what is left
        Assert.Equal(0, logs.InUse);
        Assert.True(logs.TryTake(20));
        Assert.Equal(100, whole.InUse);
        connections.Return(80);
        Assert.True(logs.TryTake(30));
        Assert.False(logs.TryTake(1));
        Assert.Equal(50, whole.InUse);
    }

    [Fact]
    public void TryTake_ManyThreads_NeverPassesTheLimit()
    {
        var budget = new DescriptorBudget(3).Within(3);
        Parallel.For(0, 4, _ =>
        {
            for (var i = 0; i < 20_000; i++)
            {
                if (!budget.TryTake(2))
                    continue;
                Assert.InRange(budget.InUse, 2, 3);
                budget.Return(2);
            }
        });

        Assert.Equal(0, budget.InUse);
        Assert.True(budget.TryTake(3));
    }

    [Theory]
    [InlineData(20_000, 18_750)]
    [InlineData(1_048_576, 983_040)]
    [InlineData(1024, 576)]
    [InlineData(512, 128)]
    [InlineData(256, 64)]
    [InlineData(1, 1)]
    public void Under_ALimit_KeepsAReserve(long openFiles, long limit) => Assert.Equal(limit, DescriptorBudget.Under(openFiles).Limit);

    [Theory]
    [InlineData("Limit                     Soft Limit           Hard Limit           Units     \nMax open files            20000                30000                files     \n", 20_000)]
    [InlineData("Max processes             100                  100                  processes \nMax open files            unlimited            unlimited            files     \n", 1 << 20)]
    [InlineData("Max open files            9223372036854775807  9223372036854775807  files     \n", 1 << 20)]
    [InlineData("", 1 << 20)]
    public void OpenFilesIn_ALimitsFile_IsTheSoftLimit(string text, long expected) => Assert.Equal(expected, ProcessLimits.OpenFilesIn(text));

    [Fact]
    public void Read_ThisProcess_FindsLimits()
    {
        var limits = ProcessLimits.Read();

        Assert.InRange(limits.OpenFiles, 16, 1 << 20);
        Assert.InRange(limits.Mappings, 16, 1 << 20);
    }
}
