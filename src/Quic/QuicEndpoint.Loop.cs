using Iggy.Quic.Native;

namespace Iggy.Quic;

/// <summary>The endpoint's thread.</summary>
internal sealed unsafe partial class QuicEndpoint
{
    // Buffers taken before packets are written, so that acknowledgements do not wait for a flood to end.
    private const int ReceivesInARow = 32;

    private readonly SendBatch _batch;
    private readonly QuicTimers _timers = new();
    private readonly Dictionary<ConnectionId, QuicTimer> _routes = []; // to a connection, or to what is left of one
    private readonly HashSet<QuicConnection> _connections = [];
    private readonly Queue<QuicConnection> _dirty = new();
    private readonly List<QuicConnection> _touched = [];
    private int _establishedCount;
    private QuicConnection? _client; // the one connection of a client's endpoint

    internal void MarkDirty(QuicConnection connection)
    {
        if (connection.IsDirty)
            return;
        connection.IsDirty = true;
        _dirty.Enqueue(connection);
    }

    internal void SetTimer(QuicConnection connection, ulong due) => _timers.Set(connection, due);

    internal void AddRoute(ConnectionId id, QuicConnection connection) => _routes[id] = connection;

    internal void RemoveRoute(ConnectionId id) => _routes.Remove(id);

    internal void OnEstablished(QuicConnection connection)
    {
        _establishedCount++;
        if (_credentials is not null)
            _accepted.Writer.TryWrite(connection);
    }

    internal void OnEnded(QuicConnection connection, Exception? failure, byte[]? farewell, ulong linger, ulong now)
    {
        if (failure is not null)
            LogFault(_logger, connection.RemoteEndPoint, failure);
        LogEnded(_logger, connection.RemoteEndPoint, connection.EndReason);
        _connections.Remove(connection);
        if (connection.IsEstablished)
            _establishedCount--;
        var rest = linger > 0 ? new EndedConnection(this, [.. connection.Ids], farewell) : null;
        foreach (var id in connection.Ids)
        {
            if (rest is null)
                _routes.Remove(id);
            else
                _routes[id] = rest;
        }
        if (rest is not null)
            _timers.Set(rest, now + linger);
    }

    internal void Send(NgtcpPath* path, byte* packet, int bytes) => _socket.Send(path, packet, bytes, bytes);

    private void Run()
    {
        try
        {
            while (!_isStopping && (_credentials is not null || _connections.Count > 0))
                Turn();
            CloseAll();
        }
        catch (Exception fault)
        {
            LogStopped(_logger, LocalEndPoint, fault);
            foreach (var connection in _connections.ToArray())
                connection.Drop("A fault stopped the endpoint.", Now);
        }
        finally
        {
            _accepted.Writer.TryComplete();
            DrainPosts(Now);
            _stopped.TrySetResult();
            Free();
        }
    }

    private void Turn()
    {
        var now = Now;
        DrainPosts(now);
        while (_timers.TryTake(now, out var timer))
            timer.OnDue(now);

        for (var turns = _dirty.Count; turns > 0 && !_batch.IsBlocked; turns--)
        {
            var connection = _dirty.Dequeue();
            connection.IsDirty = false;
            if (!connection.IsOver && (connection.Write(_batch, now) || _batch.IsBlocked))
                MarkDirty(connection);
        }
        Wait();
        if (_batch.IsBlocked)
            _batch.Flush();
        ReceiveAll();
    }

    private void DrainPosts(ulong now)
    {
        while (_posted.TryDequeue(out var connection))
            connection.TakePosts(now);
    }

    private void Wait()
    {
        _wake.Announce();
        var now = Now;
        var isIdle = _posted.IsEmpty && !_isStopping && (_dirty.Count == 0 || _batch.IsBlocked);
        var next = _timers.Next;
        var wait = !isIdle || next <= now ? 0 : next - now;
        // A long wait costs nothing to repeat, and keeps the sum in range.
        wait = Math.Min(wait, 60_000_000_000);
        var time = new TimeSpec { Seconds = (long)(wait / 1_000_000_000), Nanoseconds = (long)(wait % 1_000_000_000) };
        var entries = stackalloc PollEntry[2];
        entries[0] = new PollEntry { File = _socket.File, Wanted = (short)(Libc.PollIn | (_batch.IsBlocked ? Libc.PollOut : 0)) };
        entries[1] = new PollEntry { File = _wake.File, Wanted = Libc.PollIn };
        _ = Libc.ppoll(entries, 2, &time, 0); // a signal or a timeout: look around either way
        _wake.Clear((entries[1].Got & Libc.PollIn) != 0);
    }

    private void ReceiveAll()
    {
        var now = Now;
        for (var received = 0; received < ReceivesInARow; received++)
        {
            var bytes = _socket.Receive(out var packetBytes, out var isRefused);
            if (isRefused)
                DropUnanswered(now);
            if (bytes < 0)
                break;
            var path = new NgtcpPath
            {
                Local = { Address = _socket.Local, Bytes = _socket.LocalBytes },
                Remote = { Address = _socket.Remote, Bytes = _socket.RemoteBytes },
            };
            for (var at = 0; at < bytes; at += packetBytes)
                Route(&path, _socket.Data + at, Math.Min(packetBytes, bytes - at), now);
        }
        foreach (var connection in _touched)
            connection.CompleteReads();
        _touched.Clear();
    }

    private void Route(NgtcpPath* path, byte* packet, int bytes, ulong now)
    {
        if (!PacketHead.TryRead(new ReadOnlySpan<byte>(packet, bytes), out var head))
            return; // too short for anything
        var id = new ConnectionId(new ReadOnlySpan<byte>(packet + head.DestinationAt, head.DestinationBytes));
        // A client's socket has one connection, and a stateless reset bears no id.
        QuicTimer? route = _client is { IsOver: false } ? _client : null;
        if (route is null && !_routes.TryGetValue(id, out route))
        {
            if (_credentials is { } credentials && !_isStopping)
                OnUnknown(path, packet, bytes, head, credentials, now);
        }
        else if (route is QuicConnection connection)
        {
            if (_touched.Count == 0 || _touched[^1] != connection)
                _touched.Add(connection);
            connection.Read(path, packet, bytes, now);
        }
        else
            ((EndedConnection)route).Answer(path);
    }

    // The kernel heard that nobody listens there. Anyone can forge that, so it only ends what never got an answer.
    private void DropUnanswered(ulong now)
    {
        if (_credentials is not null)
            return;
        foreach (var connection in _connections.ToArray())
        {
            if (!connection.IsEstablished)
                connection.Drop("Nobody listens there.", now);
        }
    }

    private void CloseAll()
    {
        var now = Now;
        foreach (var connection in _connections.ToArray())
            connection.CloseWith(static reason => NgtcpErrors.SetApplication((NgtcpCloseReason*)reason, 0), "The endpoint was closed.", now);
    }

    /// <summary>What is left of a connection while packets to it may still come: it says again that it is closed, ever more rarely.</summary>
    private sealed class EndedConnection(QuicEndpoint endpoint, ConnectionId[] ids, byte[]? farewell) : QuicTimer
    {
        private int _packets;
        private int _answerAt = 1;

        public void Answer(NgtcpPath* path)
        {
            if (farewell is null || ++_packets < _answerAt)
                return;
            _answerAt = Math.Min(2 * _answerAt, 1 << 20);
            _packets = 0;
            fixed (byte* bytes = farewell)
                endpoint.Send(path, bytes, farewell.Length);
        }

        internal override void OnDue(ulong now)
        {
            foreach (var id in ids)
                endpoint.RemoveRoute(id);
        }
    }
}
