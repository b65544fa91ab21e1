using System.Collections.Immutable;
using Iggy.Protocol.Vsr;

namespace Iggy.Protocol.Vsr12;

/// <summary>What may be done with an option.</summary>
[Flags]
public enum OptionFlags : byte
{
    /** <summary>Set once, for good.</summary> */ None = 0,
    /** <summary>May be set anew.</summary> */ Updatable = 1,
    /** <summary>May be put back to its default.</summary> */ Resettable = 2,
    /** <summary>Never shown.</summary> */ Secret = 4,
    /** <summary>Told, never taken.</summary> */ ReadOnly = 8,
    /** <summary>Who does not know it must not serve what has it.</summary> */ Critical = 16,
}

/// <summary>An option as it is described: u8-text key, u8 type, u8 flags, u32 length and bytes of the default, u32-text description.</summary>
/// <param name="Option">Key, type and default.</param>
/// <param name="Flags">What may be done with it.</param>
/// <param name="Description">For people.</param>
public readonly record struct FlaggedOption(WireOption Option, OptionFlags Flags, string Description) : IWireValue<FlaggedOption>
{
    internal const int MinSizeInBytes = 11;

    /// <inheritdoc/>
    public static FlaggedOption Read(ref WireReader reader)
    {
        var (key, kind, flags) = (reader.Str8(), (UserHeaderKind)reader.U8(), (OptionFlags)reader.U8());
        return new(new(key, kind, [.. reader.Bytes(reader.U32())]), flags, reader.Str32());
    }

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.Str8(Option.Key);
        writer.U8((byte)Option.Kind);
        writer.U8((byte)Flags);
        writer.U32((uint)Option.Value.Length);
        writer.Bytes(Option.Value.AsSpan());
        writer.Str32(Description);
    }
}

/// <summary>The options of a scope.</summary>
/// <param name="Options">In the order of their names.</param>
public sealed record FlaggedOptions(ImmutableArray<FlaggedOption> Options) : IWireValue<FlaggedOptions>
{
    /// <inheritdoc/>
    public static FlaggedOptions Read(ref WireReader reader) =>
        new(WireRecords.Read<FlaggedOption>(ref reader, reader.U32(), FlaggedOption.MinSizeInBytes));

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.U32((uint)Options.Length);
        writer.Records(Options.AsSpan());
    }
}
