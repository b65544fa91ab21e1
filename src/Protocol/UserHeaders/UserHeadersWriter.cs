using System.Buffers;
using System.Runtime.InteropServices;

namespace Iggy.Protocol;

/// <summary>Writes a block of user headers, one after the other: the reverse of <see cref="UserHeaderEnumerator"/>.</summary>
/// <param name="output">Where the bytes go; owned by the caller. What one message gets is bounded by <see cref="ProtocolLimits.MaxUserHeadersBytes"/>.</param>
public readonly struct UserHeadersWriter(IBufferWriter<byte> output)
{
    private readonly WireWriter _writer = new(output);

    /// <summary>A text under a text.</summary>
    /// <exception cref="ArgumentException">Key or value is empty or longer than 255 bytes. Nothing was written.</exception>
    public void Add(string key, string value) => Add(UserHeaderKind.Text, WireText.Encode(key), UserHeaderKind.Text, WireText.Encode(value));

    /// <summary>A boolean or number under a text.</summary>
    /// <exception cref="ArgumentException">The key is empty or longer than 255 bytes, or the type has no kind. Nothing was written.</exception>
    public void Add<T>(string key, T value) where T : unmanaged => Add(
        UserHeaderKind.Text,
        WireText.Encode(key),
        UserHeaderKinds.Of<T>(),
        MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)));

    /// <summary>Bytes under a text.</summary>
    /// <exception cref="ArgumentException">Key or value is empty or longer than 255 bytes. Nothing was written.</exception>
    public void AddRaw(string key, ReadOnlySpan<byte> value) => Add(UserHeaderKind.Text, WireText.Encode(key), UserHeaderKind.Raw, value);

    /// <summary>A key and a value of any kind.</summary>
    /// <exception cref="ArgumentException">One of them is not of its kind. Nothing was written.</exception>
    public void Add(UserHeaderKind keyKind, ReadOnlySpan<byte> key, UserHeaderKind valueKind, ReadOnlySpan<byte> value)
    {
        Check(keyKind, key, nameof(key));
        Check(valueKind, value, nameof(value));
        Write(keyKind, key);
        Write(valueKind, value);
    }

    private static void Check(UserHeaderKind kind, ReadOnlySpan<byte> bytes, string name)
    {
        if (!UserHeaderKinds.IsKnown(kind) || !UserHeaderKinds.IsValid(kind, bytes))
            throw new ArgumentException($"{bytes.Length} bytes are no user header of kind {kind}.", name);
    }

    private void Write(UserHeaderKind kind, ReadOnlySpan<byte> bytes)
    {
        _writer.U8((byte)kind);
        _writer.U32((uint)bytes.Length);
        _writer.Bytes(bytes);
    }
}
