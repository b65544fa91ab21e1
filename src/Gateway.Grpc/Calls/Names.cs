using System.Globalization;
using System.Text;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Routing;
using Iggy.Protocol;

namespace Iggy.Gateway.Grpc.Calls;

/// <summary>Names of streams, topics, groups, users and consumers, as requests have them: digits that fit are a number, everything else is a name.</summary>
internal static class Names
{
    /// <summary>What a text names.</summary>
    /// <exception cref="CommandRefusedException"><see cref="IggyError.InvalidIdentifier"/>.</exception>
    public static Identifier Identifier(string text)
    {
        if (uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return new Identifier(number);
        return IsName(text) ? new Identifier(text) : throw new CommandRefusedException(IggyError.InvalidIdentifier);
    }

    /// <summary>A topic.</summary>
    /// <exception cref="CommandRefusedException"><see cref="IggyError.InvalidIdentifier"/>.</exception>
    public static TopicAddress Topic(string stream, string topic) => TopicAddress.Of(Identifier(stream), Identifier(topic));

    /// <summary>An identifier as binary requests have it.</summary>
    public static ReadOnlyMemory<byte> Encode(Identifier identifier)
    {
        var bytes = new System.Buffers.ArrayBufferWriter<byte>();
        new WireWriter(bytes).Identifier(identifier);
        return bytes.WrittenMemory;
    }

    /// <summary>Whether a text can be a name: 1 to 255 bytes.</summary>
    public static bool IsName(string text) => text.Length > 0 && Encoding.UTF8.GetByteCount(text) <= ProtocolLimits.MaxNameBytes;
}
