using System.Globalization;
using Iggy.Gateway.Host;
using Iggy.Primitives;

namespace Iggy.Gateway.Routing;

/// <summary>A number in a file beside the data. Written beside the old one and renamed.</summary>
internal sealed class PositionFile(DataDisk disk) : IPositionStore
{
    private string Path => System.IO.Path.Combine(disk.Path, "gateway", "positions");

    /// <inheritdoc/>
    public ulong Read() =>
        File.Exists(Path) && ulong.TryParse(File.ReadAllText(Path), NumberStyles.None, CultureInfo.InvariantCulture, out var ceiling) ? ceiling : 0;

    /// <inheritdoc/>
    public void Write(ulong ceiling)
    {
        OwnerOnlyFolder.Make(System.IO.Path.GetDirectoryName(Path)!);
        AtomicFile.Write(Path, ceiling.ToString(CultureInfo.InvariantCulture), ownerOnly: true);
    }
}
