namespace Iggy.Protocol.Classic;

/// <summary>Adds a user. Reply: <see cref="UserDetails"/>.</summary>
/// <param name="Username">3 to 50 bytes; see <see cref="Validate"/>.</param>
/// <param name="Password">3 to 100 bytes; see <see cref="Validate"/>.</param>
/// <param name="Status">As sent; see <see cref="Validate"/>.</param>
/// <param name="Permissions">Null for a user that may do nothing.</param>
public readonly record struct CreateUserRequest(
    string Username, string Password, UserStatus Status, Permissions? Permissions)
    : IWireRequest<CreateUserRequest>
{
    /// <inheritdoc/>
    public static CommandCode Code => CommandCode.CreateUser;

    /// <inheritdoc/>
    public static CreateUserRequest Read(ref WireReader reader) =>
        new(reader.Name(), reader.Str8(), (UserStatus)reader.U8(), Permissions.ReadOptional(ref reader));

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.Name(Username);
        writer.Str8(Password);
        writer.U8((byte)Status);
        Permissions.WriteOptional(writer, Permissions);
    }

    /// <summary>What is judged only after login and permission, in this order: username, password, status.</summary>
    /// <returns><see cref="IggyError.InvalidUsername"/>, <see cref="IggyError.InvalidPassword"/>, <see cref="IggyError.InvalidCommand"/> or
    /// <see cref="IggyError.None"/>.</returns>
    public IggyError Validate()
    {
        if (ProtocolLimits.CheckUsername(Username) is var badName && badName is not IggyError.None)
            return badName;
        if (ProtocolLimits.CheckPassword(Password) is var badPassword && badPassword is not IggyError.None)
            return badPassword;
        return Enum.IsDefined(Status) ? IggyError.None : IggyError.InvalidCommand;
    }

    /// <summary>Without the secrets, for logs.</summary>
    public override string ToString() => $"CreateUserRequest {{ Username = {Username} }}";
}
