using System.Buffers.Binary;

namespace Iggy.Protocol.Vsr;

/// <summary>Which history of a partition is meant, and by whose leave it is read: in request headers, and in front of what is read. 24 bytes.</summary>
/// <param name="Incarnation">Never 0 for a partition that is there; another one when its number was given again.</param>
/// <param name="OwnerGeneration">Of the group's member; 0 without a group.</param>
/// <param name="MetadataOp">Position of the metadata that this is told by.</param>
public readonly record struct PartitionContext(ulong Incarnation, ulong OwnerGeneration, ulong MetadataOp) : IWireValue<PartitionContext>
{
    /// <summary>Bytes of a context.</summary>
    public const int SizeInBytes = 24;

    /// <inheritdoc/>
    public static PartitionContext Read(ref WireReader reader) => new(reader.U64(), reader.U64(), reader.U64());

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.U64(Incarnation);
        writer.U64(OwnerGeneration);
        writer.U64(MetadataOp);
    }

    /// <summary>As <see cref="Write(WireWriter)"/>, into memory that is there.</summary>
    /// <param name="destination">At least <see cref="SizeInBytes"/>.</param>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(destination, Incarnation);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[8..], OwnerGeneration);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[16..], MetadataOp);
    }
}
