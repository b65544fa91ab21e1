using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Iggy.Grains.Interfaces.ConsumerGroups;

/// <summary>Key of a group's grain: <c>{topic incarnation:N}/{group incarnation:N}</c>.</summary>
public static class ConsumerGroupKey
{
    /// <summary>The key.</summary>
    public static string Of(Guid topic, Guid group) => $"{topic:N}/{group:N}";

    /// <summary>Takes a key apart.</summary>
    public static bool TryParse([NotNullWhen(true)] string? key, out Guid topic, out Guid group)
    {
        (topic, group) = (Guid.Empty, Guid.Empty);
        return key is { Length: 65 } && key[32] == '/' && Guid.TryParseExact(key.AsSpan(0, 32), "N", out topic) && Guid.TryParseExact(key.AsSpan(33), "N", out group);
    }
}

/// <summary>A group as its topic knows it.</summary>
/// <param name="Id">What clients see, from 0 in each topic; given again after a delete, once no partition has an offset of it.</param>
/// <param name="Incarnation">What its grain is keyed by; never given again.</param>
/// <param name="Name">1 to 255 bytes of UTF-8.</param>
[GenerateSerializer, Immutable, Alias("iggy.ConsumerGroupEntry")]
public readonly record struct ConsumerGroupEntry(
    [property: Id(0)] uint Id,
    [property: Id(1)] Guid Incarnation,
    [property: Id(2)] string Name);

/// <summary>A session that reads in a group.</summary>
/// <param name="Session">Never given again, unlike the client's number.</param>
/// <param name="Gateway">Where it is connected.</param>
[GenerateSerializer, Immutable, Alias("iggy.GroupMember")]
public readonly record struct GroupMember(
    [property: Id(0)] Guid Session,
    [property: Id(1)] IGroupObserver Gateway);

/// <summary>What one member reads.</summary>
/// <param name="Generation">Grows with every change of the group; the same number means the same partitions and terms.</param>
/// <param name="Partitions">In the order of their assignment.</param>
[GenerateSerializer, Immutable, Alias("iggy.MemberAssignment")]
public sealed record MemberAssignment(
    [property: Id(0)] ulong Generation,
    [property: Id(1)] ImmutableArray<OwnedPartition> Partitions);

/// <summary>A partition in a member's hands.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Key">Key of its grain.</param>
/// <param name="Term">What the partition asks for before it serves.</param>
/// <param name="IsLeaving">It goes to another member once its delivered messages are committed: read only when asked for by number.</param>
[GenerateSerializer, Immutable, Alias("iggy.OwnedPartition")]
public readonly record struct OwnedPartition(
    [property: Id(0)] uint Id,
    [property: Id(1)] string Key,
    [property: Id(2)] ulong Term,
    [property: Id(3)] bool IsLeaving);

/// <summary>A member for listings.</summary>
/// <param name="Id">From 0; not the client's number.</param>
/// <param name="Partitions">Their numbers, in the order of their assignment.</param>
[GenerateSerializer, Immutable, Alias("iggy.MemberView")]
public readonly record struct MemberView(
    [property: Id(0)] uint Id,
    [property: Id(1)] ImmutableArray<uint> Partitions);
