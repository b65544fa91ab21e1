using System.Buffers.Binary;

namespace Iggy.Protocol;

/// <summary>Who chooses the partition of a batch.</summary>
public enum PartitioningKind : byte
{
    /// <summary>The server, in turn.</summary>
    Balanced = 1,

    /// <summary>The client, by id.</summary>
    PartitionId = 2,

    /// <summary>The hash of a key; see <see cref="Hashes.PartitionForKey"/>.</summary>
    MessagesKey = 3,
}

/// <summary>Where a batch goes. Layout: u8 kind, u8 length (0, 4, or 1 to 255), value.</summary>
public readonly record struct Partitioning
{
    private Partitioning(PartitioningKind kind, uint partitionId, ReadOnlyMemory<byte> key) => (Kind, PartitionId, Key) = (kind, partitionId, key);

    /// <summary>The server goes round the partitions of the topic, batch by batch.</summary>
    public static Partitioning Balanced { get; } = new(PartitioningKind.Balanced, 0, default);

    /// <summary>How the partition is chosen.</summary>
    public PartitioningKind Kind { get; }

    /// <summary>The partition, from 0; 0 for the other kinds.</summary>
    public uint PartitionId { get; }

    /// <summary>The key; empty for the other kinds.</summary>
    public ReadOnlyMemory<byte> Key { get; }

    /// <summary>To one partition.</summary>
    public static Partitioning ToPartition(uint partitionId) => new(PartitioningKind.PartitionId, partitionId, default);

    /// <summary>All batches with one key to one partition, as long as the topic keeps its number of partitions.</summary>
    /// <param name="key">1 to 255 bytes; kept, not copied.</param>
    /// <exception cref="ArgumentException">The key is empty or too long.</exception>
    public static Partitioning ByKey(ReadOnlyMemory<byte> key) => key.Length is >= 1 and <= ProtocolLimits.MaxNameBytes
        ? new(PartitioningKind.MessagesKey, 0, key)
        : throw new ArgumentException($"Key of {key.Length} bytes; allowed: 1 to {ProtocolLimits.MaxNameBytes}.", nameof(key));

    /// <summary>Writes kind, length and value.</summary>
    /// <exception cref="InvalidOperationException">This is the default value, which has no kind.</exception>
    public void Write(WireWriter writer)
    {
        if (Kind is 0)
            throw new InvalidOperationException("A partitioning without a kind; start from Partitioning.Balanced.");

        writer.U8((byte)Kind);
        writer.U8((byte)(Kind is PartitioningKind.PartitionId ? sizeof(uint) : Key.Length));
        if (Kind is PartitioningKind.PartitionId)
            writer.U32(PartitionId);
        else
            writer.Bytes(Key.Span);
    }
}

/// <summary>A <see cref="Partitioning"/> as it lies in a request; allocates nothing.</summary>
public readonly ref struct PartitioningView
{
    private PartitioningView(PartitioningKind kind, ReadOnlySpan<byte> value)
    {
        Kind = kind;
        Value = value;
    }

    /// <summary>How the partition is chosen.</summary>
    public PartitioningKind Kind { get; }

    /// <summary>Nothing, the four bytes of the partition id, or the key.</summary>
    public ReadOnlySpan<byte> Value { get; }

    /// <summary>The partition; 0 for the other kinds.</summary>
    public uint PartitionId => Kind is PartitioningKind.PartitionId ? BinaryPrimitives.ReadUInt32LittleEndian(Value) : 0;

    /// <summary>Reads kind, length and value. Any fault is <see cref="IggyError.InvalidCommand"/>, also a wrong length: that is what
    /// the server answers inside a send, and there is no other place for it. A key without bytes is taken, as the released server does, and
    /// hashed like any other.</summary>
    public static PartitioningView Read(scoped ref WireReader reader)
    {
        var kind = (PartitioningKind)reader.U8();
        var length = reader.U8();
        var isValid = kind switch
        {
            PartitioningKind.Balanced => length == 0,
            PartitioningKind.PartitionId => length == sizeof(uint),
            PartitioningKind.MessagesKey => true,
            _ => false,
        };
        if (!isValid)
            reader.Fail(IggyError.InvalidCommand);

        var value = reader.Bytes(length);
        return reader.Error is IggyError.None ? new PartitioningView(kind, value) : default;
    }
}
