using System.Collections.Immutable;

namespace Iggy.Grains.Interfaces.Topics;

/// <summary>What a consumer group has not read yet.</summary>
/// <param name="GroupId">The group, unique in its topic.</param>
/// <param name="Messages">How many messages.</param>
/// <param name="OldestMicros">When the oldest of them was appended, since the Unix epoch; 0 when there is none, or its time cannot be read.</param>
[GenerateSerializer, Immutable, Alias("iggy.GroupLag")]
public readonly record struct GroupLag([property: Id(0)] uint GroupId, [property: Id(1)] ulong Messages, [property: Id(2)] ulong OldestMicros);

/// <summary>What the groups of a topic have not read yet in one partition.</summary>
/// <param name="IsKnown">False where the log was not closed in order and nobody has opened it since: nothing of it is counted.</param>
/// <param name="Unread">Of groups that have stored nothing there; the id means nothing.</param>
/// <param name="Groups">Of those that have.</param>
[GenerateSerializer, Immutable, Alias("iggy.PartitionLags")]
public readonly record struct PartitionLags([property: Id(0)] bool IsKnown, [property: Id(1)] GroupLag Unread, [property: Id(2)] ImmutableArray<GroupLag> Groups);

/// <summary>What one group of a topic has not read yet.</summary>
/// <param name="Name">Of the group.</param>
/// <param name="Total">All partitions together: the sum of the messages, the oldest of the times.</param>
/// <param name="Partitions">One by one, by their position; empty where they were not asked for. Those that are not known are 0.</param>
[GenerateSerializer, Immutable, Alias("iggy.TopicGroupLag")]
public readonly record struct TopicGroupLag([property: Id(0)] string Name, [property: Id(1)] GroupLag Total, [property: Id(2)] ImmutableArray<GroupLag> Partitions);
