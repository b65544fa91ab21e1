namespace Iggy.Replication.Tests;

/// <summary>The values beside the state machines.</summary>
public sealed class RegisterTests
{
    private static readonly NodeId s_a = new(1);
    private static readonly NodeId s_b = new(2);
    private static readonly NodeId s_c = new(3);

    [Fact]
    public void Claim_RaisesEpochAndVersion_AndNamesTheLeader()
    {
        var claimed = PartitionRegister.Create([s_a, s_b]).Claim(s_b, 7);
        Assert.Equal((1ul, s_b, 7ul, 2ul, 0ul), (claimed.Epoch, claimed.Leader, claimed.LeaderGeneration, claimed.Version, claimed.PurgeEpoch));
    }

    // Goal: a purge drops the logs of every epoch before it, also the present leader's.
    [Fact]
    public void Purge_IsAClaimWhoseEpochIsTheFirstThatCounts()
    {
        var purged = PartitionRegister.Create([s_a]).Claim(s_a, 1).Purge(s_a, 1);
        Assert.Equal((2ul, 2ul), (purged.Epoch, purged.PurgeEpoch));
    }

    [Fact]
    public void WithVoters_ALearnerThatVotes_LearnsNoMore()
    {
        var changed = PartitionRegister.Create([s_a]).WithLearners([s_b, s_c, s_a]).WithVoters([s_a, s_b]);
        Assert.Equal([s_a, s_b], changed.Voters);
        Assert.Equal([s_c], changed.Learners);
    }

    [Fact]
    public void Create_WithoutVotersOrTooManyOrOneTwice_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => PartitionRegister.Create([]));
        Assert.Throws<ArgumentException>(() => PartitionRegister.Create([s_a, s_a]));
        Assert.Throws<ArgumentException>(() => PartitionRegister.Create([.. Enumerable.Range(1, Quorum.MaxVoters + 1).Select(number => new NodeId((ulong)number))]));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 2)]
    [InlineData(4, 3)]
    [InlineData(5, 3)]
    [InlineData(7, 4)]
    public void Majority_OfSoMany_IsMoreThanHalf(int voters, int majority) => Assert.Equal(majority, Quorum.Majority(voters));

    [Theory]
    [InlineData(new ulong[] { 9 }, 9)]
    [InlineData(new ulong[] { 9, 5 }, 5)]
    [InlineData(new ulong[] { 0, 9, 5 }, 5)]
    [InlineData(new ulong[] { 9, 1, 7, 3 }, 3)]
    [InlineData(new ulong[] { 9, 1, 7, 3, 8 }, 7)]
    public void Reached_SomePositions_IsWhatAMajorityHas(ulong[] positions, ulong reached) => Assert.Equal(reached, Quorum.Reached(positions));

    // Goal: only what may have lost something is suspected. The machine went down, not in order, and nothing was synced before its answer.
    [Theory]
    [InlineData(true, false, false, false)]
    [InlineData(false, false, false, true)]
    [InlineData(false, true, false, false)]
    [InlineData(false, false, true, false)]
    public void IsSuspect_AfterAStart_KnowsWhatCanBeMissing(bool sameBoot, bool isClosed, bool syncsFirst, bool suspect)
    {
        var boot = Guid.NewGuid();
        var mark = ReplicaMark.Create(sameBoot ? boot : Guid.NewGuid()) with { IsClosed = isClosed };
        Assert.Equal(suspect, mark.IsSuspect(boot, syncsFirst));
    }

    // Goal: a replica whose mark is gone is not taken for a new one.
    [Fact]
    public void IsSuspect_WithoutAMark_IsTrue() => Assert.True(default(ReplicaMark).IsSuspect(Guid.NewGuid(), syncsFirst: false));
}
