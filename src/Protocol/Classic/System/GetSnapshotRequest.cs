using System.Collections.Immutable;

namespace Iggy.Protocol.Classic;

/// <summary>Asks for a support archive. Reply: the bytes of a ZIP file as they are, so there is no reply type.</summary>
/// <param name="Compression">As sent; see <see cref="Validate"/>.</param>
/// <param name="Types">What to put in, as sent, up to 255; see <see cref="Validate"/>.</param>
public readonly record struct GetSnapshotRequest(SnapshotCompression Compression, ImmutableArray<SnapshotType> Types)
    : IWireRequest<GetSnapshotRequest>
{
    /// <inheritdoc/>
    public static CommandCode Code => CommandCode.GetSnapshot;

    /// <inheritdoc/>
    public static GetSnapshotRequest Read(ref WireReader reader)
    {
        var compression = (SnapshotCompression)reader.U8();
        var types = ImmutableArray.CreateBuilder<SnapshotType>();
        foreach (var type in reader.Bytes(reader.U8()))
            types.Add((SnapshotType)type);
        return new(compression, types.DrainToImmutable());
    }

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Types.Length, byte.MaxValue, nameof(Types));
        writer.U8((byte)Compression);
        writer.U8((byte)Types.Length);
        foreach (var type in Types)
            writer.U8((byte)type);
    }

    /// <summary>What is judged only after the login check: known values, and that <see cref="SnapshotType.All"/> stands alone.</summary>
    /// <returns><see cref="IggyError.InvalidCommand"/> or <see cref="IggyError.None"/>.</returns>
    public IggyError Validate()
    {
        if (!Enum.IsDefined(Compression))
            return IggyError.InvalidCommand;
        foreach (var type in Types)
        {
            if (!Enum.IsDefined(type) || (type is SnapshotType.All && Types.Length > 1))
                return IggyError.InvalidCommand;
        }
        return IggyError.None;
    }
}
