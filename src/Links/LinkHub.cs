using System.Net;
using System.Net.Sockets;
using Iggy.Links.Connections;
using Iggy.Links.Framing;
using Microsoft.Extensions.Logging;

namespace Iggy.Links;

/// <summary>All links of one node: one connection to each other node, made by the node with the smaller number and made again when it is lost.</summary>
public sealed class LinkHub : IAsyncDisposable
{
    private readonly LinkOptions _options;
    private readonly ILinkHandler _handler;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, LinkConnection> _connections = [];
    private readonly Dictionary<ulong, (EndPoint Address, CancellationTokenSource Ending)> _dialed = [];
    private readonly HashSet<Task> _running = [];
    private readonly CancellationTokenSource _ending = new();
    private readonly Socket _listener;
    private int _accepted, _isDisposed;

    /// <param name="options">Settings.</param>
    /// <param name="handler">Gets what comes.</param>
    /// <param name="clock">For heartbeats, limits and retries.</param>
    /// <param name="logger">For what people should know.</param>
    public LinkHub(LinkOptions options, ILinkHandler handler, TimeProvider clock, ILogger logger)
    {
        options.Validate();
        (_options, _handler, _clock, _logger) = (options, handler, clock, logger);
        _listener = new Socket(options.Listen.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
    }

    /// <summary>Where others connect to, once this has started.</summary>
    public IPEndPoint Address => (IPEndPoint)_listener.LocalEndPoint!;

    /// <summary>The nodes that are connected.</summary>
    public IReadOnlyCollection<ulong> Connected
    {
        get
        {
            lock (_gate)
                return [.. _connections.Keys];
        }
    }

    /// <summary>Opens the port.</summary>
    /// <exception cref="SocketException">It cannot be opened.</exception>
    public void Start()
    {
        if (_options.Listen.AddressFamily is AddressFamily.InterNetworkV6)
            _listener.DualMode = true;
        _listener.Bind(_options.Listen);
        _listener.Listen();
        Run(AcceptAllAsync());
    }

    /// <summary>Who else there is. Connections to others are closed; those with greater numbers are connected to.</summary>
    public void SetPeers(IReadOnlyDictionary<ulong, EndPoint> peers)
    {
        lock (_gate)
        {
            if (_ending.IsCancellationRequested)
                return;
            foreach (var (node, dialed) in _dialed.ToArray())
            {
                if (peers.TryGetValue(node, out var address) && address.Equals(dialed.Address))
                    continue;
                dialed.Ending.Cancel();
                _dialed.Remove(node);
            }
            foreach (var (node, connection) in _connections)
            {
                if (!peers.ContainsKey(node))
                    connection.End(null);
            }
            foreach (var (node, address) in peers)
            {
                if (node <= _options.NodeId || _dialed.ContainsKey(node))
                    continue;
                var ending = CancellationTokenSource.CreateLinkedTokenSource(_ending.Token);
                _dialed[node] = (address, ending);
                Run(KeepAsync(node, address, ending));
            }
        }
    }

    /// <summary>Sends a frame.</summary>
    /// <returns>False when the node is not connected, or has no room: then <see cref="ILinkHandler.Writable"/> is called once there is. The buffer is still the caller's.</returns>
    /// <exception cref="ArgumentException">The frame is larger than the other node takes.</exception>
    public bool TrySend(ulong node, LinkChannel channel, LinkBuffer buffer)
    {
        LinkConnection? connection;
        lock (_gate)
            _connections.TryGetValue(node, out connection);
        return connection is not null && connection.Queue.TryAdd(channel, buffer);
    }

    /// <summary>Bytes that are on the way to a node.</summary>
    internal long BytesTo(ulong node)
    {
        lock (_gate)
            return _connections.TryGetValue(node, out var connection) ? connection.Queue.TotalBytes : 0;
    }

    /// <summary>Closes the port and all connections.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        await _ending.CancelAsync();
        _listener.Dispose();
        Task[] running;
        lock (_gate)
        {
            foreach (var connection in _connections.Values)
                connection.End(null);
            running = [.. _running];
        }
        await Task.WhenAll(running);
        _ending.Dispose();
    }

