namespace Iggy.Protocol.Classic;

/// <summary>Asks for one stream with its topics. Reply: <see cref="StreamDetails"/>, or nothing when it is missing.</summary>
/// <param name="Stream">The stream.</param>
public readonly record struct GetStreamRequest(Identifier Stream) : IWireRequest<GetStreamRequest>
{
    /// <inheritdoc/>
    public static CommandCode Code => CommandCode.GetStream;

    /// <inheritdoc/>
    public static GetStreamRequest Read(ref WireReader reader) => new(reader.Identifier());

    /// <inheritdoc/>
    public void Write(WireWriter writer) => writer.Identifier(Stream);
}

/// <summary>Adds a stream. Reply: <see cref="StreamRecord"/>.</summary>
/// <param name="Name">1 to 255 bytes, kept as sent.</param>
public readonly record struct CreateStreamRequest(string Name) : IWireRequest<CreateStreamRequest>
{
    /// <inheritdoc/>
    public static CommandCode Code => CommandCode.CreateStream;

    /// <inheritdoc/>
    public static CreateStreamRequest Read(ref WireReader reader) => new(reader.Name());

    /// <inheritdoc/>
    public void Write(WireWriter writer) => writer.Name(Name);
}

/// <summary>Renames a stream. Empty reply.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Name">The new name, 1 to 255 bytes.</param>
public readonly record struct UpdateStreamRequest(Identifier Stream, string Name) : IWireRequest<UpdateStreamRequest>
{
    /// <inheritdoc/>
    public static CommandCode Code => CommandCode.UpdateStream;

    /// <inheritdoc/>
    public static UpdateStreamRequest Read(ref WireReader reader) => new(reader.Identifier(), reader.Name());

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.Identifier(Stream);
        writer.Name(Name);
    }
}

/// <summary>Removes a stream with all it holds. Empty reply.</summary>
/// <param name="Stream">The stream.</param>
public readonly record struct DeleteStreamRequest(Identifier Stream) : IWireRequest<DeleteStreamRequest>
{
    /// <inheritdoc/>
    public static CommandCode Code => CommandCode.DeleteStream;

    /// <inheritdoc/>
    public static DeleteStreamRequest Read(ref WireReader reader) => new(reader.Identifier());

    /// <inheritdoc/>
    public void Write(WireWriter writer) => writer.Identifier(Stream);
}

/// <summary>Removes all messages and stored offsets of all topics. Empty reply.</summary>
/// <param name="Stream">The stream.</param>
public readonly record struct PurgeStreamRequest(Identifier Stream) : IWireRequest<PurgeStreamRequest>
{
    /// <inheritdoc/>
    public static CommandCode Code => CommandCode.PurgeStream;

    /// <inheritdoc/>
    public static PurgeStreamRequest Read(ref WireReader reader) => new(reader.Identifier());

    /// <inheritdoc/>
    public void Write(WireWriter writer) => writer.Identifier(Stream);
}
