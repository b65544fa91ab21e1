using System.Collections.Immutable;

namespace Iggy.Protocol.Vsr;

/// <summary>The body of a login: u32 version, u8-text SDK name, u8-text SDK version, then either username and password or a token, then a u32-text
/// context that is ignored. Nothing says which of the two follows: the one that fits exactly.</summary>
/// <param name="Version">The version of the dialect that the client speaks.</param>
/// <param name="SdkName">For logs.</param>
/// <param name="SdkVersion">For logs, and to tell old pre-releases.</param>
/// <param name="Password">Username and password, where the body can be read so. Lengths are not judged here.</param>
/// <param name="Token">A personal access token, where the body can be read so.</param>
public readonly record struct RegisterRequest(ProtocolVersion Version, string SdkName, string SdkVersion, PasswordLogin? Password, string? Token)
{
    /// <summary>Bytes of a secret.</summary>
    public const uint SecretBytes = 32;

    /// <summary>By which further connections are bound to the session; the default where the line of the version has none. Stands between the version text
    /// and the credentials.</summary>
    public ImmutableArray<byte> Secret { get; init; }

    /// <summary>Reads the version alone: it stands first in every version, and says whether the rest can be read.</summary>
    /// <returns>False when the body is too short for it.</returns>
    public static bool TryReadVersion(ReadOnlySpan<byte> body, out ProtocolVersion version)
    {
        var reader = new WireReader(body);
        version = new(reader.U32());
        return reader.Error is IggyError.None;
    }

    /// <summary>Reads a body.</summary>
    /// <returns>False when version, name or version text can't be read. A body without readable credentials is no fault here: its
    /// version is judged first.</returns>
    public static bool TryRead(ReadOnlySpan<byte> body, out RegisterRequest request)
    {
        var reader = new WireReader(body);
        request = new(new(reader.U32()), reader.Name(), reader.Name(), null, null);
        if (reader.Error is not IggyError.None)
            return false;

        if (ProtocolLine.Of(request.Version).HasBindSecret)
            request = request with { Secret = [.. reader.Bytes(SecretBytes)] };
        if (reader.Error is not IggyError.None)
            return false;
        var rest = reader.Rest();
        request = request with { Password = ReadPassword(rest), Token = ReadToken(rest) };
        return true;
    }

    /// <summary>Writes the body.</summary>
    /// <exception cref="ArgumentException">A text does not fit its field.</exception>
    public void Write(WireWriter writer)
    {
        writer.U32(Version.Packed);
        writer.Name(SdkName);
        writer.Name(SdkVersion);
        if (!Secret.IsDefault)
            writer.Bytes(Secret.AsSpan());
        if (Password is { } password)
        {
            writer.Str8(password.Username);
            writer.Str8(password.Password);
        }
        else
        {
            writer.Name(Token ?? "");
        }
        writer.U32(0);
    }

    /// <summary>Without secrets, for logs.</summary>
    public override string ToString() => $"{SdkName} {SdkVersion} ({Version})";

    private static PasswordLogin? ReadPassword(ReadOnlySpan<byte> rest)
    {
        var reader = new WireReader(rest);
        var login = new PasswordLogin(reader.Str8(), reader.Str8());
        return SkipContext(ref reader) ? login : null;
    }

    private static string? ReadToken(ReadOnlySpan<byte> rest)
    {
        var reader = new WireReader(rest);
        var token = reader.Name();
        return SkipContext(ref reader) ? token : null;
    }

    private static bool SkipContext(ref WireReader reader)
    {
        reader.Bytes(reader.U32());
        return reader is { Error: IggyError.None, IsAtEnd: true };
    }
}

/// <summary>A login by name.</summary>
/// <param name="Username">0 to 255 bytes, as sent.</param>
/// <param name="Password">0 to 255 bytes, as sent.</param>
public readonly record struct PasswordLogin(string Username, string Password)
{
    /// <summary>Without the secret, for logs.</summary>
    public override string ToString() => $"PasswordLogin {{ Username = {Username} }}";
}

/// <summary>The payload of a successful login's reply.</summary>
/// <param name="UserId">The user.</param>
/// <param name="Session">More than 0, below 2^63.</param>
/// <param name="Version">The server's version of the dialect.</param>
/// <param name="ServerVersion">The server's own, 1 to 255 bytes.</param>
public readonly record struct RegisterReply(uint UserId, ulong Session, ProtocolVersion Version, string ServerVersion) : IWireValue<RegisterReply>
{
    /// <inheritdoc/>
    public static RegisterReply Read(ref WireReader reader) => new(reader.U32(), reader.U64(), new(reader.U32()), reader.Name());

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.U32(UserId);
        writer.U64(Session);
        writer.U32(Version.Packed);
        writer.Name(ServerVersion);
    }
}
