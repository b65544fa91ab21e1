using Iggy.Quic.Native;

namespace Iggy.Quic;

/// <summary>How a connection ends, and what is left of it: at most the packet that says so, for as long as the peer's packets may still be on their way.</summary>
internal sealed unsafe partial class QuicConnection
{
    /// <summary>ngtcp2 returned an error from a packet or from the clock.</summary>
    internal void EndAfter(int result, ulong now)
    {
        var layout = NgtcpLibrary.Layout;
        if (result == layout.Draining)
            End(WasReset ? "The peer no longer knows the connection (stateless reset)." : $"The peer closed the connection{NgtcpErrors.CloseText(_native)}.", farewell: null, lingers: true, now);
        else if (result == layout.IdleClose)
            End("Nothing came from the peer within the idle timeout.", null, lingers: false, now);
        else if (result == layout.DropConnection || result == layout.HandshakeTimeout || result == layout.Retry)
            End(result == layout.HandshakeTimeout ? "The handshake did not end in time." : "The peer's first packets were not valid.", null, lingers: false, now);
        else if (result == layout.CryptoError)
        {
            var alert = Ngtcp.ngtcp2_conn_get_tls_alert(_native);
            CloseWith(reason => NgtcpErrors.SetTlsAlert((NgtcpCloseReason*)reason, alert), $"The TLS handshake failed (alert {alert}).", now);
        }
        else
            CloseWith(reason => NgtcpErrors.SetLibraryError((NgtcpCloseReason*)reason, result), _failure is null ? $"The peer broke the protocol (error {result})." : "A fault in this process.", now);
    }

    /// <summary>Ends it without a word to the peer.</summary>
    internal void Drop(string why, ulong now) => End(why, null, lingers: false, now);

    /// <summary>Tells the peer, and ends.</summary>
    internal void CloseWith(Action<nint> setReason, string why, ulong now)
    {
        NgtcpCloseReason reason = default;
        setReason((nint)(&reason));
        var buffer = stackalloc byte[Ngtcp.SmallestInitialBytes];
        var storage = stackalloc byte[Ngtcp.PathStorageBytes];
        Ngtcp.ngtcp2_path_storage_zero(storage);
        var written = Ngtcp.ngtcp2_conn_write_connection_close_versioned(_native, storage, 1, null, buffer, Ngtcp.SmallestInitialBytes, &reason, now);
        byte[]? farewell = null;
        if (written > 0)
        {
            farewell = new ReadOnlySpan<byte>(buffer, (int)written).ToArray();
            _endpoint.Send((NgtcpPath*)storage, buffer, (int)written);
        }
        End(why, farewell, lingers: true, now);
    }

    private void End(string why, byte[]? farewell, bool lingers, ulong now)
    {
        EndReason = why;
        var linger = lingers ? 3 * Ngtcp.ngtcp2_conn_get_pto(_native) : 0;
        var failure = _failure;
        Free();
        Due = ulong.MaxValue;
        _endpoint.OnEnded(this, failure, farewell, linger, now);
        _ids.Clear();

        foreach (var stream in _streams.Values)
        {
            stream.IsClosed = true;
            stream.Receiver.Break(why);
            stream.Sender.Break(why);
        }
        _streams.Clear();
        _sendable.Clear();
        CompleteReads();
        _accepted.Writer.TryComplete();
        _handshake.TrySetException(new QuicException(why));
        _ = _handshake.Task.Exception; // seen: a server's connection may have nobody who waits for it
        _ended.TrySetResult();
        FailWantedStreams();
    }
}
