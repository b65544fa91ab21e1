using System.Buffers.Binary;

namespace Iggy.Protocol;

/// <summary>An <see cref="Identifier"/> as it lies in a request, for the hot path: nothing is decoded or allocated until asked for.</summary>
/// <remarks>Comes from <see cref="WireReader.IdentifierView"/> only, so it is well-formed; the default stands for a failed read.</remarks>
public readonly ref struct IdentifierView
{
    internal IdentifierView(ReadOnlySpan<byte> encoded) => Encoded = encoded;

    /// <summary>Kind, length and value as on the wire: equal bytes mean equal identifiers, so it may serve as a cache key.</summary>
    public ReadOnlySpan<byte> Encoded { get; }

    /// <summary>Number or name.</summary>
    public IdentifierKind Kind => Encoded.IsEmpty ? default : (IdentifierKind)Encoded[0];

    /// <summary>The name in UTF-8, or the four bytes of the number.</summary>
    public ReadOnlySpan<byte> Value => Encoded.IsEmpty ? default : Encoded[2..];

    /// <summary>The number; 0 for a name.</summary>
    public uint Number => Kind is IdentifierKind.Number ? BinaryPrimitives.ReadUInt32LittleEndian(Value) : 0;

    /// <summary>The same as a value that outlives the request. Allocates for a name.</summary>
    public Identifier ToIdentifier() => Kind is IdentifierKind.Text ? new(WireText.Decode(Value)) : new(Number);
}
