using System.Globalization;
using System.Text;
using Iggy.Gateway.Host;

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
        var fresh = Path + ".tmp";
        using (var file = OwnerOnlyFile.Create(fresh))
        {
            file.Write(Encoding.ASCII.GetBytes(ceiling.ToString(CultureInfo.InvariantCulture)));
            file.Flush(flushToDisk: true);
        }
        File.Move(fresh, Path, overwrite: true);
    }
}
