using System.Collections.Immutable;

namespace Iggy.Protocol.Vsr12;

/// <summary>A place in the log of changes. 44 bytes.</summary>
/// <param name="LogId">Which log.</param>
/// <param name="Op">Position in it.</param>
/// <param name="Checksum">Of what stands there.</param>
/// <param name="Ordinal">Which of the changes of one position.</param>
public readonly record struct ChangeCursor(UInt128 LogId, ulong Op, UInt128 Checksum, uint Ordinal) : IWireValue<ChangeCursor>
{
    /// <summary>Bytes of a cursor.</summary>
    public const int SizeInBytes = 44;

    /// <inheritdoc/>
    public static ChangeCursor Read(ref WireReader reader) => new(reader.U128(), reader.U64(), reader.U128(), reader.U32());

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.U128(LogId);
        writer.U64(Op);
        writer.U128(Checksum);
        writer.U32(Ordinal);
    }
}

/// <summary>Where a reading of changes starts.</summary>
public enum ChangeStart : byte
{
    /** <summary>At the oldest change kept.</summary> */ Earliest = 0,
    /** <summary>Behind the newest.</summary> */ Latest = 1,
    /** <summary>Behind a place.</summary> */ After = 2,
    /** <summary>With what is there now.</summary> */ Current = 3,
}

/// <summary>Asks for changes of the metadata. Reply: <see cref="MetadataChangesReply"/>.</summary>
/// <param name="Start">Where to start.</param>
/// <param name="Cursor">With <see cref="ChangeStart.After"/>; else the default.</param>
/// <param name="SinceMicros">None older, or null.</param>
/// <param name="UntilMicros">None newer, or null.</param>
/// <param name="Limit">1 to 1000.</param>
/// <param name="Groups">Kinds of things; none for all.</param>
/// <param name="Token">The next page of what is there now, with <see cref="ChangeStart.Current"/>; else empty.</param>
public sealed record MetadataChangesRequest(
    ChangeStart Start, ChangeCursor Cursor, ulong? SinceMicros, ulong? UntilMicros, uint Limit, ImmutableArray<byte> Groups, ImmutableArray<byte> Token)
    : IWireRequest<MetadataChangesRequest>
{
    /// <inheritdoc/>
    public static CommandCode Code => CommandCode.GetMetadataChanges;

    /// <inheritdoc/>
    public static MetadataChangesRequest Read(ref WireReader reader)
    {
        var (start, cursor) = ((ChangeStart)reader.U8(), ChangeCursor.Read(ref reader));
        var (since, until) = (ReadOptional(ref reader), ReadOptional(ref reader));
        var limit = reader.U32();
        var groups = reader.Bytes(reader.U8());
        var token = reader.Bytes(reader.U16());
        if (start > ChangeStart.Current || limit is < 1 or > 1000 || !reader.IsAtEnd
            || (start is not ChangeStart.After && cursor != default) || (start is not ChangeStart.Current && token.Length > 0))
            reader.Fail(IggyError.InvalidCommand);
        return new(start, cursor, since, until, limit, [.. groups], [.. token]);
    }

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.U8((byte)Start);
        Cursor.Write(writer);
        WriteOptional(writer, SinceMicros);
        WriteOptional(writer, UntilMicros);
        writer.U32(Limit);
        writer.U8((byte)Groups.Length);
        writer.Bytes(Groups.AsSpan());
        writer.U16((ushort)Token.Length);
        writer.Bytes(Token.AsSpan());
    }

    private static ulong? ReadOptional(ref WireReader reader) => reader.StrictFlag() ? reader.U64() : null;

    private static void WriteOptional(WireWriter writer, ulong? value)
    {
        writer.Boolean(value is not null);
        if (value is { } given)
            writer.U64(given);
    }
}

