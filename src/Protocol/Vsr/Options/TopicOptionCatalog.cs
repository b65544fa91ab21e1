using System.Collections.Immutable;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Iggy.Protocol.Vsr;

/// <summary>One option of topics: its name, its types and its rule. The one place that knows them.</summary>
/// <param name="Key">As on the wire.</param>
/// <param name="Kind">The first of its types, by which it is reported.</param>
/// <param name="Description">For people.</param>
/// <param name="Get">The option as a pair; null when it is not set.</param>
/// <param name="TrySet">The options with this one set from a pair; null when the value can't be.</param>
public sealed record TopicOption(
    string Key, UserHeaderKind Kind, string Description, Func<TopicOptions, WireOption?> Get, Func<TopicOptions, WireOption, TopicOptions?> TrySet)
{
    /// <summary>Lines that know it.</summary>
    public OptionLines Lines { get; init; } = OptionLines.All;

    /// <summary>Whether an update may set it anew, and put it back to its default, in the 0.12 line.</summary>
    public bool IsUpdatable { get; init; }

    /// <summary>Whether clients are told of it: it has a default. The others are taken from older clients and told only where they were set.</summary>
    public bool IsOffered => Get(TopicOptions.Defaults) is not null;
}

/// <summary>All options of topics.</summary>
public static class TopicOptionCatalog
{
    private const ulong MiB = 1 << 20, GiB = 1 << 30;

    /// <summary>In the order of their names, as clients send them and as they are listed and reported.</summary>
    public static ImmutableArray<TopicOption> All { get; } =
    [
        new("compression_algorithm", UserHeaderKind.Text, "How clients compress; the server only keeps it.",
            static options => options.Compression is { } value ? Text("compression_algorithm", value is CompressionAlgorithm.Gzip ? "gzip" : "none") : null,
            static (options, pair) => ReadCompression(pair) is { } value ? options with { Compression = value } : null),
        new("consumer_offset_durability", UserHeaderKind.Text, "When a stored offset counts as stored: replicated, or persisted on disk.",
            static options => Durability("consumer_offset_durability", options.ConsumerOffsetDurability),
            static (options, pair) => ReadDurability(pair) is { } value ? options with { ConsumerOffsetDurability = value } : null),
        new("durability", UserHeaderKind.Text, "When a message counts as sent: replicated, or persisted on disk.",
            static options => Durability("durability", options.Durability),
            static (options, pair) => ReadDurability(pair) is { } value ? options with { Durability = value } : null),
        new("enforce_fsync", UserHeaderKind.Boolean, "Sync each append to the disk: durability, as pre-releases called it.",
            static options => Boolean("enforce_fsync", options.EnforceFsync),
            static (options, pair) => ReadBoolean(pair) is { } value ? options with { EnforceFsync = value } : null) { Lines = OptionLines.V11 },
        // Two of this server's own, as nobody else's are told: only where they were set, so that no client meets a name that it does not know.
        new("local_retention_bytes", UserHeaderKind.UInt64, "Bytes of a partition that stay on the disk beside the archive; all ones is all of them.",
            static options => Number("local_retention_bytes", options.LocalRetentionBytes),
            static (options, pair) => ReadNumber(pair, OptionTexts.TryParseSize) switch
            {
                ProtocolLimits.ServerDefault => options,
                { } value => options with { LocalRetentionBytes = value },
                null => null,
            }),
        new("local_retention_time", UserHeaderKind.UInt64, "Age in microseconds up to which messages stay on the disk beside the archive; all ones is always.",
            static options => Number("local_retention_time", options.LocalRetentionMicros),
            static (options, pair) => ReadNumber(pair, OptionTexts.TryParseDuration) switch
            {
                ProtocolLimits.ServerDefault => options,
                { } value => options with { LocalRetentionMicros = value },
                null => null,
            }),
        new("max_topic_size", UserHeaderKind.UInt64, "Bytes from which the oldest segments go; all ones is no limit.",
            static options => Number("max_topic_size", options.MaxTopicSizeBytes),
            static (options, pair) => ReadNumber(pair, OptionTexts.TryParseSize) switch
            {
                ProtocolLimits.ServerDefault => options, // as if it were not there
                { } value => options with { MaxTopicSizeBytes = value },
                null => null,
            }) { IsUpdatable = true },
        new("message_expiry", UserHeaderKind.UInt64, "Age in microseconds at which messages may go; all ones is never.",
            static options => Number("message_expiry", options.MessageExpiryMicros),
            static (options, pair) => ReadNumber(pair, OptionTexts.TryParseDuration) switch
            {
                ProtocolLimits.ServerDefault => options,
                { } value => options with { MessageExpiryMicros = value },
                null => null,
            }) { IsUpdatable = true },
        new("messages_required_to_save", UserHeaderKind.UInt32, "Messages that may wait in memory.",
            static options => options.MessagesRequiredToSave is { } value ? UInt32("messages_required_to_save", value) : null,
            static (options, pair) => ReadCount(pair) is { } value and >= 1 and <= 16_777_216 ? options with { MessagesRequiredToSave = value } : null),
        new("partition_resize_policy", UserHeaderKind.Text, "Whether partitions may be added and removed: mutable, or fixed.",
            static options => options.ResizePolicy is { } value ? Text("partition_resize_policy", value is PartitionResizePolicy.Fixed ? "fixed" : "mutable") : null,
            static (options, pair) => ReadResizePolicy(pair) is { } value ? options with { ResizePolicy = value } : null) { Lines = OptionLines.V12 },
        new("preallocate_segments", UserHeaderKind.Boolean, "Take the space of segments in advance.",
            static options => Boolean("preallocate_segments", options.PreallocateSegments),
            static (options, pair) => ReadBoolean(pair) is { } value ? options with { PreallocateSegments = value } : null),
        new("replication_factor", UserHeaderKind.UInt32, "Copies of each partition.",
            static options => options.ReplicationFactor is { } value ? UInt32("replication_factor", value) : null,
            static (options, pair) => ReadCount(pair) is { } value ? options with { ReplicationFactor = value } : null) { Lines = OptionLines.V12 },
        new("segment_size", UserHeaderKind.UInt64, "Bytes in one segment, 1 MiB to 1 GiB in steps of 512.",
            static options => Number("segment_size", options.SegmentSizeBytes),
            static (options, pair) => ReadNumber(pair, OptionTexts.TryParseSize) switch
            {
                0 => options, // as if it were not there
                { } value when value is >= MiB and <= GiB && value % 512 == 0 => options with { SegmentSizeBytes = value },
                _ => null,
            }),
        new("size_of_messages_required_to_save", UserHeaderKind.UInt64, "Bytes of messages that may wait in memory.",
            static options => Number("size_of_messages_required_to_save", options.SizeOfMessagesRequiredToSave),
            static (options, pair) => ReadNumber(pair, OptionTexts.TryParseSize) is { } value and <= GiB ? options with { SizeOfMessagesRequiredToSave = value } : null),
    ];

