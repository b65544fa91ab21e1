namespace Iggy.Protocol.Classic;

/// <summary>Asks for one group with its members. Reply: <see cref="ConsumerGroupDetails"/>, or nothing when it is missing.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Topic">The topic.</param>
/// <param name="Group">The group.</param>
public readonly record struct GetConsumerGroupRequest(
    Identifier Stream, Identifier Topic, Identifier Group)
    : IWireRequest<GetConsumerGroupRequest>
{
    /// <inheritdoc/>
    public static CommandCode Code => CommandCode.GetConsumerGroup;

    /// <inheritdoc/>
    public static GetConsumerGroupRequest Read(ref WireReader reader) => new(reader.Identifier(), reader.Identifier(), reader.Identifier());

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.Identifier(Stream);
        writer.Identifier(Topic);
        writer.Identifier(Group);
    }
}

/// <summary>Asks for the groups of a topic. Reply: a list of <see cref="ConsumerGroupRecord"/>.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Topic">The topic.</param>
public readonly record struct GetConsumerGroupsRequest(Identifier Stream, Identifier Topic) : IWireRequest<GetConsumerGroupsRequest>
{
    /// <inheritdoc/>
    public static CommandCode Code => CommandCode.GetConsumerGroups;

    /// <inheritdoc/>
    public static GetConsumerGroupsRequest Read(ref WireReader reader) => new(reader.Identifier(), reader.Identifier());

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.Identifier(Stream);
        writer.Identifier(Topic);
    }
}

/// <summary>Adds a group. Reply: <see cref="ConsumerGroupRecord"/>.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Topic">The topic.</param>
/// <param name="Name">1 to 255 bytes, kept as sent.</param>
public readonly record struct CreateConsumerGroupRequest(
    Identifier Stream, Identifier Topic, string Name)
    : IWireRequest<CreateConsumerGroupRequest>
{
    /// <inheritdoc/>
    public static CommandCode Code => CommandCode.CreateConsumerGroup;

    /// <inheritdoc/>
    public static CreateConsumerGroupRequest Read(ref WireReader reader) => new(reader.Identifier(), reader.Identifier(), reader.Name());

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.Identifier(Stream);
        writer.Identifier(Topic);
        writer.Name(Name);
    }
}

/// <summary>Removes a group with its stored offsets. Empty reply.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Topic">The topic.</param>
/// <param name="Group">The group.</param>
public readonly record struct DeleteConsumerGroupRequest(
    Identifier Stream, Identifier Topic, Identifier Group)
    : IWireRequest<DeleteConsumerGroupRequest>
{
    /// <inheritdoc/>
    public static CommandCode Code => CommandCode.DeleteConsumerGroup;

    /// <inheritdoc/>
    public static DeleteConsumerGroupRequest Read(ref WireReader reader) =>
        new(reader.Identifier(), reader.Identifier(), reader.Identifier());

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.Identifier(Stream);
        writer.Identifier(Topic);
        writer.Identifier(Group);
    }
}

/// <summary>Makes the session a member; joining twice changes nothing. Empty reply.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Topic">The topic.</param>
/// <param name="Group">The group.</param>
public readonly record struct JoinConsumerGroupRequest(
    Identifier Stream, Identifier Topic, Identifier Group)
    : IWireRequest<JoinConsumerGroupRequest>
{
    /// <inheritdoc/>
    public static CommandCode Code => CommandCode.JoinConsumerGroup;

    /// <inheritdoc/>
    public static JoinConsumerGroupRequest Read(ref WireReader reader) =>
        new(reader.Identifier(), reader.Identifier(), reader.Identifier());

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.Identifier(Stream);
        writer.Identifier(Topic);
        writer.Identifier(Group);
    }
}

/// <summary>Ends the membership of the session. Empty reply.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Topic">The topic.</param>
/// <param name="Group">The group.</param>
public readonly record struct LeaveConsumerGroupRequest(
    Identifier Stream, Identifier Topic, Identifier Group)
    : IWireRequest<LeaveConsumerGroupRequest>
{
    /// <inheritdoc/>
    public static CommandCode Code => CommandCode.LeaveConsumerGroup;

    /// <inheritdoc/>
    public static LeaveConsumerGroupRequest Read(ref WireReader reader) =>
        new(reader.Identifier(), reader.Identifier(), reader.Identifier());

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.Identifier(Stream);
        writer.Identifier(Topic);
        writer.Identifier(Group);
    }
}
