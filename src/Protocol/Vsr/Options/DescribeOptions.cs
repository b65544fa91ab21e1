using System.Collections.Immutable;

namespace Iggy.Protocol.Vsr;

/// <summary>What options are of.</summary>
public enum OptionScope : byte
{
    /// <summary>Topics.</summary>
    Topic = 1,

    /// <summary>Streams: none so far.</summary>
    Stream = 2,

    /// <summary>Users: none so far.</summary>
    User = 3,
}

/// <summary>Asks which options there are. Reply: <see cref="DescribeOptionsReply"/>.</summary>
/// <param name="Scope">Anything else than a known one is <see cref="IggyError.InvalidCommand"/>.</param>
public readonly record struct DescribeOptionsRequest(OptionScope Scope) : IWireRequest<DescribeOptionsRequest>
{
    /// <inheritdoc/>
    public static CommandCode Code => CommandCode.DescribeOptions;

    /// <inheritdoc/>
    public static DescribeOptionsRequest Read(ref WireReader reader)
    {
        var scope = (OptionScope)reader.U8();
        if (scope is < OptionScope.Topic or > OptionScope.User)
            reader.Fail(IggyError.InvalidCommand);
        return new(scope);
    }

    /// <inheritdoc/>
    public void Write(WireWriter writer) => writer.U8((byte)Scope);
}

/// <summary>An option as it is described: u8-text key, u8 type, u32 length and bytes of the default, u32-text description.</summary>
/// <param name="Option">Key, type and default.</param>
/// <param name="Description">For people.</param>
public readonly record struct OptionDescription(WireOption Option, string Description) : IWireValue<OptionDescription>
{
    internal const int MinSizeInBytes = 10;

    /// <inheritdoc/>
    public static OptionDescription Read(ref WireReader reader) => new(
        new(reader.Str8(), (UserHeaderKind)reader.U8(), [.. reader.Bytes(reader.U32())]),
        reader.Str32());

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.Str8(Option.Key);
        writer.U8((byte)Option.Kind);
        writer.U32((uint)Option.Value.Length);
        writer.Bytes(Option.Value.AsSpan());
        writer.Str32(Description);
    }
}

/// <summary>The options of a scope.</summary>
/// <param name="Options">May be none.</param>
public sealed record DescribeOptionsReply(ImmutableArray<OptionDescription> Options) : IWireValue<DescribeOptionsReply>
{
    /// <inheritdoc/>
    public static DescribeOptionsReply Read(ref WireReader reader) =>
        new(WireRecords.Read<OptionDescription>(ref reader, reader.U32(), OptionDescription.MinSizeInBytes));

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.U32((uint)Options.Length);
        writer.Records(Options.AsSpan());
    }

    /// <summary>The options that can be set in a scope, with the defaults of this server.</summary>
    public static DescribeOptionsReply Of(OptionScope scope) => new(scope is OptionScope.Topic
        ? [.. TopicOptionCatalog.All.Where(static option => option.IsOffered && (option.Lines & OptionLines.V11) != 0).Select(static option => new OptionDescription(option.Get(TopicOptions.Defaults)!.Value, option.Description))]
        : []);
}
