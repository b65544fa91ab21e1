namespace Iggy.Protocol.Classic;

/// <summary>Adds a token for the own user. Reply: <see cref="NewTokenReply"/>.</summary>
/// <param name="Name">3 to 30 bytes; see <see cref="Validate"/>.</param>
/// <param name="ExpiryMicros">From now on; 0 and all ones for never. One released SDK sends huge values: treat them as never.</param>
public readonly record struct CreatePersonalAccessTokenRequest(
    string Name, ulong ExpiryMicros)
    : IWireRequest<CreatePersonalAccessTokenRequest>
{
    /// <inheritdoc/>
    public static CommandCode Code => CommandCode.CreatePersonalAccessToken;

    /// <inheritdoc/>
    public static CreatePersonalAccessTokenRequest Read(ref WireReader reader) => new(reader.Name(), reader.U64());

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.Name(Name);
        writer.U64(ExpiryMicros);
    }

    /// <summary>What is judged only after the login check: the length of the name.</summary>
    /// <returns><see cref="IggyError.InvalidPersonalAccessTokenName"/> or <see cref="IggyError.None"/>.</returns>
    public IggyError Validate() => ProtocolLimits.CheckTokenName(Name);
}

/// <summary>Removes a token of the own user. Empty reply.</summary>
/// <param name="Name">Not judged: a name that can't be is one that does not exist.</param>
public readonly record struct DeletePersonalAccessTokenRequest(string Name) : IWireRequest<DeletePersonalAccessTokenRequest>
{
    /// <inheritdoc/>
    public static CommandCode Code => CommandCode.DeletePersonalAccessToken;

    /// <inheritdoc/>
    public static DeletePersonalAccessTokenRequest Read(ref WireReader reader) => new(reader.Name());

    /// <inheritdoc/>
    public void Write(WireWriter writer) => writer.Name(Name);
}

/// <summary>Logs in by token. Reply: <see cref="IdentityReply"/>.</summary>
/// <param name="Token">As it came when it was made.</param>
public readonly record struct LoginWithPersonalAccessTokenRequest(string Token) : IWireRequest<LoginWithPersonalAccessTokenRequest>
{
    /// <inheritdoc/>
    public static CommandCode Code => CommandCode.LoginWithPersonalAccessToken;

    /// <inheritdoc/>
    public static LoginWithPersonalAccessTokenRequest Read(ref WireReader reader) => new(reader.Str8());

    /// <inheritdoc/>
    public void Write(WireWriter writer) => writer.Str8(Token);

    /// <summary>Without the secret, for logs.</summary>
    public override string ToString() => "LoginWithPersonalAccessTokenRequest";
}
