using System.Buffers;
using Iggy.Protocol;

namespace Iggy.Client;

/// <summary>Builds the headers of a message: <c>new MessageHeaders().Add("type", "order").Add("attempt", 2).ToMemory()</c>. The block can be
/// shared by any number of messages.</summary>
public sealed class MessageHeaders
{
    private readonly ArrayBufferWriter<byte> _block = new();

    /// <summary>Adds a text.</summary>
    /// <exception cref="ArgumentException">Key or value is empty or longer than 255 bytes. Nothing was added.</exception>
    public MessageHeaders Add(string key, string value)
    {
        new UserHeadersWriter(_block).Add(key, value);
        return this;
    }

    /// <summary>Adds a boolean or a number of 8 to 128 bits, float or double.</summary>
    /// <exception cref="ArgumentException">The key is empty or longer than 255 bytes, or the type is another. Nothing was added.</exception>
    public MessageHeaders Add<T>(string key, T value) where T : unmanaged
    {
        new UserHeadersWriter(_block).Add(key, value);
        return this;
    }

    /// <summary>Adds bytes.</summary>
    /// <exception cref="ArgumentException">Key or value is empty or longer than 255 bytes. Nothing was added.</exception>
    public MessageHeaders AddRaw(string key, ReadOnlySpan<byte> value)
    {
        new UserHeadersWriter(_block).AddRaw(key, value);
        return this;
    }

    /// <summary>The block, copied: more headers may be added afterwards.</summary>
    public ReadOnlyMemory<byte> ToMemory() => _block.WrittenSpan.ToArray();
}
