using System.Globalization;
using System.Text;
using Iggy.Protocol;
using Microsoft.AspNetCore.Http;

namespace Iggy.Gateway.Http;

/// <summary>Small values as JSON texts have them.</summary>
internal static class HttpValues
{
    /// <summary>Whether a text can be a name: 1 to 255 bytes.</summary>
    public static bool IsName(string text) => text.Length > 0 && Encoding.UTF8.GetByteCount(text) <= ProtocolLimits.MaxNameBytes;

    /// <summary>Whether a user may log in.</summary>
    public static string Text(UserStatus status) => status is UserStatus.Inactive ? "inactive" : "active";

    /// <summary>The status a text names.</summary>
    /// <exception cref="RequestRejectedException">There is none.</exception>
    public static UserStatus Status(string text) => text switch
    {
        "active" => UserStatus.Active,
        "inactive" => UserStatus.Inactive,
        _ => throw Rejected("status", text, "active, inactive"),
    };

    /// <summary>What a topic says of compression.</summary>
    public static string Text(CompressionAlgorithm compression) => compression is CompressionAlgorithm.Gzip ? "gzip" : "none";

    /// <summary>The compression a text names, in any case.</summary>
    /// <exception cref="RequestRejectedException">There is none.</exception>
    public static CompressionAlgorithm Compression(string text) => text.ToUpperInvariant() switch
    {
        "NONE" => CompressionAlgorithm.None,
        "GZIP" => CompressionAlgorithm.Gzip,
        _ => throw Rejected("compression_algorithm", text, "none, gzip"),
    };

    /// <summary>A number of bytes in the largest unit that holds it exactly, with three decimals at most: <c>1.5 KB</c>.</summary>
    /// <remarks>Above TiB no unit is used: one released client cannot read those.</remarks>
    public static string Size(ulong bytes)
    {
        foreach (var (unit, unitBytes) in _units)
        {
            if (bytes < unitBytes || (UInt128)bytes * 1000 % unitBytes != 0)
                continue;
            var thousandths = (UInt128)bytes * 1000 / unitBytes;
            var (whole, rest) = ((ulong)(thousandths / 1000), (int)(thousandths % 1000));
            var fraction = rest == 0 ? "" : (rest / 1000m).ToString(".000", CultureInfo.InvariantCulture).TrimEnd('0');
            return string.Create(CultureInfo.InvariantCulture, $"{whole}{fraction} {unit}");
        }
        return string.Create(CultureInfo.InvariantCulture, $"{bytes} B");
    }

    private static readonly (string Unit, ulong Bytes)[] _units =
    [
        ("TiB", 1UL << 40), ("TB", 1_000_000_000_000), ("GiB", 1 << 30), ("GB", 1_000_000_000),
        ("MiB", 1 << 20), ("MB", 1_000_000), ("KiB", 1 << 10), ("KB", 1000),
    ];

    private static RequestRejectedException Rejected(string field, string given, string allowed) =>
        new(StatusCodes.Status422UnprocessableEntity, $"{field} is '{given}'; allowed: {allowed}.");
}
