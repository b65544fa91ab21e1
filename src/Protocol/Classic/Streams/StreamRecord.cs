namespace Iggy.Protocol.Classic;

/// <summary>A stream as replies carry it; the name starts at byte 32.</summary>
/// <param name="Id">From 0.</param>
/// <param name="CreatedAtMicros">Since the Unix epoch.</param>
/// <param name="TopicsCount">Topics in it.</param>
/// <param name="SizeBytes">Bytes of all messages kept.</param>
/// <param name="MessagesCount">Messages kept.</param>
/// <param name="Name">1 to 255 bytes.</param>
public readonly record struct StreamRecord(
    uint Id, ulong CreatedAtMicros, uint TopicsCount, ulong SizeBytes, ulong MessagesCount, string Name) : IWireValue<StreamRecord>
{
    /// <inheritdoc/>
    public static StreamRecord Read(ref WireReader reader) =>
        new(reader.U32(), reader.U64(), reader.U32(), reader.U64(), reader.U64(), reader.Name());

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.U32(Id);
        writer.U64(CreatedAtMicros);
        writer.U32(TopicsCount);
        writer.U64(SizeBytes);
        writer.U64(MessagesCount);
        writer.Name(Name);
    }
}
