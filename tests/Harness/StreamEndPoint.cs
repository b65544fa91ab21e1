using System.Net;

namespace Iggy.Testing;

/// <summary>A server that is reached by something else than a socket of TCP, so that one test serves every transport.</summary>
/// <param name="open">Opens a new connection, as one stream of frames each way.</param>
public sealed class StreamEndPoint(Func<Task<Stream>> open) : EndPoint
{
    /// <summary>Opens a new connection.</summary>
    public Task<Stream> OpenAsync() => open();
}
