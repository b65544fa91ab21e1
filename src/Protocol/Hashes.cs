using System.IO.Hashing;

namespace Iggy.Protocol;

/// <summary>The two hashes of the protocol, both with seed 0, and what is derived from them.</summary>
public static class Hashes
{
    /// <summary>XXH32: client ids, numbers of named consumers, partitions for keys.</summary>
    public static uint Xxh32(ReadOnlySpan<byte> bytes) => XxHash32.HashToUInt32(bytes);

    /// <summary>XXH3-64: the checksum of a message, over every byte after the checksum itself.</summary>
    public static ulong Xxh3(ReadOnlySpan<byte> bytes) => XxHash3.HashToUInt64(bytes);

    /// <summary>The number under which offsets of a named single consumer are kept. It shares one space with numeric consumers.</summary>
    /// <param name="name">The name in UTF-8.</param>
    public static uint ConsumerNumber(ReadOnlySpan<byte> name) => Xxh32(name);

    /// <summary>The number under which offsets of a single consumer are kept: its own, or the hash of its name.</summary>
    public static uint ConsumerNumber(Identifier consumer) =>
        consumer.Name is { } name ? Xxh32(WireText.Encode(name)) : consumer.Number;

    /// <summary>As for <see cref="Identifier"/>, without allocating.</summary>
    public static uint ConsumerNumber(IdentifierView consumer) =>
        consumer.Kind is IdentifierKind.Text ? Xxh32(consumer.Value) : consumer.Number;

    /// <summary>The partition that a messages key selects.</summary>
    /// <param name="key">1 to 255 bytes; numbers are their little-endian bytes.</param>
    /// <param name="partitionsCount">Partitions of the topic, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="partitionsCount"/> is 0: the caller answers
    /// <see cref="IggyError.TopicIdNotFound"/> before it comes to this.</exception>
    public static uint PartitionForKey(ReadOnlySpan<byte> key, uint partitionsCount)
    {
        ArgumentOutOfRangeException.ThrowIfZero(partitionsCount);
        return Xxh32(key) % partitionsCount;
    }
}