    /// <summary>The option of that name, or null.</summary>
    public static TopicOption? Find(string key)
    {
        foreach (var option in All)
        {
            if (option.Key == key)
                return option;
        }
        return null;
    }

    private delegate bool TextParser(string text, out ulong value);

    private static WireOption Text(string key, string value) => new(key, UserHeaderKind.Text, [.. Encoding.ASCII.GetBytes(value)]);

    private static WireOption? Durability(string key, DurabilityOption? value) =>
        value is { } given ? Text(key, given is DurabilityOption.Persisted ? "persisted" : "replicated") : null;

    private static WireOption? Boolean(string key, bool? value) =>
        value is { } given ? new WireOption(key, UserHeaderKind.Boolean, [given ? (byte)1 : (byte)0]) : null;

    private static WireOption UInt32(string key, uint value)
    {
        var bytes = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return new(key, UserHeaderKind.UInt32, [.. bytes]);
    }

    private static WireOption? Number(string key, ulong? value)
    {
        if (value is not { } given)
            return null;
        var bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, given);
        return new(key, UserHeaderKind.UInt64, [.. bytes]);
    }

    private static ulong? ReadNumber(WireOption pair, TextParser parse) => pair.Kind switch
    {
        UserHeaderKind.UInt64 => BinaryPrimitives.ReadUInt64LittleEndian(pair.Value.AsSpan()),
        UserHeaderKind.Text when parse(TextOf(pair), out var value) => value,
        _ => null,
    };

    private static uint? ReadCount(WireOption pair) => pair.Kind switch
    {
        UserHeaderKind.UInt32 => BinaryPrimitives.ReadUInt32LittleEndian(pair.Value.AsSpan()),
        UserHeaderKind.Text when uint.TryParse(TextOf(pair), NumberStyles.None, CultureInfo.InvariantCulture, out var value) => value,
        _ => null,
    };

    private static bool? ReadBoolean(WireOption pair) => (pair.Kind, TextOf(pair)) switch
    {
        (UserHeaderKind.Boolean, _) => pair.Value[0] == 1,
        (UserHeaderKind.Text, "true") => true,
        (UserHeaderKind.Text, "false") => false,
        _ => null,
    };

    private static CompressionAlgorithm? ReadCompression(WireOption pair) => (pair.Kind, TextOf(pair)) switch
    {
        (UserHeaderKind.UInt8, _) when pair.Value[0] is (byte)CompressionAlgorithm.None or (byte)CompressionAlgorithm.Gzip => (CompressionAlgorithm)pair.Value[0],
        (UserHeaderKind.Text, "none") => CompressionAlgorithm.None,
        (UserHeaderKind.Text, "gzip") => CompressionAlgorithm.Gzip,
        _ => null,
    };

    private static DurabilityOption? ReadDurability(WireOption pair) => TextOf(pair).ToUpperInvariant() switch
    {
        "REPLICATED" => DurabilityOption.Replicated,
        "PERSISTED" => DurabilityOption.Persisted,
        _ => null,
    };

    private static PartitionResizePolicy? ReadResizePolicy(WireOption pair) => TextOf(pair) switch
    {
        "mutable" => PartitionResizePolicy.Mutable,
        "fixed" => PartitionResizePolicy.Fixed,
        _ => null,
    };

    private static string TextOf(WireOption pair) => pair.Kind is UserHeaderKind.Text ? WireText.Decode(pair.Value.AsSpan()) : "";
}
