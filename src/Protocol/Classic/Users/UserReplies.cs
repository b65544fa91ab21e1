namespace Iggy.Protocol.Classic;

/// <summary>A user as lists carry it.</summary>
/// <param name="Id">From 0, the root user.</param>
/// <param name="CreatedAtMicros">Since the Unix epoch.</param>
/// <param name="Status">Whether it may log in.</param>
/// <param name="Username">3 to 50 bytes.</param>
public readonly record struct UserRecord(uint Id, ulong CreatedAtMicros, UserStatus Status, string Username) : IWireValue<UserRecord>
{
    /// <inheritdoc/>
    public static UserRecord Read(ref WireReader reader) => new(reader.U32(), reader.U64(), (UserStatus)reader.U8(), reader.Name());

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.U32(Id);
        writer.U64(CreatedAtMicros);
        writer.U8((byte)Status);
        writer.Name(Username);
    }
}

/// <summary>Reply to <see cref="GetUserRequest"/> and <see cref="CreateUserRequest"/>.</summary>
/// <param name="User">The user.</param>
/// <param name="Permissions">What it may do; null for nothing that needs a permission.</param>
public sealed record UserDetails(UserRecord User, Permissions? Permissions) : IWireValue<UserDetails>
{
    /// <inheritdoc/>
    public static UserDetails Read(ref WireReader reader) => new(UserRecord.Read(ref reader), Permissions.ReadInDetails(ref reader));

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        User.Write(writer);
        Permissions.WriteInDetails(writer, Permissions);
    }
}

/// <summary>Reply to both logins.</summary>
/// <param name="UserId">The user.</param>
public readonly record struct IdentityReply(uint UserId) : IWireValue<IdentityReply>
{
    /// <inheritdoc/>
    public static IdentityReply Read(ref WireReader reader) => new(reader.U32());

    /// <inheritdoc/>
    public void Write(WireWriter writer) => writer.U32(UserId);
}

/// <summary>A personal access token as lists carry it, without the secret.</summary>
/// <param name="Name">3 to 30 bytes.</param>
/// <param name="ExpiresAtMicros">Since the Unix epoch; 0 for never.</param>
public readonly record struct TokenRecord(string Name, ulong ExpiresAtMicros) : IWireValue<TokenRecord>
{
    /// <inheritdoc/>
    public static TokenRecord Read(ref WireReader reader) => new(reader.Name(), reader.U64());

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.Name(Name);
        writer.U64(ExpiresAtMicros);
    }
}

/// <summary>Reply to <see cref="CreatePersonalAccessTokenRequest"/>: the only time that the secret is shown.</summary>
/// <param name="Token">ASCII, up to 255 bytes.</param>
public readonly record struct NewTokenReply(string Token) : IWireValue<NewTokenReply>
{
    /// <inheritdoc/>
    public static NewTokenReply Read(ref WireReader reader) => new(reader.Str8());

    /// <inheritdoc/>
    public void Write(WireWriter writer) => writer.Str8(Token);

    /// <summary>Without the secret, for logs.</summary>
    public override string ToString() => nameof(NewTokenReply);
}
