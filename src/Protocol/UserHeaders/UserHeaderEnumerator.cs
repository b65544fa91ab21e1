using System.Runtime.InteropServices;

namespace Iggy.Protocol;

/// <summary>A key or a value of a user header, in place and well-formed.</summary>
public readonly ref struct UserHeaderField
{
    internal UserHeaderField(UserHeaderKind kind, ReadOnlySpan<byte> bytes)
    {
        Kind = kind;
        Bytes = bytes;
    }

    /// <summary>Its type.</summary>
    public UserHeaderKind Kind { get; }

    /// <summary>1 to 255 bytes; as many as the type has.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>The value, where <typeparamref name="T"/> is the C# type of exactly this kind: bool, a number of 8 to 128 bits, float or double.</summary>
    public bool TryGet<T>(out T value) where T : unmanaged
    {
        var isOfType = Kind != default && UserHeaderKinds.Of<T>() == Kind;
        value = isOfType ? MemoryMarshal.Read<T>(Bytes) : default;
        return isOfType;
    }

    /// <summary>The text of kind <see cref="UserHeaderKind.Text"/>.</summary>
    public bool TryGetText(out string value)
    {
        value = Kind is UserHeaderKind.Text ? WireText.Decode(Bytes) : "";
        return Kind is UserHeaderKind.Text;
    }
}

/// <summary>Walks a block of user headers, for clients: the server neither reads nor checks them. Allocates nothing.</summary>
/// <remarks>Layout, to the end of the block: u8 kind, u32 length (1 to 255), key; the same for the value. Keys may repeat. Not made for
/// <c>foreach</c>, which would hide <see cref="Error"/>. Source: apache/iggy server-0.8.0, <c>core/common/src/types/message/user_headers.rs</c>.</remarks>
/// <param name="block">The user headers of one message.</param>
public ref struct UserHeaderEnumerator(ReadOnlySpan<byte> block)
{
    private WireReader _reader = new(block);

    /// <summary>The key that <see cref="MoveNext"/> came to.</summary>
    public UserHeaderField Key { get; private set; }

    /// <summary>Its value.</summary>
    public UserHeaderField Value { get; private set; }

    /// <summary>Why the walk ended early: <see cref="IggyError.InvalidHeaderKind"/>, <see cref="IggyError.InvalidHeaderKey"/> or
    /// <see cref="IggyError.InvalidHeaderValue"/>; otherwise <see cref="IggyError.None"/>.</summary>
    public IggyError Error { get; private set; }

    /// <summary>Goes to the next header. False at the end of the block and at a fault.</summary>
    public bool MoveNext()
    {
        if (_reader.IsAtEnd || Error is not IggyError.None)
            return false;
        Key = Read(IggyError.InvalidHeaderKey);
        Value = Read(IggyError.InvalidHeaderValue);
        return Error is IggyError.None;
    }

    private UserHeaderField Read(IggyError fault)
    {
        var kind = (UserHeaderKind)_reader.U8();
        var bytes = _reader.Bytes(_reader.U32());
        if (Error is not IggyError.None)
            return default;

        if (_reader.Error is not IggyError.None)
            Error = fault;
        else if (!UserHeaderKinds.IsKnown(kind))
            Error = IggyError.InvalidHeaderKind;
        else if (!UserHeaderKinds.IsValid(kind, bytes))
            Error = fault;
        return Error is IggyError.None ? new UserHeaderField(kind, bytes) : default;
    }
}
