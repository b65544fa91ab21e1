namespace Iggy.Links;

/// <summary>Gets what comes over links.</summary>
/// <remarks>Calls for different channels run beside each other, those of one channel of one connection never. An exception ends the connection, for nobody
/// knows what was missed.</remarks>
public interface ILinkHandler
{
    /// <summary>A connection to a node is there. What was sent before may be lost.</summary>
    void Connected(ulong node);

    /// <summary>The connection to a node is gone. Frames of it that came before may still be handed on.</summary>
    void Disconnected(ulong node);

    /// <summary>A frame came.</summary>
    /// <param name="node">From whom.</param>
    /// <param name="channel">Of which channel.</param>
    /// <param name="payload">Valid until the call returns. Its sender gets room for more then.</param>
    void Received(ulong node, LinkChannel channel, ReadOnlyMemory<byte> payload);

    /// <summary>There is room again on a channel where <see cref="LinkHub.TrySend"/> found none.</summary>
    void Writable(ulong node, LinkChannel channel);
}
