using Iggy.Cli.Output;
using Iggy.Client;
using Iggy.Protocol;
using Iggy.Protocol.Classic;

namespace Iggy.Cli.Offsets;

/// <summary>How far a consumer group is.</summary>
internal static class GroupProgress
{
    /// <summary>Asks for the group, the topic and what is stored for each partition.</summary>
    /// <exception cref="CommandException">Topic or group are missing.</exception>
    public static async Task<GroupProgressJson> ReadAsync(IggyClient client, Identifier stream, Identifier topic, Identifier group, CancellationToken cancellationToken)
    {
        var details = await client.GetTopicAsync(stream, topic, cancellationToken)
            ?? throw new CommandException(ExitCode.NotFound, $"There is no topic {topic} in a stream {stream}.");
        var found = await client.GetConsumerGroupAsync(stream, topic, group, cancellationToken)
            ?? throw new CommandException(ExitCode.NotFound, $"There is no consumer group {group} of topic {topic} of stream {stream}.");
        var partitions = new List<PartitionProgressJson>();
        var consumer = new Consumer(ConsumerKind.Group, new(found.Group.Id));
        foreach (var partition in details.Partitions)
        {
            var stored = (await client.GetConsumerOffsetAsync(consumer, stream, topic, partition.Id, cancellationToken))?.StoredOffset;
            var member = found.Members.Where(one => one.Partitions.Contains(partition.Id)).Select(one => (uint?)one.Id).FirstOrDefault();
            partitions.Add(new(partition.Id, partition.CurrentOffset, stored, Lag(partition, stored), member));
        }
        return new(found.Group.Id, found.Group.Name, found.Group.MembersCount, partitions.Aggregate(0UL, (sum, one) => sum + one.Lag), partitions);
    }

    /// <summary>Messages that are there and not handled: what is gone by retention is no lag.</summary>
    public static ulong Lag(PartitionRecord partition, ulong? stored) => stored is not { } offset
        ? partition.MessagesCount
        : partition.CurrentOffset > offset ? Math.Min(partition.CurrentOffset - offset, partition.MessagesCount) : 0;
}
