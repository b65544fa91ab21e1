namespace Iggy.Protocol;

/// <summary>Where a poll starts.</summary>
public enum PollingKind : byte
{
    /// <summary>At an offset, or at the first message kept when that lies above it.</summary>
    Offset = 1,

    /// <summary>At the first message appended at or after a time.</summary>
    Timestamp = 2,

    /// <summary>At the first message kept.</summary>
    First = 3,

    /// <summary>So that the last messages come, oldest first.</summary>
    Last = 4,

    /// <summary>After the stored offset, or at the first message kept when nothing is stored.</summary>
    Next = 5,
}

/// <summary>Where a poll starts. Layout: u8 kind, u64 value.</summary>
/// <param name="Kind">The rule.</param>
/// <param name="Value">An offset, or microseconds since the Unix epoch; 0 and ignored for the other kinds.</param>
public readonly record struct PollingStrategy(PollingKind Kind, ulong Value) : IWireValue<PollingStrategy>
{
    /// <summary>From the first message kept.</summary>
    public static PollingStrategy First { get; } = new(PollingKind.First, 0);

    /// <summary>The last messages.</summary>
    public static PollingStrategy Last { get; } = new(PollingKind.Last, 0);

    /// <summary>After the stored offset.</summary>
    public static PollingStrategy Next { get; } = new(PollingKind.Next, 0);

    /// <summary>From an offset on.</summary>
    public static PollingStrategy FromOffset(ulong offset) => new(PollingKind.Offset, offset);

    /// <summary>From a time on.</summary>
    /// <param name="timestampMicros">Since the Unix epoch.</param>
    public static PollingStrategy FromTimestamp(ulong timestampMicros) => new(PollingKind.Timestamp, timestampMicros);

    /// <summary>Reads kind and value. An unknown kind is <see cref="IggyError.InvalidCommand"/>.</summary>
    public static PollingStrategy Read(ref WireReader reader)
    {
        var kind = (PollingKind)reader.U8();
        if (kind is < PollingKind.Offset or > PollingKind.Next)
            reader.Fail(IggyError.InvalidCommand);
        return new(kind, reader.U64());
    }

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.U8((byte)Kind);
        writer.U64(Value);
    }
}
