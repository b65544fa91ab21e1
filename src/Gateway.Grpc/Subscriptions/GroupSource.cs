using Iggy.Gateway.Commands;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Routing;
using Iggy.Gateway.Sessions;
using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Protocol;

namespace Iggy.Gateway.Grpc.Subscriptions;

/// <summary>The share of a group's member. Its session has joined before.</summary>
/// <param name="session">The member.</param>
/// <param name="address">The topic.</param>
/// <param name="group">The group's identifier as binary requests have it.</param>
/// <param name="groups">Reads and stores for members.</param>
/// <param name="memberships">Knows the shares.</param>
internal sealed class GroupSource(Session session, TopicAddress address, ReadOnlyMemory<byte> group, GroupReadCommands groups, GroupMemberships memberships) : IReadSource
{
    private GroupMembership? _membership;
    private MemberReading? _reading;

    public async ValueTask<IReadOnlyList<uint>> ListAsync()
    {
        _membership = await groups.GetMembershipAsync(session, address, group);
        try
        {
            _reading = await memberships.ReadAsync(session, _membership);
        }
        catch (RefusedException gone) when (gone.Reason is Refusal.ConsumerGroupNotFound)
        {
            throw new CommandRefusedException(IggyError.ConsumerGroupIdNotFound);
        }
        return [.. _reading.StayingIds];
    }

    public Task WhenOutdatedAsync() => _membership!.WhenOutdatedAsync();

    public async Task<(IggyError Error, ulong NextOffset)> WaitAsync(uint partitionId, ulong offset, TimeSpan limit)
    {
        if (_reading?.Find(partitionId) is not { } partition)
            return (IggyError.NotResolvedConsumer, 0);
        var wait = await partition.Grain.WaitForMessageAsync(offset, limit);
        return (RefusalTable.ToError(wait.Refusal), wait.NextOffset);
    }

    public async ValueTask<bool> HasStoredAsync(uint partitionId) => await groups.FindAsync(session, address, group, partitionId) is not null;

    public ValueTask<PolledReply> PollAsync(uint partitionId, PollFrom from, ulong value, uint count, int maxBytes) => groups.PollAsync(
        session, address, group, partitionId, new PollRequest(default, from, value, count, AutoCommit: false, MessageLayout.Classic, partitionId, HeadroomBytes: 0, maxBytes));

    public ValueTask<IggyError> StoreAsync(uint partitionId, ulong offset) => groups.StoreAsync(session, address, group, partitionId, offset);
}
