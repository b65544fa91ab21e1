using System.Collections.Immutable;
using Iggy.Protocol.Vsr;

namespace Iggy.Protocol.Vsr12;

/// <summary>Binds a connection to a session that is there, without credentials. Reply: <see cref="RegisterReply"/>, not framed.</summary>
/// <param name="Version">Stands first, as in a login: it says whether the rest can be read.</param>
/// <param name="SdkName">For logs.</param>
/// <param name="SdkVersion">For logs.</param>
/// <param name="Client">Of the session.</param>
/// <param name="Session">Its number; 0 asks for that of a login whose reply was lost.</param>
/// <param name="MetadataWatermark">Position that the node must have come to.</param>
/// <param name="Secret">What the login said, <see cref="RegisterRequest.SecretBytes"/> long.</param>
public readonly record struct BindSessionRequest(
    ProtocolVersion Version, string SdkName, string SdkVersion, UInt128 Client, ulong Session, ulong MetadataWatermark, ImmutableArray<byte> Secret)
    : IWireRequest<BindSessionRequest>
{
    /// <inheritdoc/>
    public static CommandCode Code => CommandCode.BindSession;

    /// <inheritdoc/>
    public static BindSessionRequest Read(ref WireReader reader) => new(
        new(reader.U32()), reader.Name(), reader.Name(), reader.U128(), reader.U64(), reader.U64(), [.. reader.Bytes(RegisterRequest.SecretBytes)]);

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.U32(Version.Packed);
        writer.Name(SdkName);
        writer.Name(SdkVersion);
        writer.U128(Client);
        writer.U64(Session);
        writer.U64(MetadataWatermark);
        writer.Bytes(Secret.AsSpan());
    }

    /// <summary>Without the secret, for logs.</summary>
    public override string ToString() => $"{SdkName} {SdkVersion} ({Version}), session {Session}";

    /// <inheritdoc/>
    public bool Equals(BindSessionRequest other) => ToString() == other.ToString() && Client == other.Client && MetadataWatermark == other.MetadataWatermark
        && Secret.AsSpan().SequenceEqual(other.Secret.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Client, Session);
}
