using System.Text;
using Iggy.Protocol;

namespace Iggy.Client;

/// <summary>A message to send.</summary>
/// <param name="Payload">1 byte to <see cref="ProtocolLimits.MaxMessagePayloadBytes"/>. An empty one is stored too, but other SDKs refuse or lose it.</param>
public readonly record struct Message(ReadOnlyMemory<byte> Payload)
{
    /// <summary>A text, sent as UTF-8.</summary>
    public Message(string text) : this(Encoding.UTF8.GetBytes(text))
    {
    }

    /// <summary>Names the message for deduplication; 0 asks the server for a random one.</summary>
    public UInt128 Id { get; init; }

    /// <summary>A block of headers made with <see cref="MessageHeaders"/>, up to <see cref="ProtocolLimits.MaxUserHeadersBytes"/>; empty for none.</summary>
    public ReadOnlyMemory<byte> UserHeaders { get; init; }

    /// <summary>When the message came to be, in microseconds since the Unix epoch; kept as it is. 0 for the time of the send.</summary>
    public ulong OriginTimestampMicros { get; init; }
}
