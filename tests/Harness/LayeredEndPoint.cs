using System.Net;

namespace Iggy.Testing;

/// <summary>A server behind a layer that translates, so that one test serves what is spoken beneath it too.</summary>
/// <param name="server">Where to connect.</param>
/// <param name="layer">Gets the connected stream, takes classic frames and gives classic replies.</param>
public sealed class LayeredEndPoint(EndPoint server, Func<Stream, Stream> layer) : EndPoint
{
    /// <summary>Where to connect.</summary>
    public EndPoint Server { get; } = server;

    /// <summary>Gets the connected stream, takes classic frames and gives classic replies.</summary>
    public Func<Stream, Stream> Layer { get; } = layer;
}
