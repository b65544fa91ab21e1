using System.Globalization;

namespace Iggy.Protocol.Vsr;

/// <summary>A version of the dialect, packed: ten bits each for major, minor and patch. A pre-release suffix is not in it.</summary>
/// <param name="Packed">As on the wire.</param>
public readonly record struct ProtocolVersion(uint Packed)
{
    private const int PartBits = 10;
    private const uint MaxPart = (1 << PartBits) - 1;

    /// <summary>From its parts, each below 1024.</summary>
    public ProtocolVersion(uint major, uint minor, uint patch) : this((major << (2 * PartBits)) | (minor << PartBits) | patch)
    {
    }

    /// <summary>The version that this code speaks: 0.11.0.</summary>
    public static ProtocolVersion Current { get; } = new(0, 11, 0);

    /// <summary>The line with sessions apart from connections: 0.12.0.</summary>
    public static ProtocolVersion Sessions { get; } = new(0, 12, 0);

    /// <summary>First part.</summary>
    public uint Major => (Packed >> (2 * PartBits)) & MaxPart;

    /// <summary>Second part: while the first is 0 each step is a break.</summary>
    public uint Minor => (Packed >> PartBits) & MaxPart;

    /// <summary>Third part.</summary>
    public uint Patch => Packed & MaxPart;

    /// <summary>Reads <c>major.minor.patch</c>.</summary>
    public static bool TryParse(string? text, out ProtocolVersion version)
    {
        version = default;
        var parts = (text ?? "").Split('.');
        if (parts.Length != 3)
            return false;
        Span<uint> numbers = stackalloc uint[3];
        for (var i = 0; i < numbers.Length; i++)
        {
            if (!uint.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i]) || numbers[i] > MaxPart)
                return false;
        }
        version = new(numbers[0], numbers[1], numbers[2]);
        return version.Packed > 0;
    }

    /// <summary>As <c>major.minor.patch</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Major}.{Minor}.{Patch}");
}

/// <summary>The versions that a server takes.</summary>
/// <param name="Oldest">The first one.</param>
/// <param name="Newest">The last one; later patches of it are fine too.</param>
public readonly record struct VersionWindow(ProtocolVersion Oldest, ProtocolVersion Newest)
{
    /// <summary>Whether a client of that version is taken. The two top bits are no part of a version, so a value that sets them is none.</summary>
    public bool Contains(ProtocolVersion version) =>
        version.Packed >> 30 == 0 && version.Packed >= Oldest.Packed && version.Packed >> 10 <= Newest.Packed >> 10;
}
