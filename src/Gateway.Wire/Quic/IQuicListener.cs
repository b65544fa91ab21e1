using System.Net;
using Iggy.Gateway.Wire.Transports;

namespace Iggy.Gateway.Wire.Quic;

/// <summary>A QUIC listener, whatever library is beneath it.</summary>
internal interface IQuicListener : IAsyncDisposable
{
    /// <summary>Where it listens, with the true port.</summary>
    IPEndPoint LocalEndPoint { get; }

    /// <summary>The library, for people.</summary>
    string Library { get; }

    /// <summary>The next client whose handshake is complete.</summary>
    /// <returns>Null when the listener is disposed.</returns>
    ValueTask<IQuicClient?> AcceptAsync();
}

/// <summary>A client's connection. To be disposed, which closes it with code 0.</summary>
internal interface IQuicClient : IAsyncDisposable
{
    /// <summary>Where it came from.</summary>
    IPEndPoint RemoteEndPoint { get; }

    /// <summary>The next stream that the client opens, in both directions. What is sent on it is one whole reply, after which it ends.</summary>
    /// <returns>Null when the connection is over or the token says to take no more.</returns>
    ValueTask<IByteStream?> AcceptStreamAsync(CancellationToken stopping);

    /// <summary>Closes it and says why.</summary>
    /// <param name="code">For the client.</param>
    ValueTask CloseAsync(ulong code);
}
