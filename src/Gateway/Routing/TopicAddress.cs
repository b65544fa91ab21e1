using System.Buffers;
using Iggy.Protocol;

namespace Iggy.Gateway.Routing;

/// <summary>A topic as a request names it.</summary>
/// <param name="Key">The stream identifier and the topic identifier as they lie one after the other in the request, well-formed. Borrowed from
/// the request, so that a cached route is found without decoding a name.</param>
internal readonly record struct TopicAddress(ReadOnlyMemory<byte> Key)
{
    /// <summary>The address of a decoded request, off the hot path.</summary>
    public static TopicAddress Of(Identifier stream, Identifier topic)
    {
        var bytes = new ArrayBufferWriter<byte>();
        var writer = new WireWriter(bytes);
        writer.Identifier(stream);
        writer.Identifier(topic);
        return new TopicAddress(bytes.WrittenMemory);
    }

    /// <summary>Decodes the address, for a look-up in the catalog.</summary>
    public (Identifier Stream, Identifier Topic) Decode()
    {
        var reader = new WireReader(Key.Span);
        return (reader.Identifier(), reader.Identifier());
    }
}
