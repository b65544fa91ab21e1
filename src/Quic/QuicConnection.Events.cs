using System.Security.Cryptography;
using Iggy.Quic.Native;

namespace Iggy.Quic;

/// <summary>What ngtcp2 tells of the connection, on the endpoint's thread, out of a call that was made into it.</summary>
internal sealed unsafe partial class QuicConnection : IConnectionEvents
{
    private readonly Dictionary<long, QuicStream> _streams = [];
    private readonly Queue<QuicStream> _sendable = new();
    private readonly List<QuicStream> _ready = [];
    private readonly HashSet<ConnectionId> _ids = [];
    private Exception? _failure;
    private long _unacknowledged;
    private long _nextPeerStream;

    /// <summary>The peer no longer knows this connection.</summary>
    public bool WasReset { get; set; }

    /// <summary>Keeps what a callback threw.</summary>
    /// <returns>What the callback answers, so that ngtcp2 gives up the packet and the connection is closed.</returns>
    public int Fail(Exception failure)
    {
        _failure ??= failure;
        return Ngtcp.CallbackFailure;
    }

    // GnuTLS itself turns away a client without a certificate where one is required, and proves that a shown one is the client's.
    public bool IsWelcome(byte[][] certificates) => certificates.Length == 0 || _tls!.Peers!.AreGood(certificates);

    public void OnHandshakeCompleted()
    {
        IsEstablished = true;
        _endpoint.OnEstablished(this);
        _handshake.TrySetResult();
    }

    // A stream opens those of its kind before it too (RFC 9000, 3.2). So applications get them in the order in which the peer opened them, also where the
    // packets changed places. ngtcp2 tells of each when its own first packet comes.
    public void OnStreamOpen(long id)
    {
        for (; _nextPeerStream <= id; _nextPeerStream += StreamStep)
        {
            var stream = new QuicStream(this, _nextPeerStream);
            _streams.Add(_nextPeerStream, stream);
            _accepted.Writer.TryWrite(stream);
        }
        if (_streams.TryGetValue(id, out var opened) && opened.IsDisposed)
            GiveUp(opened); // before ngtcp2 knew of it
    }

    public void OnStreamData(long id, ReadOnlySpan<byte> bytes, bool isLast)
    {
        if (!_streams.TryGetValue(id, out var stream))
        {
            Ngtcp.ngtcp2_conn_extend_max_offset(_native, (ulong)bytes.Length);
            return;
        }
        ReturnCredit(stream, stream.Receiver.Add(bytes, isLast));
        if (!stream.IsReady)
        {
            stream.IsReady = true;
            _ready.Add(stream);
        }
    }

    public void OnAcknowledged(long id, long offset, long bytes)
    {
        _unacknowledged -= bytes;
        if (_streams.TryGetValue(id, out var stream))
            stream.Sender.Acknowledge(offset);
    }

    public void OnStreamClose(long id)
    {
        if (!_streams.Remove(id, out var stream))
            return;
        stream.IsClosed = true;
        stream.Receiver.Break("The stream was reset.");
        stream.Sender.Break("The stream was reset.");
        if (!IsOwn(id))
            Ngtcp.ngtcp2_conn_extend_max_streams_bidi(_native, 1);
    }

    public void OnStreamReset(long id, ulong code)
    {
        if (_streams.TryGetValue(id, out var stream))
            stream.Receiver.Break($"The peer gave up the stream (code {code}).");
    }

    public void OnStopSending(long id, ulong code)
    {
        // ngtcp2 resets the sending half by itself; without the other half it is soon over.
        if (!_streams.TryGetValue(id, out var stream))
            return;
        stream.Sender.Doom($"The peer wants no more of the stream (code {code}).");
        if (!stream.Receiver.IsFinished)
            _ = NgtcpErrors.ShutdownRead(_native, id, stream.AbortCode);
    }

    public void OnMoreStreamData(long id)
    {
        if (_streams.TryGetValue(id, out var stream) && stream.Sender.IsBlocked)
        {
            stream.Sender.IsBlocked = false;
            Queue(stream);
        }
    }

    public void OnNewId(NativeConnectionId* id, byte* token, int bytes)
    {
        id->Bytes = (nuint)bytes;
        RandomNumberGenerator.Fill(new Span<byte>(id->Data, bytes));
        _endpoint.WriteResetToken(id, token);
        AddId(id->ToKey());
    }

    public void OnRemoveId(NativeConnectionId* id)
    {
        var key = id->ToKey();
        if (_ids.Remove(key))
            _endpoint.RemoveRoute(key);
    }

    private void AddId(ConnectionId id)
    {
        if (_ids.Add(id))
            _endpoint.AddRoute(id, this);
    }

    // Clients number their streams 0, 4, 8, ..., servers 1, 5, 9, ...
    private const int StreamStep = 4;

    private bool IsOwn(long id) => (id & 1) == (_isServer ? 1 : 0);

    private void Queue(QuicStream stream)
    {
        if (stream.Sender.IsQueued || stream.Sender.IsBlocked || stream.IsClosed)
            return;
        stream.Sender.IsQueued = true;
        _sendable.Enqueue(stream);
    }

    // Bytes that were read, or that nobody will read, make room for as many new ones: on the stream while it is open, and always on the connection.
    private void ReturnCredit(QuicStream stream, long bytes)
    {
        if (bytes == 0)
            return;
        if (!stream.IsClosed)
            _ = Ngtcp.ngtcp2_conn_extend_max_stream_offset(_native, stream.Id, (ulong)bytes); // its only error is a stream that has just gone
        Ngtcp.ngtcp2_conn_extend_max_offset(_native, (ulong)bytes);
    }
}
