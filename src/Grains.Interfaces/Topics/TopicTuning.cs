using System.Text.Json.Serialization;

namespace Iggy.Grains.Interfaces.Topics;

/// <summary>What a client of the newer dialect has said of a topic beyond its settings. Durability and the size of segments are acted on; the rest is kept
/// and reported, for this server tunes itself.</summary>
[GenerateSerializer, Immutable, Alias("iggy.TopicTuning")]
public sealed record TopicTuning
{
    /// <summary>What a classic client says: all three settings, and nothing else.</summary>
    public static TopicTuning OfClassicClient { get; } =
        new() { Chosen = ChosenSettings.Compression | ChosenSettings.MessageExpiry | ChosenSettings.MaxBytes };

    /// <summary>Settings that were chosen and not left to the server.</summary>
    [Id(0)]
    public ChosenSettings Chosen { get; init; }

    /// <summary>Bytes in one segment.</summary>
    [Id(1)]
    public ulong? SegmentBytes { get; init; }

    /// <summary>Sync each append: what <see cref="Durability"/> was before the release.</summary>
    [Id(2)]
    public bool? EnforceFsync { get; init; }

    /// <summary>Messages that may wait in memory.</summary>
    [Id(3)]
    public uint? MessagesRequiredToSave { get; init; }

    /// <summary>Bytes of messages that may wait in memory.</summary>
    [Id(4)]
    public ulong? BytesRequiredToSave { get; init; }

    /// <summary>Take the space of segments in advance.</summary>
    [Id(5)]
    public bool? PreallocateSegments { get; init; }

    /// <summary>When a message counts as sent.</summary>
    [Id(6), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TopicDurability? Durability { get; init; }

    /// <summary>When a stored offset counts as stored.</summary>
    [Id(7), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TopicDurability? ConsumerOffsetDurability { get; init; }

    /// <summary>Whether the number of partitions is fixed for good.</summary>
    [Id(8), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? ArePartitionsFixed { get; init; }

    /// <summary>Copies of each partition, as asked for.</summary>
    [Id(9), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public uint? Replicas { get; init; }

    /// <summary>Bytes of each partition that stay on the disk, where older segments are in the archive; all ones for all of them.</summary>
    [Id(10), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? LocalRetentionBytes { get; init; }

    /// <summary>Age in microseconds up to which messages stay on the disk; all ones for always.</summary>
    [Id(11), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? LocalRetentionMicros { get; init; }

    /// <summary>Whether messages must be on disk before their answer, whatever the server does else.</summary>
    [JsonIgnore]
    public bool IsPersisted => Durability is TopicDurability.Persisted || (Durability is null && EnforceFsync is true);

    /// <summary>Whether stored offsets must be on disk before their answer, whatever the server does else.</summary>
    [JsonIgnore]
    public bool AreOffsetsPersisted => ConsumerOffsetDurability is TopicDurability.Persisted;
}

/// <summary>When something written counts as done.</summary>
public enum TopicDurability : byte
{
    /// <summary>As the server's own option says.</summary>
    Replicated = 1,

    /// <summary>When it is on disk.</summary>
    Persisted = 2,
}

/// <summary>Settings of a topic that a client may choose or leave.</summary>
[Flags]
public enum ChosenSettings : byte
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary><see cref="TopicSettings.Compression"/>.</summary>
    Compression = 1,

    /// <summary><see cref="TopicSettings.MessageExpiryMicros"/>.</summary>
    MessageExpiry = 2,

    /// <summary><see cref="TopicSettings.MaxBytes"/>.</summary>
    MaxBytes = 4,
}

/// <summary>New values for some settings of a topic; null leaves what is. Markers for the server's default as in <see cref="TopicSettings"/>.</summary>
/// <param name="Compression">The protocol's number for it.</param>
/// <param name="MessageExpiryMicros">Age at which messages may go.</param>
/// <param name="MaxBytes">Size from which the oldest segments go.</param>
/// <param name="Reset">Settings that are left to the server again.</param>
[GenerateSerializer, Immutable, Alias("iggy.TopicPatch")]
public readonly record struct TopicPatch(
    [property: Id(0)] byte? Compression,
    [property: Id(1)] ulong? MessageExpiryMicros,
    [property: Id(2)] ulong? MaxBytes,
    [property: Id(3)] ChosenSettings Reset = ChosenSettings.None);
