namespace Iggy.Protocol;

/// <summary>Whether offsets belong to one consumer or to a group.</summary>
public enum ConsumerKind : byte
{
    /// <summary>One consumer, named freely by the client.</summary>
    Single = 1,

    /// <summary>A consumer group of the topic.</summary>
    Group = 2,

    /// <summary>A group that is kept elsewhere: nothing but offsets, without members and unchecked. 0.12 only, and never in polls.</summary>
    External = 3,
}

/// <summary>Who reads. Layout: u8 kind, identifier.</summary>
/// <param name="Kind">Single or group.</param>
/// <param name="Id">A free number or name for a single consumer (see <see cref="Hashes.ConsumerNumber(Identifier)"/>), an existing group otherwise.</param>
public readonly record struct Consumer(ConsumerKind Kind, Identifier Id) : IWireValue<Consumer>
{
    /// <inheritdoc/>
    public static Consumer Read(ref WireReader reader) => ConsumerView.Read(ref reader).ToConsumer();

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.U8((byte)Kind);
        writer.Identifier(Id);
    }
}

/// <summary>A <see cref="Consumer"/> as it lies in a request; allocates nothing.</summary>
public readonly ref struct ConsumerView
{
    private ConsumerView(ConsumerKind kind, IdentifierView id)
    {
        Kind = kind;
        Id = id;
    }

    /// <summary>Single or group.</summary>
    public ConsumerKind Kind { get; }

    /// <summary>Who.</summary>
    public IdentifierView Id { get; }

    /// <summary>Reads kind and identifier. An unknown kind is <see cref="IggyError.InvalidCommand"/>.</summary>
    /// <param name="reader">Where it lies.</param>
    /// <param name="mayBeExternal">Whether <see cref="ConsumerKind.External"/> is known.</param>
    public static ConsumerView Read(scoped ref WireReader reader, bool mayBeExternal = false)
    {
        var kind = (ConsumerKind)reader.U8();
        if (kind is not (ConsumerKind.Single or ConsumerKind.Group) && !(mayBeExternal && kind is ConsumerKind.External))
            reader.Fail(IggyError.InvalidCommand);
        return new ConsumerView(kind, reader.IdentifierView());
    }

    /// <summary>The same as a value that outlives the request. Allocates for a name.</summary>
    public Consumer ToConsumer() => new(Kind, Id.ToIdentifier());
}
