using System.Text.Json.Serialization;

namespace Iggy.Grains.Interfaces.Topics;

/// <summary>A topic as its stream knows it.</summary>
/// <param name="Id">What clients see, from 0 in each stream; given again after a delete.</param>
/// <param name="Incarnation">What grains and folders are keyed by; never given again.</param>
/// <param name="Name">1 to 255 bytes of UTF-8.</param>
/// <param name="CreatedAtMicros">Since the Unix epoch.</param>
/// <param name="Settings">Resolved: no server-default markers are left.</param>
[GenerateSerializer, Immutable, Alias("iggy.TopicEntry")]
public readonly record struct TopicEntry(
    [property: Id(0)] uint Id,
    [property: Id(1)] Guid Incarnation,
    [property: Id(2)] string Name,
    [property: Id(3)] ulong CreatedAtMicros,
    [property: Id(4)] TopicSettings Settings);

/// <summary>What a topic's creator chooses. In requests 0 means "the server's default" for expiry, size and replication.</summary>
/// <param name="MessageExpiryMicros">Age at which messages may go; <see cref="Never"/> for none.</param>
/// <param name="MaxBytes">Size from which the oldest segments go; <see cref="Unlimited"/> for none.</param>
/// <param name="Compression">1 none, 2 gzip, as the protocol numbers them; checked by the caller.</param>
/// <param name="ReplicationFactor">Kept and echoed.</param>
/// <param name="Tuning">What the newer dialect knows besides; null for what a classic client says.</param>
/// <param name="StreamKey">The key that messages are kept under, encrypted with one of the server's; null where they are kept as the server's own are. Of the stream: nobody chooses it for a topic.</param>
[GenerateSerializer, Immutable, Alias("iggy.TopicSettings")]
public readonly record struct TopicSettings(
    [property: Id(0)] ulong MessageExpiryMicros,
    [property: Id(1)] ulong MaxBytes,
    [property: Id(2)] byte Compression,
    [property: Id(3)] byte ReplicationFactor,
    [property: Id(4)] TopicTuning? Tuning = null,
    [property: Id(5), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? StreamKey = null)
{
    /// <summary>Asks for the server's default expiry or size.</summary>
    public const ulong ServerDefault = 0;

    /// <summary>Messages do not expire.</summary>
    public const ulong Never = ulong.MaxValue;

    /// <summary>The topic may grow without bound.</summary>
    public const ulong Unlimited = ulong.MaxValue;

    /// <summary>The topic asks for compression. The protocol's name for it; the server chooses the codec.</summary>
    public const byte Gzip = 2;

    /// <summary>Most partitions that one request may add.</summary>
    public const uint MaxPartitionsPerRequest = Protocol.PartitionsPerRequest.Most;
}
