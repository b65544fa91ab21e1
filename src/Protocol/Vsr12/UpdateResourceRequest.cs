using System.Collections.Immutable;
using Iggy.Protocol.Vsr;

namespace Iggy.Protocol.Vsr12;

/// <summary>Changes what is given of a stream, a topic or a user; all else stays. Reply: nothing.</summary>
/// <param name="Scope">What is changed.</param>
/// <param name="Stream">Of the topic, or the stream itself; the default for a user.</param>
/// <param name="Resource">The topic or user; the default for a stream.</param>
/// <param name="Reset">Keys to put back to their defaults.</param>
/// <param name="Options">What is set; the new name is one of them.</param>
public sealed record UpdateResourceRequest(
    OptionScope Scope, Identifier Stream, Identifier Resource, ImmutableArray<string> Reset, ImmutableArray<WireOption> Options) : IWireRequest<UpdateResourceRequest>
{
    /// <inheritdoc/>
    public static CommandCode Code => CommandCode.UpdateResource;

    /// <inheritdoc/>
    public static UpdateResourceRequest Read(ref WireReader reader)
    {
        var scope = (OptionScope)reader.U8();
        if (scope is < OptionScope.Topic or > OptionScope.User)
            reader.Fail(IggyError.InvalidCommand);
        var stream = scope is OptionScope.User ? default : reader.Identifier();
        var resource = scope is OptionScope.Stream ? default : reader.Identifier();
        var reset = ImmutableArray.CreateBuilder<string>();
        for (var left = reader.U8(); left > 0 && reader.Error is IggyError.None; left--)
            reset.Add(reader.Name());
        return new(scope, stream, resource, reset.DrainToImmutable(), OptionsBlock.ReadToEnd(ref reader));
    }

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.U8((byte)Scope);
        if (Scope is not OptionScope.User)
            writer.Identifier(Stream);
        if (Scope is not OptionScope.Stream)
            writer.Identifier(Resource);
        writer.U8((byte)Reset.Length);
        foreach (var key in Reset)
            writer.Name(key);
        OptionsBlock.Write(writer, Options);
    }
}
