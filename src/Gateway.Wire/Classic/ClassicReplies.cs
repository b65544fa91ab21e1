using System.Collections.Immutable;
using Iggy.Gateway.Commands;
using Iggy.Grains.Interfaces.Gateways;
using Iggy.Protocol;
using Iggy.Protocol.Classic;

namespace Iggy.Gateway.Wire.Classic;

/// <summary>What commands return, as records of the classic dialect.</summary>
internal static class ClassicReplies
{
    public static ClientRecord Client(ClientView client) => new(client.ClientId, client.UserId, (TransportKind)client.Transport, client.Address, (uint)client.Groups.Length);

    public static ClientDetails ClientDetails(ClientView client) =>
        new(Client(client), [.. client.Groups.Select(static group => new ClientGroup(group.StreamId, group.TopicId, group.GroupId))]);

    public static ConsumerGroupRecord Group(GroupView view) => new(view.Group.Id, view.PartitionsCount, (uint)view.Members.Length, view.Group.Name);

    public static ConsumerGroupDetails GroupDetails(GroupView view) =>
        new(Group(view), [.. view.Members.Select(static member => new ConsumerGroupMember(member.Id, member.Partitions))]);

    public static StreamRecord Stream(StreamView view) => new(
        view.Stream.Id, view.Stream.CreatedAtMicros, (uint)view.Topics.Length, view.SizeBytes, view.MessagesCount, view.Stream.Name);

    public static StreamDetails StreamDetails(StreamView view)
    {
        var topics = ImmutableArray.CreateBuilder<TopicRecord>(view.Topics.Length);
        for (var i = 0; i < view.Topics.Length; i++)
            topics.Add(Topic(new TopicView(view.Topics[i], view.Figures[i])));
        return new StreamDetails(Stream(view), topics.MoveToImmutable());
    }

    public static TopicRecord Topic(TopicView view) => new(
        view.Topic.Id, view.Topic.CreatedAtMicros, (uint)view.Figures.Partitions.Length, view.Topic.Settings.MessageExpiryMicros,
        (CompressionAlgorithm)view.Topic.Settings.Compression, view.Topic.Settings.MaxBytes, view.Topic.Settings.ReplicationFactor,
        view.Figures.SizeBytes, view.Figures.MessagesCount, view.Topic.Name);

    public static TopicDetails TopicDetails(TopicView view)
    {
        var partitions = ImmutableArray.CreateBuilder<PartitionRecord>(view.Figures.Partitions.Length);
        foreach (var (entry, stats) in view.Figures.Partitions)
            partitions.Add(new PartitionRecord(entry.Id, entry.CreatedAtMicros, stats.SegmentsCount, stats.CurrentOffset, stats.SizeBytes, stats.MessagesCount));
        return new TopicDetails(Topic(view), partitions.MoveToImmutable());
    }

    /// <summary>The reply to a creation, which shows partitions before their first segment counts.</summary>
    public static TopicDetails NewTopicDetails(TopicView view)
    {
        var details = TopicDetails(view);
        var partitions = details.Partitions.ToBuilder();
        for (var i = 0; i < partitions.Count; i++)
            partitions[i] = partitions[i] with { SegmentsCount = 0 };
        return details with { Partitions = partitions.DrainToImmutable() }; // not moved: an empty array's builder has room that is not full
    }
}
