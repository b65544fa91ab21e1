using System.Globalization;
using System.Text;
using Iggy.Gateway.Host;

namespace Iggy.Gateway.Routing;

/// <summary>A number in a file beside the data.</summary>
internal sealed class PositionFile(DataDisk disk) : IPositionStore
{
    private string Path => System.IO.Path.Combine(disk.Path, "gateway", "positions");

    /// <inheritdoc/>
    public ulong Read() =>
        File.Exists(Path) && ulong.TryParse(File.ReadAllText(Path), NumberStyles.None, CultureInfo.InvariantCulture, out var ceiling) ? ceiling : 0;

    /// <inheritdoc/>
    public void Write(ulong ceiling) => OwnerOnlyFile.Replace(Path, Encoding.ASCII.GetBytes(ceiling.ToString(CultureInfo.InvariantCulture)));
}
