using CsCheck;
using Iggy.Grains.ConsumerGroups;

namespace Iggy.Grains.Tests;

public sealed class GroupAssignmentTests
{
    private enum Step
    {
        Join,
        Leave,
        Resize,
        Complete,
    }

    [Fact]
    public void Join_First_GetsEverything()
    {
        var group = Of(partitions: 3, joins: 1);
        Assert.Equal([0, 1, 2], group.PartitionsOf(0));
        Assert.All(Enumerable.Range(0, 3), partition => Assert.Null(group.TargetOf(partition)));
    }

    [Fact]
    public void Join_Second_IsPromisedTheEndOfTheFirstOnesListAndGetsItLater()
    {
        var group = Of(partitions: 6, joins: 2);
        Assert.Equal(["0,1,2,3,4,5", ""], Lists(group));
        Assert.Equal([null, null, null, 1u, 1u, 1u], Enumerable.Range(0, 6).Select(group.TargetOf));

        group.Complete(4);
        group.Complete(3);
        Assert.Equal(["0,1,2,5", "4,3"], Lists(group));
    }

    [Fact]
    public void Join_Third_TakesBackPromisesBeforeWork()
    {
        var group = Of(partitions: 6, joins: 3); // nothing was handed over yet
        Assert.Equal(6, group.PartitionsOf(0).Count);
        Assert.Equal([2, 2, 2], Shares(group).Values.Order());
    }

    [Fact]
    public void Join_MoreMembersThanPartitions_LeavesThemIdle()
    {
        var group = Of(partitions: 2, joins: 1);
        group.Join();
        group.Complete(1);
        group.Join();
        Assert.Equal(["0", "1", ""], Lists(group));
    }

    [Fact]
    public void Leave_DealsAnewInIdOrderAndForgetsPromises()
    {
        var group = Of(partitions: 5, joins: 3);
        group.Leave([0]);
        Assert.Equal(["0,2,4", "1,3"], Lists(group));
        Assert.All(Enumerable.Range(0, 5), partition => Assert.Null(group.TargetOf(partition)));
        Assert.Equal(3u, group.Join()); // one above the highest
        group.Leave([1, 2, 3]);
        Assert.Null(group.OwnerOf(0));
        Assert.Equal(0u, group.Join());
    }

    // Goal: whatever happens in whatever order, no partition is without an owner or has two, and shares are fair once promises are counted.
    [Fact]
    public void AnyHistory_EveryPartitionHasOneOwnerAndSharesAreFair() => Histories.Sample(history =>
    {
        var group = new GroupAssignment();
        foreach (var (step, number) in history)
        {
            var before = Expectations(group);
            Do(group, step, number);
            Whole(group);
            if (group.MembersCount == 0)
                continue;

            var (fair, extra) = Math.DivRem(group.PartitionsCount, group.MembersCount);
            var shares = Shares(group);
            Assert.All(shares.Values, share => Assert.InRange(share, fair, extra == 0 ? fair : fair + 1));
            if (step is Step.Join && group.MembersCount > 1) // it moves no more than the newcomer's share
            {
                var moved = Enumerable.Range(0, group.PartitionsCount).Count(partition => Expectation(group, partition) != before[partition]);
                Assert.Equal(shares[group.Members.Last()], moved);
            }
        }
    });

    [Fact]
    public void SameHistory_SameOutcome() => Histories.Sample(history =>
    {
        var (one, other) = (new GroupAssignment(), new GroupAssignment());
        foreach (var (step, number) in history)
        {
            Do(one, step, number);
            Do(other, step, number);
        }
        Assert.Equal(Expectations(one), Expectations(other));
        Assert.Equal(one.Members.SelectMany(one.PartitionsOf), other.Members.SelectMany(other.PartitionsOf));
    });

    private static Gen<(Step, int)[]> Histories { get; } =
        Gen.Select(Gen.Frequency((5, Gen.Const(Step.Join)), (2, Gen.Const(Step.Leave)), (1, Gen.Const(Step.Resize)), (6, Gen.Const(Step.Complete))), Gen.Int[0, 40]).Array[1, 40];

    private static GroupAssignment Of(int partitions, int joins)
    {
        var group = new GroupAssignment();
        group.Resize(partitions);
        for (var i = 0; i < joins; i++)
            group.Join();
        return group;
    }

    private static void Do(GroupAssignment group, Step step, int number)
    {
        switch (step)
        {
            case Step.Join:
                group.Join();
                break;
            case Step.Leave when group.MembersCount > 0:
                group.Leave([group.Members.ElementAt(number % group.MembersCount)]);
                break;
            case Step.Resize:
                group.Resize(number);
                break;
            case Step.Complete:
                var promised = Enumerable.Range(0, group.PartitionsCount).Where(partition => group.TargetOf(partition) is not null).ToArray();
                if (promised.Length > 0)
                    group.Complete(promised[number % promised.Length]);
                break;
            default:
                break;
        }
    }

    private static void Whole(GroupAssignment group)
    {
        var owned = group.Members.SelectMany(member => group.PartitionsOf(member).Select(partition => (member, partition))).ToArray();
        Assert.Equal(group.MembersCount == 0 ? 0 : group.PartitionsCount, owned.Length);
        foreach (var (member, partition) in owned)
            Assert.Equal(member, group.OwnerOf(partition));
        for (var partition = 0; partition < group.PartitionsCount; partition++)
        {
            if (group.TargetOf(partition) is { } target)
                Assert.True(group.Members.Contains(target) && group.OwnerOf(partition) != target);
        }
    }

    private static IEnumerable<string> Lists(GroupAssignment group) => group.Members.Select(member => string.Join(',', group.PartitionsOf(member)));

    private static uint? Expectation(GroupAssignment group, int partition) => group.TargetOf(partition) ?? group.OwnerOf(partition);

    private static uint?[] Expectations(GroupAssignment group) => [.. Enumerable.Range(0, group.PartitionsCount).Select(partition => Expectation(group, partition))];

    private static Dictionary<uint, int> Shares(GroupAssignment group) =>
        group.Members.ToDictionary(member => member, member => Expectations(group).Count(expected => expected == member));
}
