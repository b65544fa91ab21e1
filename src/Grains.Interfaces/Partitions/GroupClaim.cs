namespace Iggy.Grains.Interfaces.Partitions;

/// <summary>The right of one member to read a partition for its group.</summary>
/// <param name="GroupId">Under which the group's offset is stored.</param>
/// <param name="Group">Its incarnation: the number may be given again.</param>
/// <param name="Term">Given by the group with every change of hands, always higher than those before.</param>
[GenerateSerializer, Immutable, Alias("iggy.GroupClaim")]
public readonly record struct GroupClaim(
    [property: Id(0)] uint GroupId,
    [property: Id(1)] Guid Group,
    [property: Id(2)] ulong Term);

/// <summary>How a partition stands towards a group.</summary>
/// <param name="Term">The highest term it knows of this group; above the one told, the telling changed nothing.</param>
/// <param name="IsReleased">The term is over: nothing is delivered and uncommitted, and nothing more will be delivered under it.</param>
[GenerateSerializer, Immutable, Alias("iggy.GroupHold")]
public readonly record struct GroupHold(
    [property: Id(0)] ulong Term,
    [property: Id(1)] bool IsReleased);

/// <summary>What a poll for a group found.</summary>
/// <param name="Poll">As every poll's; <see cref="Refusal.StaleClaim"/> when another term holds.</param>
/// <param name="IsReleased">The commit of this poll ended the term; the group is to be told.</param>
[GenerateSerializer, Immutable, Alias("iggy.GroupPollResult")]
public readonly record struct GroupPollResult(
    [property: Id(0)] PollResult Poll,
    [property: Id(1)] bool IsReleased);

/// <summary>What became of a group's offset.</summary>
/// <param name="Refusal"><see cref="Refusal.None"/>, <see cref="Refusal.StaleClaim"/>, or as for a consumer on its own.</param>
/// <param name="IsReleased">The commit ended the term; the group is to be told.</param>
[GenerateSerializer, Immutable, Alias("iggy.GroupStoreResult")]
public readonly record struct GroupStoreResult(
    [property: Id(0)] Refusal Refusal,
    [property: Id(1)] bool IsReleased);