    private void Run(Task task)
    {
        lock (_gate)
            _running.Add(task);
        _ = task.ContinueWith(static (done, hub) => ((LinkHub)hub!).Forget(done), this, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private void Forget(Task done)
    {
        lock (_gate)
            _running.Remove(done);
    }

    private async Task AcceptAllAsync()
    {
        while (!_ending.IsCancellationRequested)
        {
            try
            {
                var socket = await _listener.AcceptAsync(_ending.Token);
                if (Interlocked.Increment(ref _accepted) > _options.MaxConnections)
                {
                    _logger.Refused($"{socket.RemoteEndPoint}", $"{_options.MaxConnections} others are open");
                    LinkMeter.Refused();
                    socket.Dispose();
                    Interlocked.Decrement(ref _accepted);
                    continue;
                }
                Run(ServeAsync(socket));
            }
            catch (Exception failure) when (_ending.IsCancellationRequested && failure is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                return;
            }
            catch (SocketException failure) // one that left before it was accepted, or no descriptor is free
            {
                _logger.AcceptFailed(failure);
                await Task.Delay(_options.FirstRetry, _clock);
            }
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        var address = $"{socket.RemoteEndPoint}";
        try
        {
            socket.NoDelay = true;
            using var network = new NetworkStream(socket, ownsSocket: true);
            using var limit = new CancellationTokenSource(_options.HandshakeTimeout, _clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _ending.Token);
            var (stream, peer) = await Handshake.AcceptAsync(network, _options, either.Token);
            await UseAsync(stream, peer);
        }
        catch (Exception failure) when (!_ending.IsCancellationRequested) // whatever it is, it is told, and ends with this connection
        {
            LinkMeter.Refused();
            _logger.Refused(address, failure is OperationCanceledException ? "it did not say in time who it is" : failure.Message);
        }
        catch (Exception) when (_ending.IsCancellationRequested)
        {
            // This node stops.
        }
        finally
        {
            Interlocked.Decrement(ref _accepted);
        }
    }

    // Connects, and again when the connection is lost.
    private async Task KeepAsync(ulong node, EndPoint address, CancellationTokenSource ending)
    {
        using var owned = ending;
        string? told = null;
        for (var wait = _options.FirstRetry; !ending.IsCancellationRequested;)
        {
            var isUsed = false;
            try
            {
                using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                using var limit = new CancellationTokenSource(_options.HandshakeTimeout, _clock);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ending.Token);
                await socket.ConnectAsync(address, either.Token);
                using var network = new NetworkStream(socket, ownsSocket: false);
                var (stream, peer) = await Handshake.DialAsync(network, _options, node, either.Token);
                (isUsed, told) = (true, null);
                await UseAsync(stream, peer, ending.Token);
            }
            catch (Exception failure) // whatever it is, the next attempt may find it gone
            {
                if (ending.IsCancellationRequested)
                    return;
                LinkMeter.Refused();
                var reason = failure is OperationCanceledException ? "it did not answer in time" : failure.Message;
                if (reason != told) // once for each state
                    _logger.NotReached(node, $"{address}", reason);
                told = reason;
            }
            wait = isUsed ? _options.FirstRetry : wait;
            if (await IsOverAsync(wait * (1 - (Random.Shared.NextDouble() / 2)), ending))
                return;
            wait = wait * 2 < _options.LongestRetry ? wait * 2 : _options.LongestRetry;
        }
    }

    private async Task<bool> IsOverAsync(TimeSpan wait, CancellationTokenSource ending)
    {
        try
        {
            await Task.Delay(wait, _clock, ending.Token);
            return false;
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }

    private async Task UseAsync(Stream stream, Hello peer, CancellationToken ending = default)
    {
        using var connection = new LinkConnection(stream, in peer, _options, _handler, _clock);
        lock (_gate)
        {
            if (_ending.IsCancellationRequested)
                return;
            if (_connections.TryGetValue(peer.NodeId, out var older))
                older.End(new IOException("Another connection took its place."));
            _connections[peer.NodeId] = connection;
        }
        LinkMeter.Opened();
        _logger.Connected(peer.NodeId);
        using var registration = ending.Register(static state => ((LinkConnection)state!).End(null), connection);
        try
        {
            _handler.Connected(peer.NodeId);
        }
        catch (Exception failure) // as for a frame
        {
            connection.End(failure);
        }
        var reason = await connection.RunAsync();
        lock (_gate)
        {
            if (_connections.TryGetValue(peer.NodeId, out var present) && present == connection)
                _connections.Remove(peer.NodeId);
        }
        LinkMeter.Closed(isLost: reason is not null && !_ending.IsCancellationRequested);
        if (reason is not null && !_ending.IsCancellationRequested)
            Tell(peer.NodeId, reason);
        _handler.Disconnected(peer.NodeId);
    }

    private void Tell(ulong node, Exception reason)
    {
        if (reason is IOException or SocketException or TimeoutException or OperationCanceledException)
            _logger.Lost(node, reason.Message, null);
        else
            _logger.HandlerFailed(node, reason);
    }
}
