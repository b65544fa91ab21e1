namespace Iggy.Protocol.Classic;

/// <summary>Writes what a partition holds in memory. Empty reply, also when there was nothing.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Topic">The topic.</param>
/// <param name="PartitionId">From 0.</param>
/// <param name="Fsync">To the disk, not only to the operating system.</param>
public readonly record struct FlushUnsavedBufferRequest(
    Identifier Stream, Identifier Topic, uint PartitionId, bool Fsync)
    : IWireRequest<FlushUnsavedBufferRequest>
{
    /// <inheritdoc/>
    public static CommandCode Code => CommandCode.FlushUnsavedBuffer;

    /// <inheritdoc/>
    public static FlushUnsavedBufferRequest Read(ref WireReader reader) =>
        new(reader.Identifier(), reader.Identifier(), reader.U32(), reader.Boolean());

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.Identifier(Stream);
        writer.Identifier(Topic);
        writer.U32(PartitionId);
        writer.Boolean(Fsync);
    }
}
