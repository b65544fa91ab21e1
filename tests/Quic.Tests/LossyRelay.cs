using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Iggy.Quic.Tests;

/// <summary>A network between clients and a server that loses, doubles and reorders packets, by a seed.</summary>
internal sealed class LossyRelay : IAsyncDisposable
{
    private readonly Socket _front = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly ConcurrentDictionary<EndPoint, Socket> _backs = new();
    private readonly ConcurrentBag<Task> _tasks = [];
    private readonly IPEndPoint _server;
    private readonly Func<int, byte[], IEnumerable<byte[]>> _damage;
    private volatile bool _isOver;
    private int _packets;

    /// <param name="server">Where to.</param>
    /// <param name="damage">What becomes of a packet with a number: nothing, itself, or several.</param>
    public LossyRelay(IPEndPoint server, Func<int, byte[], IEnumerable<byte[]>> damage)
    {
        (_server, _damage) = (server, damage);
        _front.ReceiveBufferSize = 1 << 20;
        _front.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _tasks.Add(ForwardAsync());
    }

    public IPEndPoint Address => (IPEndPoint)_front.LocalEndPoint!;

    public int Packets => _packets;

    /// <summary>Loses, doubles and holds back the given share of packets each.</summary>
    public static Func<int, byte[], IEnumerable<byte[]>> Share(double share, int seed)
    {
        var random = new Random(seed);
        var held = new Queue<byte[]>();
        var gate = new Lock();
        return (_, packet) =>
        {
            lock (gate)
            {
                var through = new List<byte[]>();
                var dice = random.NextDouble();
                if (dice < share)
                    return through; // lost
                if (dice < 2 * share)
                    held.Enqueue(packet); // comes after the next one
                else
                    through.Add(packet);
                if (dice > 1 - share)
                    through.Add(packet); // twice
                if (through.Count > 0 && held.TryDequeue(out var late))
                    through.Add(late);
                return through;
            }
        };
    }

    public async ValueTask DisposeAsync()
    {
        _isOver = true;
        _front.Dispose();
        foreach (var back in _backs.Values)
            back.Dispose();
        await Task.WhenAll(_tasks);
    }

    private async Task ForwardAsync()
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (!_isOver)
            {
                var received = await _front.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0));
                var back = _backs.GetOrAdd(received.RemoteEndPoint, client =>
                {
                    var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
                    socket.Connect(_server);
                    _tasks.Add(ReturnAsync(socket, client));
                    return socket;
                });
                foreach (var packet in _damage(Interlocked.Increment(ref _packets), buffer[..received.ReceivedBytes]))
                    await back.SendAsync(packet);
            }
        }
        catch (Exception e) when (_isOver && e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // the relay was disposed
        }
    }

    private async Task ReturnAsync(Socket back, EndPoint client)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (!_isOver)
            {
                var bytes = await back.ReceiveAsync(buffer);
                foreach (var packet in _damage(Interlocked.Increment(ref _packets), buffer[..bytes]))
                    await _front.SendToAsync(packet, client);
            }
        }
        catch (Exception e) when (_isOver && e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // the relay was disposed
        }
    }
}
