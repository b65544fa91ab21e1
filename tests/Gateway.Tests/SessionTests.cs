using Iggy.Gateway.Sessions;
using Iggy.Grains.Interfaces.ConsumerGroups;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Protocol;

namespace Iggy.Gateway.Tests;

public sealed class SessionTests
{
    private static readonly Guid s_topic = Guid.NewGuid();

    [Fact]
    public void Groups_ByNumberAndName_AreFoundInTheirTopicOnly()
    {
        var (groups, membership) = (new SessionGroups(), Membership(7, "wörkers"));
        Assert.True(groups.TryAdd(membership));
        Assert.Same(membership, Find(groups, s_topic, new Identifier(7)));
        Assert.Same(membership, Find(groups, s_topic, new Identifier("wörkers")));
        Assert.Null(Find(groups, s_topic, new Identifier("7")));
        Assert.Null(Find(groups, s_topic, new Identifier(8)));
        Assert.Null(Find(groups, Guid.NewGuid(), new Identifier(7)));
        groups.Remove(membership.Group);
        Assert.Null(Find(groups, s_topic, new Identifier(7)));
    }

    [Fact]
    public void Groups_Ended_TakeNoMore()
    {
        var groups = new SessionGroups();
        groups.TryAdd(Membership(0, "a"));
        Assert.Single(groups.End());
        Assert.False(groups.TryAdd(Membership(1, "b")));
        Assert.True(groups.IsEnded);
        Assert.Empty(groups.All);
        Assert.Empty(groups.End());
    }

    [Fact]
    public void Reading_OutdatedWhileItIsAskedFor_IsAskedForAgain()
    {
        var membership = Membership(0, "g");
        var asked = membership.Ask();
        membership.Outdate(); // a notice overtakes the answer
        membership.Note(Reading(), asked);
        Assert.Null(membership.Reading);

        asked = membership.Ask();
        membership.Note(Reading(), asked);
        Assert.Equal(5, membership.Reading?.ToldAt);
    }

    [Fact]
    public void Reading_InTurn_SkipsWhatIsLeavingAndKeepsTheTurnOverChanges()
    {
        var membership = Membership(0, "g");
        var three = Reading((0, false), (4, true), (2, false), (9, false));
        Assert.Equal([0u, 2, 9, 0, 2], Enumerable.Range(0, 5).Select(_ => three.NextOf(membership)?.Id ?? 99));
        Assert.Equal([7u, 5, 7], Enumerable.Range(0, 3).Select(_ => Reading((7, false), (5, false)).NextOf(membership)?.Id ?? 99)); // turn 2 of 2
        Assert.Equal(4u, three.Find(4)?.Id);
        Assert.Null(three.Find(1));
        Assert.Null(Reading((4, true)).NextOf(membership));
    }

    [Fact]
    public void Silence_IsCountedFromTheLastLookThatSawALife()
    {
        var (life, clock) = (new SignsOfLife(), new ManualClock());
        Assert.Equal(TimeSpan.Zero, life.LookForSilence(clock));
        clock.Advance(3);
        Assert.Equal(TimeSpan.FromSeconds(3), life.LookForSilence(clock));
        life.Show();
        Assert.Equal(TimeSpan.Zero, life.LookForSilence(clock));
        life.Asked();
        clock.Advance(60);
        Assert.Equal(TimeSpan.Zero, life.LookForSilence(clock)); // it waits for us
        life.Answered();
        clock.Advance(1);
        Assert.Equal(TimeSpan.Zero, life.LookForSilence(clock));
        clock.Advance(2);
        Assert.Equal(TimeSpan.FromSeconds(2), life.LookForSilence(clock));
    }

    private static GroupMembership Membership(uint id, string name) => new(0, 0, s_topic, new ConsumerGroupEntry(id, Guid.NewGuid(), name), null!);

    private static MemberReading Reading(params (uint Id, bool IsLeaving)[] partitions) =>
        new([.. partitions.Select(partition => new ReadPartition(partition.Id, null!, default(GroupClaim), partition.IsLeaving))], generation: 1, toldAt: 5);

    private static GroupMembership? Find(SessionGroups groups, Guid topic, Identifier id)
    {
        var bytes = new System.Buffers.ArrayBufferWriter<byte>();
        new WireWriter(bytes).Identifier(id);
        var reader = new WireReader(bytes.WrittenSpan);
        return groups.Find(topic, reader.IdentifierView());
    }

    private sealed class ManualClock : TimeProvider
    {
        private long _now = 1;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => _now;

        public void Advance(long seconds) => _now += seconds;
    }
}
