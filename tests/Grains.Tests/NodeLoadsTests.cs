using Iggy.Grains.Placement;
using Iggy.Replication;

namespace Iggy.Grains.Tests;

/// <summary>Which servers get the copies of a new partition.</summary>
public sealed class NodeLoadsTests
{
    private static readonly string[] s_nodes = ["000000000000000a", "000000000000000b", "000000000000000c", "000000000000000d"];

    [Fact]
    public void Take_ManyTimes_DealsLeadersAndCopiesEvenly()
    {
        var loads = new NodeLoads(s_nodes, []);
        var taken = Enumerable.Range(0, 12).Select(_ => loads.Take(3)).ToArray();
        Assert.All(taken, static voters => Assert.Equal(3, voters.Distinct().Count()));
        Assert.All(s_nodes, node => Assert.Equal(3, taken.Count(voters => voters[0] == node)));
        Assert.All(s_nodes, node => Assert.Equal(9, taken.Count(voters => voters.Contains(node))));
    }

    [Fact]
    public void Take_BesideWhatIsThere_PrefersWhoHasLess()
    {
        var loads = new NodeLoads(s_nodes, [PartitionRow.Alone(s_nodes[0]), PartitionRow.New([s_nodes[1], s_nodes[2]])]);
        Assert.Equal([s_nodes[3], s_nodes[0]], loads.Take(2));
    }

    // As many as there are: a factor that was set for more servers is no reason to refuse, and no partition has more copies than the protocol bears.
    [Fact]
    public void Take_MoreThanThereAre_GivesAll()
    {
        Assert.Equal(4, new NodeLoads(s_nodes, []).Take(Quorum.MaxVoters).Length);
        Assert.Empty(new NodeLoads([], []).Take(3));
    }

    [Fact]
    public void Row_ThroughTheWordsOfTheProtocol_StaysTheSame()
    {
        var row = PartitionRow.New([s_nodes[1], s_nodes[2]]);
        Assert.True(row.IsReplicated);
        Assert.False(PartitionRow.Alone(s_nodes[0]).IsReplicated);
        var claimed = PartitionRow.Of(row.ToRegister().Claim(PartitionRow.NumberOf(s_nodes[2]), 7));
        Assert.Equal((s_nodes[2], 1UL, 7UL, 2UL), (claimed.Leader, claimed.Epoch, claimed.Generation, claimed.Version));
        Assert.Equal(row.Voters, claimed.Voters);
        var shrunk = PartitionRow.Of(claimed.ToRegister().WithVoters([PartitionRow.NumberOf(s_nodes[2])]));
        Assert.True(shrunk.IsReplicated); // its log has words of its own for good
    }
}
