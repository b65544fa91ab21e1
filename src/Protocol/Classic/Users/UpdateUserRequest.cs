namespace Iggy.Protocol.Classic;

/// <summary>Changes name, status or both of a user. Empty reply.</summary>
/// <remarks>A released SDK overwrites a byte of the identifier when it sends no name; what arrives is a sound request for another user
/// or, for a name of one byte, <see cref="IggyError.InvalidFormat"/>. There is nothing to mend here.</remarks>
/// <param name="User">The user.</param>
/// <param name="Username">The new name, or null to keep it; see <see cref="Validate"/>.</param>
/// <param name="Status">The new status as sent, or null to keep it; see <see cref="Validate"/>.</param>
public readonly record struct UpdateUserRequest(Identifier User, string? Username, UserStatus? Status) : IWireRequest<UpdateUserRequest>
{
    /// <inheritdoc/>
    public static CommandCode Code => CommandCode.UpdateUser;

    /// <inheritdoc/>
    public static UpdateUserRequest Read(ref WireReader reader) => new(
        reader.Identifier(),
        reader.Flag() ? reader.Name() : null,
        reader.Flag() ? (UserStatus)reader.U8() : null);

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.Identifier(User);
        writer.Boolean(Username is not null);
        if (Username is not null)
            writer.Name(Username);
        writer.Boolean(Status is not null);
        if (Status is { } status)
            writer.U8((byte)status);
    }

    /// <summary>What is judged only after login and permission, in this order: username, status.</summary>
    /// <returns><see cref="IggyError.InvalidUsername"/>, <see cref="IggyError.InvalidCommand"/> or <see cref="IggyError.None"/>.</returns>
    public IggyError Validate()
    {
        if (Username is not null && ProtocolLimits.CheckUsername(Username) is var badName && badName is not IggyError.None)
            return badName;
        return Status is { } status && !Enum.IsDefined(status) ? IggyError.InvalidCommand : IggyError.None;
    }
}
