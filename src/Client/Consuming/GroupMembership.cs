using Iggy.Protocol;

namespace Iggy.Client;

/// <summary>Makes a client a member of a group, as often as that is needed: a membership ends with the connection, and with eviction.</summary>
internal sealed class GroupMembership(IggyClient client, ConsumerOptions options)
{
    private readonly Identifier _group = options.Consumer.Id;

    /// <summary>Partitions of the topic at the last join; at least 1.</summary>
    public uint PartitionsCount { get; private set; } = 1;

    /// <summary>Whether a failure says that the membership is over, so that joining again helps.</summary>
    public static bool IsLost(IggyError error) => error is IggyError.ConsumerGroupMemberNotFound or IggyError.StaleClient;

    /// <summary>Joins; makes the group first when it is missing.</summary>
    /// <exception cref="IggyException">Stream, topic or a group that must not be made are missing, among others.</exception>
    public async Task JoinAsync(CancellationToken cancellationToken)
    {
        try
        {
            await client.JoinConsumerGroupAsync(options.Stream, options.Topic, _group, cancellationToken);
        }
        catch (IggyException e) when (e.Error is IggyError.ConsumerGroupIdNotFound && options.CreateGroup && _group.Name is not null)
        {
            await CreateAsync(_group.Name, cancellationToken);
            await client.JoinConsumerGroupAsync(options.Stream, options.Topic, _group, cancellationToken);
        }
        var group = await client.GetConsumerGroupAsync(options.Stream, options.Topic, _group, cancellationToken);
        PartitionsCount = Math.Max(group?.Group.PartitionsCount ?? 1, 1);
    }

    /// <summary>Leaves.</summary>
    public ValueTask LeaveAsync(CancellationToken cancellationToken) =>
        client.LeaveConsumerGroupAsync(options.Stream, options.Topic, _group, cancellationToken);

    private async Task CreateAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            await client.CreateConsumerGroupAsync(options.Stream, options.Topic, name, cancellationToken);
        }
        catch (IggyException e) when (e.Error is IggyError.ConsumerGroupNameAlreadyExists)
        {
            return; // another member was quicker: the group is there, as wanted
        }
    }
}
