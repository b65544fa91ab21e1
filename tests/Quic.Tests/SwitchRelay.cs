using System.Net;
using System.Net.Sockets;

namespace Iggy.Quic.Tests;

/// <summary>A network whose server can be exchanged for another at the same address, as a restart does.</summary>
internal sealed class SwitchRelay : IAsyncDisposable
{
    private readonly Socket _front = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly Task _running;
    private volatile bool _isOver;

    public SwitchRelay(Func<IPEndPoint> server)
    {
        _front.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _running = RunAsync(server);
    }

    public IPEndPoint Address => (IPEndPoint)_front.LocalEndPoint!;

    public async ValueTask DisposeAsync()
    {
        _isOver = true;
        _front.Dispose();
        await _running;
    }

    // One socket for both sides: who is not the server is the client.
    private async Task RunAsync(Func<IPEndPoint> server)
    {
        var buffer = new byte[64 * 1024];
        EndPoint? client = null;
        var servers = new HashSet<EndPoint>();
        try
        {
            while (!_isOver)
            {
                var received = await _front.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0));
                servers.Add(server());
                if (!servers.Contains(received.RemoteEndPoint))
                {
                    client = received.RemoteEndPoint;
                    await _front.SendToAsync(buffer.AsMemory(0, received.ReceivedBytes), server());
                }
                else if (client is not null && received.RemoteEndPoint.Equals(server()))
                    await _front.SendToAsync(buffer.AsMemory(0, received.ReceivedBytes), client);
            }
        }
        catch (Exception e) when (_isOver && e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // the relay was disposed
        }
    }
}
