using System.Globalization;

namespace Iggy.Protocol;

/// <summary>How an identifier names its thing.</summary>
public enum IdentifierKind : byte
{
    /// <summary>By number, from 0.</summary>
    Number = 1,

    /// <summary>By exact name. A name of digits is still a name.</summary>
    Text = 2,
}

/// <summary>A stream, topic, group, user or consumer, by number or by name. The default is number 0, which is a valid id.</summary>
/// <remarks>Layout: u8 kind, u8 length (4, or 1 to 255), value. Lengths are checked when it is written or read.</remarks>
public readonly record struct Identifier
{
    /// <summary>By number.</summary>
    public Identifier(uint number) => Number = number;

    /// <summary>By name.</summary>
    /// <param name="name">1 to 255 bytes of UTF-8, compared byte for byte.</param>
    public Identifier(string name) => Name = name;

    /// <summary>Number or name.</summary>
    public IdentifierKind Kind => Name is null ? IdentifierKind.Number : IdentifierKind.Text;

    /// <summary>The number; 0 for a name.</summary>
    public uint Number { get; }

    /// <summary>The name; null for a number.</summary>
    public string? Name { get; }

    /// <summary>What the SDKs, the command line and the login make of a text: digits that fit a u32 are a number, anything else a name.</summary>
    public static Identifier FromText(string text) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? new(number) : new(text);

    /// <summary>Whether this means the thing with that id and name.</summary>
    public bool Matches(uint id, string name) => Name is null ? Number == id : string.Equals(Name, name, StringComparison.Ordinal);

    /// <summary>The number in digits, or the name.</summary>
    public override string ToString() => Name ?? Number.ToString(CultureInfo.InvariantCulture);
}
