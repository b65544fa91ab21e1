using System.Net;
using Iggy.Gateway.Wire.Transports;
using Iggy.Quic;

namespace Iggy.Gateway.Wire.Quic;

/// <summary>QUIC over ngtcp2 and GnuTLS: serves clients that name a protocol and clients that name none, which are Apache Iggy's own.</summary>
internal sealed class NgtcpListener(QuicEndpoint endpoint) : IQuicListener
{
    public IPEndPoint LocalEndPoint => endpoint.LocalEndPoint;

    public string Library => QuicEndpoint.Library;

    public async ValueTask<IQuicClient?> AcceptAsync() => await endpoint.AcceptAsync() is { } connection ? new Client(connection) : null;

    public ValueTask DisposeAsync() => endpoint.DisposeAsync();

    private sealed class Client(QuicConnection connection) : IQuicClient
    {
        public IPEndPoint RemoteEndPoint => connection.RemoteEndPoint;

        public async ValueTask<IByteStream?> AcceptStreamAsync(CancellationToken stopping) =>
            await connection.AcceptStreamAsync(stopping) is { } stream ? new NgtcpByteStream(stream) : null;

        public ValueTask CloseAsync(ulong code)
        {
            connection.Close(code);
            return connection.DisposeAsync();
        }

        public ValueTask DisposeAsync() => connection.DisposeAsync();
    }

    // The end goes with the reply, in the same packet: clients read to the end.
    private sealed class NgtcpByteStream(QuicStream stream) : IByteStream
    {
        public ValueTask<int> ReceiveAsync(Memory<byte> into) => stream.ReceiveAsync(into);

        public ValueTask SendAsync(ReadOnlyMemory<byte> bytes, bool isEnd = true) => stream.SendAsync(bytes, isLast: isEnd);

        public void StopReceiving() => stream.StopReceiving();

        public void FinishSending() => stream.FinishSending();

        public ValueTask DisposeAsync() => stream.DisposeAsync();
    }
}