/// <summary>One change.</summary>
/// <param name="Op">Position.</param>
/// <param name="Ordinal">Which of the changes of one position.</param>
/// <param name="Checksum">Of what stands at the position.</param>
/// <param name="TimestampMicros">Since the Unix epoch.</param>
/// <param name="Actor">The user, or null.</param>
/// <param name="Group">Kind of thing.</param>
/// <param name="Kind">What happened to it.</param>
/// <param name="Body">Which thing, in a layout that follows from the kind.</param>
public readonly record struct MetadataChange(
    ulong Op, uint Ordinal, UInt128 Checksum, ulong TimestampMicros, uint? Actor, byte Group, byte Kind, ImmutableArray<byte> Body) : IWireValue<MetadataChange>
{
    internal const int MinSizeInBytes = 43;

    /// <inheritdoc/>
    public static MetadataChange Read(ref WireReader reader)
    {
        var (op, ordinal, checksum, time) = (reader.U64(), reader.U32(), reader.U128(), reader.U64());
        uint? actor = reader.StrictFlag() ? reader.U32() : null;
        return new(op, ordinal, checksum, time, actor, reader.U8(), reader.U8(), [.. reader.Bytes(reader.U32())]);
    }

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.U64(Op);
        writer.U32(Ordinal);
        writer.U128(Checksum);
        writer.U64(TimestampMicros);
        writer.Boolean(Actor is not null);
        if (Actor is { } actor)
            writer.U32(actor);
        writer.U8(Group);
        writer.U8(Kind);
        writer.U32((uint)Body.Length);
        writer.Bytes(Body.AsSpan());
    }
}

/// <summary>One thing that is there.</summary>
/// <param name="Group">Kind of thing.</param>
/// <param name="Body">Which, in a layout that follows from the kind.</param>
public readonly record struct MetadataItem(byte Group, ImmutableArray<byte> Body) : IWireValue<MetadataItem>
{
    internal const int MinSizeInBytes = 5;

    /// <inheritdoc/>
    public static MetadataItem Read(ref WireReader reader) => new(reader.U8(), [.. reader.Bytes(reader.U32())]);

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.U8(Group);
        writer.U32((uint)Body.Length);
        writer.Bytes(Body.AsSpan());
    }
}

/// <summary>Changes, or what is there now.</summary>
/// <param name="Status">0 fine, 1 behind, 2 expired, 3 reset.</param>
/// <param name="Phase">0 changes, 1 what is there now.</param>
/// <param name="LogId">Which log, or null.</param>
/// <param name="OldestOp">First position kept.</param>
/// <param name="RetainedSinceMicros">Of the oldest change kept.</param>
/// <param name="HeadOp">Last position.</param>
/// <param name="Next">Where to go on, or null.</param>
/// <param name="HasMore">Whether there is more at once.</param>
/// <param name="Changes">In order.</param>
/// <param name="Items">In order.</param>
/// <param name="Token">For the next page.</param>
public sealed record MetadataChangesReply(
    byte Status, byte Phase, UInt128? LogId, ulong OldestOp, ulong RetainedSinceMicros, ulong HeadOp, ChangeCursor? Next, bool HasMore,
    ImmutableArray<MetadataChange> Changes, ImmutableArray<MetadataItem> Items, ImmutableArray<byte> Token) : IWireValue<MetadataChangesReply>
{
    /// <inheritdoc/>
    public static MetadataChangesReply Read(ref WireReader reader)
    {
        var (status, phase) = (reader.U8(), reader.U8());
        UInt128? log = reader.StrictFlag() ? reader.U128() : null;
        var (oldest, since, head) = (reader.U64(), reader.U64(), reader.U64());
        ChangeCursor? next = reader.StrictFlag() ? ChangeCursor.Read(ref reader) : null;
        return new(
            status, phase, log, oldest, since, head, next, reader.StrictFlag(),
            WireRecords.Read<MetadataChange>(ref reader, reader.U32(), MetadataChange.MinSizeInBytes),
            WireRecords.Read<MetadataItem>(ref reader, reader.U32(), MetadataItem.MinSizeInBytes),
            [.. reader.Bytes(reader.U16())]);
    }

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.U8(Status);
        writer.U8(Phase);
        writer.Boolean(LogId is not null);
        if (LogId is { } log)
            writer.U128(log);
        writer.U64(OldestOp);
        writer.U64(RetainedSinceMicros);
        writer.U64(HeadOp);
        writer.Boolean(Next is not null);
        Next?.Write(writer);
        writer.Boolean(HasMore);
        writer.U32((uint)Changes.Length);
        writer.Records(Changes.AsSpan());
        writer.U32((uint)Items.Length);
        writer.Records(Items.AsSpan());
        writer.U16((ushort)Token.Length);
        writer.Bytes(Token.AsSpan());
    }
}
