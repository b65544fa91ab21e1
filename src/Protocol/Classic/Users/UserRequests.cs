namespace Iggy.Protocol.Classic;

/// <summary>Asks for one user. Reply: <see cref="UserDetails"/>, or nothing when it is missing.</summary>
/// <param name="User">The user.</param>
public readonly record struct GetUserRequest(Identifier User) : IWireRequest<GetUserRequest>
{
    /// <inheritdoc/>
    public static CommandCode Code => CommandCode.GetUser;

    /// <inheritdoc/>
    public static GetUserRequest Read(ref WireReader reader) => new(reader.Identifier());

    /// <inheritdoc/>
    public void Write(WireWriter writer) => writer.Identifier(User);
}

/// <summary>Removes a user. Empty reply.</summary>
/// <param name="User">The user.</param>
public readonly record struct DeleteUserRequest(Identifier User) : IWireRequest<DeleteUserRequest>
{
    /// <inheritdoc/>
    public static CommandCode Code => CommandCode.DeleteUser;

    /// <inheritdoc/>
    public static DeleteUserRequest Read(ref WireReader reader) => new(reader.Identifier());

    /// <inheritdoc/>
    public void Write(WireWriter writer) => writer.Identifier(User);
}

/// <summary>Replaces the permissions of a user. Empty reply.</summary>
/// <param name="User">The user.</param>
/// <param name="Permissions">Null takes all away.</param>
public readonly record struct UpdatePermissionsRequest(Identifier User, Permissions? Permissions) : IWireRequest<UpdatePermissionsRequest>
{
    /// <inheritdoc/>
    public static CommandCode Code => CommandCode.UpdatePermissions;

    /// <inheritdoc/>
    public static UpdatePermissionsRequest Read(ref WireReader reader) => new(reader.Identifier(), Permissions.ReadOptional(ref reader));

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.Identifier(User);
        Permissions.WriteOptional(writer, Permissions);
    }
}
