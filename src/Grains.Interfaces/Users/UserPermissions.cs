using System.Collections.Immutable;

namespace Iggy.Grains.Interfaces.Users;

/// <summary>What a user may do: the union of all flags, none of which takes anything away.</summary>
/// <remarks>Flags are numbered as the protocol orders them, lowest bit first; grains keep them and the gateway alone knows what they allow.
/// Streams and topics are named by id. An id need not exist, but when a stream or topic goes its entries go with it.</remarks>
[GenerateSerializer, Immutable, Alias("iggy.UserPermissions")]
public sealed record UserPermissions
{
    /// <summary>Everything: what the root user has.</summary>
    public static UserPermissions All { get; } = new() { Global = (1 << 10) - 1 };

    /// <summary>Ten flags for the whole server.</summary>
    [Id(0)]
    public ushort Global { get; init; }

    /// <summary>By ascending id, none twice.</summary>
    [Id(1)]
    public ImmutableArray<StreamGrants> Streams { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>The same without what is granted in one stream, or in one topic of it.</summary>
    /// <param name="streamId">The stream.</param>
    /// <param name="topicId">The topic; null for the stream with all its topics.</param>
    /// <returns>This very value when there is nothing to take out.</returns>
    public UserPermissions Without(uint streamId, uint? topicId)
    {
        for (var i = 0; i < Streams.Length; i++)
        {
            if (Streams[i].StreamId != streamId)
                continue;
            if (topicId is not { } topic)
                return this with { Streams = Streams.RemoveAt(i) };

            var kept = Streams[i].Topics.RemoveAll(granted => granted.TopicId == topic);
            return kept.Length == Streams[i].Topics.Length ? this : this with { Streams = Streams.SetItem(i, Streams[i] with { Topics = kept }) };
        }

        return this;
    }
}

/// <summary>What a user may do in one stream.</summary>
[GenerateSerializer, Immutable, Alias("iggy.StreamGrants")]
public sealed record StreamGrants
{
    /// <summary>The stream, as clients know it.</summary>
    [Id(0)]
    public uint StreamId { get; init; }

    /// <summary>Six flags for the whole stream.</summary>
    [Id(1)]
    public byte Flags { get; init; }

    /// <summary>By ascending id, none twice.</summary>
    [Id(2)]
    public ImmutableArray<TopicGrants> Topics { get; init => field = value.IsDefault ? [] : value; } = [];
}

/// <summary>What a user may do in one topic.</summary>
/// <param name="TopicId">The topic, as clients know it.</param>
/// <param name="Flags">Four flags.</param>
[GenerateSerializer, Immutable, Alias("iggy.TopicGrants")]
public readonly record struct TopicGrants([property: Id(0)] uint TopicId, [property: Id(1)] byte Flags);
