using System.Reflection;
using Iggy.Gateway.Sessions;
using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.ConsumerGroups;
using Iggy.Grains.Interfaces.Users;
using Iggy.Protocol;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Iggy.Gateway.Tests;

/// <summary>What a gateway remembers of its sessions' groups, with a group and a user directory that say what the test wants.</summary>
public sealed class GroupMembershipsTests
{
    private static readonly Guid s_topic = Guid.NewGuid();

    private readonly ScriptedGroup _group = new();
    private readonly ScriptedUsers _users;
    private readonly FakeTimeProvider _clock = new();
    private readonly ConsumerGroupEntry _entry = new(3, Guid.NewGuid(), "g");
    private readonly Session _session = new(1, TransportKind.Tcp, "127.0.0.1:1");
    private readonly GroupMemberships _memberships;

    public GroupMembershipsTests()
    {
        var directory = DispatchProxy.Create<IUserDirectoryGrain, ScriptedUsers>();
        _users = (ScriptedUsers)(object)directory;
        var grains = ScriptedGrains.Of((typeof(IConsumerGroupGrain), _group), (typeof(IUserDirectoryGrain), directory));
        _memberships = new GroupMemberships(grains, _clock, NullLogger<GroupMemberships>.Instance);
    }

    private IGroupObserver Ear => _memberships;

    [Fact]
    public async Task Join_Refused_LeavesNoMembership()
    {
        _group.Join = _ => throw new RefusedException(Refusal.ConsumerGroupNotFound, "gone");
        await Assert.ThrowsAsync<RefusedException>(() => JoinAsync());
        Assert.Empty(_session.Groups.All);
        Assert.Equal([_session.Incarnation], await GoneAsync()); // should the group have noted it all the same
    }

    [Fact]
    public async Task Join_WhileTheSessionEnds_LeavesTheGroupAgain()
    {
        _group.Join = async _ =>
        {
            await _memberships.EndAsync(_session); // leaves before the group knows of the join
            return new MemberAssignment(1, []);
        };
        Assert.False(await JoinAsync());
        Assert.Equal([_session.Incarnation, _session.Incarnation], _group.Left);
        Assert.False(await JoinAsync()); // and never again
        Assert.Empty(_session.Groups.All);
    }

    [Fact]
    public async Task Join_Again_AsksTheGroupToKnowTheMember()
    {
        Assert.True(await JoinAsync());
        Assert.Empty(_group.Refreshed);
        Assert.True(await JoinAsync());
        Assert.Equal([null], _group.Refreshed);
        Assert.Single(_session.Groups.All);
    }

    [Fact]
    public async Task Read_IsRememberedUntilItIsOldOrOutdated()
    {
        await JoinAsync();
        var membership = _session.Groups.All[0];
        Assert.Same(await _memberships.ReadAsync(_session, membership), await _memberships.ReadAsync(_session, membership));
        Assert.Empty(_group.Refreshed);

        await Ear.ChangedAsync(_entry.Incarnation, [_session.Incarnation]);
        await _memberships.ReadAsync(_session, membership);
        Assert.Single(_group.Refreshed);
        await _memberships.ReadAsync(_session, membership);
        Assert.Single(_group.Refreshed);

        _clock.Advance(TimeSpan.FromSeconds(5));
        await _memberships.ReadAsync(_session, membership);
        Assert.Equal(2, _group.Refreshed.Count);
    }

    // Goal: a notice that overtakes the answer to a question outdates it: what the group said before it changed is not used.
    [Fact]
    public async Task Read_OutdatedWhileItIsAsked_IsAskedAgain()
    {
        await JoinAsync();
        var membership = _session.Groups.All[0];
        _group.Refresh = async _ =>
        {
            await Ear.ChangedAsync(_entry.Incarnation, [_session.Incarnation]);
            return new MemberAssignment(2, []);
        };
        membership.Outdate();
        await _memberships.ReadAsync(_session, membership);
        await _memberships.ReadAsync(_session, membership);
        Assert.Equal(2, _group.Refreshed.Count);
    }

    // Goal: a read that waits for a change of its partitions hears of the end of its membership.
    [Fact]
    public async Task Ended_WhileSomebodyWaitsForAChange_WakesIt()
    {
        await JoinAsync();
        var waiting = _session.Groups.All[0].WhenOutdatedAsync();
        Assert.False(waiting.IsCompleted);
        await Ear.EndedAsync(_entry.Incarnation, [_session.Incarnation]);
        await waiting.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Read_OfAGroupThatIsGone_EndsTheMembership()
    {
        await JoinAsync();
        _group.Refresh = _ => throw new RefusedException(Refusal.ConsumerGroupNotFound, "gone");
        await Ear.ChangedAsync(_entry.Incarnation, [_session.Incarnation]);
        await Assert.ThrowsAsync<RefusedException>(() => _memberships.ReadAsync(_session, _session.Groups.All[0]).AsTask());
        Assert.Empty(_session.Groups.All);
    }

    [Fact]
    public async Task Gone_IsWhoLeftOrEndedOrIsUnknown()
    {
        await JoinAsync();
        var stranger = Guid.NewGuid();
        Assert.Equal([stranger], await GoneAsync(_session.Incarnation, stranger));
        Assert.True(await GroupMemberships.LeaveAsync(_session, _entry.Incarnation));
        Assert.False(await GroupMemberships.LeaveAsync(_session, _entry.Incarnation));
        Assert.Equal([_session.Incarnation], await GoneAsync());
    }

    [Fact]
    public async Task Gone_IsAnIdleMemberWhoseUserWasDeletedOrMadeInactive()
    {
        _session.LogIn(7);
        await JoinAsync();
        Assert.Empty(await GoneAsync());
        _users.Failure = new TimeoutException();
        Assert.Empty(await GoneAsync()); // not known is not gone
        _users.Failure = null;
        _users.User = new UserEntry(7, "u", 0, Inactive: true);
        Assert.Equal([_session.Incarnation], await GoneAsync());
        Assert.Empty(_session.Groups.All);

        _users.User = new UserEntry(7, "u", 0);
        await JoinAsync();
        _session.LogOut(); // stays a member, as in the released server
        _users.User = null;
        Assert.Empty(await GoneAsync());
        _session.LogIn(7);
        Assert.Equal([_session.Incarnation], await GoneAsync());
    }

    [Fact]
    public async Task Ended_TakesTheMembershipAway()
    {
        await JoinAsync();
        await Ear.EndedAsync(Guid.NewGuid(), [_session.Incarnation]);
        Assert.Single(_session.Groups.All);
        await Ear.EndedAsync(_entry.Incarnation, [_session.Incarnation]);
        Assert.Empty(_session.Groups.All);
    }

    private Task<bool> JoinAsync() => _memberships.JoinAsync(_session, 0, 0, s_topic, _entry).AsTask();

    private async Task<Guid[]> GoneAsync(params Guid[] sessions) =>
        [.. await Ear.FindGoneAsync(_entry.Incarnation, sessions.Length == 0 ? [_session.Incarnation] : [.. sessions])];
}
