using System.Collections.Immutable;
using Iggy.Protocol.Classic;

namespace Iggy.Protocol.Vsr;

/// <summary>A user as lists carry it: as in the classic dialect, then its options.</summary>
/// <param name="User">The user.</param>
/// <param name="Options">None are known; kept for whoever reads a later server.</param>
public readonly record struct VsrUserRecord(UserRecord User, ImmutableArray<WireOption> Options) : IWireValue<VsrUserRecord>
{
    /// <inheritdoc/>
    public static VsrUserRecord Read(ref WireReader reader) => new(UserRecord.Read(ref reader), OptionsBlock.ReadPrefixed(ref reader));

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        User.Write(writer);
        OptionsBlock.WritePrefixed(writer, Options);
    }

    /// <inheritdoc/>
    public bool Equals(VsrUserRecord other) => User == other.User && OptionsBlock.AreEqual(Options, other.Options);

    /// <inheritdoc/>
    public override int GetHashCode() => User.GetHashCode();
}

/// <summary>A user and what it may do.</summary>
/// <param name="User">The user.</param>
/// <param name="Permissions">Null for nothing that needs a permission.</param>
public sealed record VsrUserDetails(VsrUserRecord User, Permissions? Permissions) : IWireValue<VsrUserDetails>
{
    /// <inheritdoc/>
    public static VsrUserDetails Read(ref WireReader reader) => new(VsrUserRecord.Read(ref reader), Permissions.ReadInDetails(ref reader));

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        User.Write(writer);
        Permissions.WriteInDetails(writer, Permissions);
    }
}
