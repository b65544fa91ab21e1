namespace Iggy.Protocol.Classic;

/// <summary>Replaces the password of a user. Empty reply.</summary>
/// <param name="User">The user.</param>
/// <param name="CurrentPassword">Asked of an administrator too.</param>
/// <param name="NewPassword">3 to 100 bytes.</param>
public readonly record struct ChangePasswordRequest(
    Identifier User, string CurrentPassword, string NewPassword)
    : IWireRequest<ChangePasswordRequest>
{
    /// <inheritdoc/>
    public static CommandCode Code => CommandCode.ChangePassword;

    /// <inheritdoc/>
    public static ChangePasswordRequest Read(ref WireReader reader) => new(reader.Identifier(), reader.Str8(), reader.Str8());

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.Identifier(User);
        writer.Str8(CurrentPassword);
        writer.Str8(NewPassword);
    }

    /// <summary>What is judged only after the login check: both lengths.</summary>
    /// <returns><see cref="IggyError.InvalidPassword"/> or <see cref="IggyError.None"/>.</returns>
    public IggyError Validate() => ProtocolLimits.CheckPassword(CurrentPassword) is var badCurrent && badCurrent is not IggyError.None
        ? badCurrent
        : ProtocolLimits.CheckPassword(NewPassword);

    /// <summary>Without the secrets, for logs.</summary>
    public override string ToString() => $"ChangePasswordRequest {{ User = {User} }}";
}

/// <summary>Logs in by name and password. Reply: <see cref="IdentityReply"/>.</summary>
/// <param name="Username">3 to 50 bytes; digits alone are a user id, see <see cref="Identifier.FromText"/>.</param>
/// <param name="Password">3 to 100 bytes.</param>
/// <param name="Version">The SDK's version, any text.</param>
/// <param name="Context">About the client, any text.</param>
public readonly record struct LoginUserRequest(
    string Username, string Password, string Version, string Context)
    : IWireRequest<LoginUserRequest>
{
    /// <inheritdoc/>
    public static CommandCode Code => CommandCode.LoginUser;

    /// <inheritdoc/>
    public static LoginUserRequest Read(ref WireReader reader) => new(reader.Name(), reader.Str8(), reader.Str32(), reader.Str32());

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.Name(Username);
        writer.Str8(Password);
        writer.Str32(Version);
        writer.Str32(Context);
    }

    /// <summary>The lengths of name and password, in this order.</summary>
    /// <returns><see cref="IggyError.InvalidUsername"/>, <see cref="IggyError.InvalidPassword"/> or <see cref="IggyError.None"/>.</returns>
    public IggyError Validate() => ProtocolLimits.CheckUsername(Username) is var badName && badName is not IggyError.None
        ? badName
        : ProtocolLimits.CheckPassword(Password);

    /// <summary>Without the secrets, for logs.</summary>
    public override string ToString() => $"LoginUserRequest {{ Username = {Username} }}";
}
