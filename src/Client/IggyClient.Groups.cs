using Iggy.Client.Connections;
using Iggy.Protocol;
using Iggy.Protocol.Classic;

namespace Iggy.Client;

public sealed partial class IggyClient
{
    /// <summary>Adds a consumer group to a topic.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="name">1 to 255 bytes, kept as given.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="IggyException"><see cref="IggyError.ConsumerGroupNameAlreadyExists"/>, among others.</exception>
    public ValueTask<ConsumerGroupRecord> CreateConsumerGroupAsync(
        Identifier stream, Identifier topic, string name, CancellationToken cancellationToken = default) =>
        _server.GetAsync<CreateConsumerGroupRequest, ConsumerGroupRecord>(
            CommandCode.CreateConsumerGroup, new(stream, topic, name), Repeat.Never, cancellationToken);

    /// <summary>One group with its members, or null.</summary>
    public async ValueTask<ConsumerGroupDetails?> GetConsumerGroupAsync(
        Identifier stream, Identifier topic, Identifier group, CancellationToken cancellationToken = default) =>
        (await _server.FindAsync<GetConsumerGroupRequest, ConsumerGroupDetails>(
            CommandCode.GetConsumerGroup, new(stream, topic, group), cancellationToken)).Value;

    /// <summary>The groups of a topic, by id.</summary>
    public ValueTask<IReadOnlyList<ConsumerGroupRecord>> GetConsumerGroupsAsync(
        Identifier stream, Identifier topic, CancellationToken cancellationToken = default) =>
        _server.ListAsync<GetConsumerGroupsRequest, ConsumerGroupRecord>(CommandCode.GetConsumerGroups, new(stream, topic), cancellationToken);

    /// <summary>Removes a group with its stored offsets; its members are members no more.</summary>
    public ValueTask DeleteConsumerGroupAsync(
        Identifier stream, Identifier topic, Identifier group, CancellationToken cancellationToken = default) =>
        DoAsync(new DeleteConsumerGroupRequest(stream, topic, group), cancellationToken);

    /// <summary>Makes this connection a member of a group. It ends with the connection: after a reconnect, join again, or let an
    /// <see cref="IggyConsumer"/> do it.</summary>
    public ValueTask JoinConsumerGroupAsync(
        Identifier stream, Identifier topic, Identifier group, CancellationToken cancellationToken = default) =>
        DoAsync(new JoinConsumerGroupRequest(stream, topic, group), cancellationToken, Repeat.Harmless);

    /// <summary>Leaves a group; the other members get its partitions.</summary>
    public ValueTask LeaveConsumerGroupAsync(
        Identifier stream, Identifier topic, Identifier group, CancellationToken cancellationToken = default) =>
        DoAsync(new LeaveConsumerGroupRequest(stream, topic, group), cancellationToken);
}
