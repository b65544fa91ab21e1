using System.Net;
using System.Runtime.InteropServices;
using Iggy.Quic.Native;

namespace Iggy.Quic;

/// <summary>The connection on its endpoint's thread: it is made, fed with packets and time, written out, and taken down.</summary>
internal sealed unsafe partial class QuicConnection
{
    private readonly bool _isServer;
    private nint _native;
    private GCHandle _self;
    private NgtcpConnectionReference* _reference;
    private TlsSession? _tls;

    private QuicConnection(QuicEndpoint endpoint, IPEndPoint remote, bool isServer) => (_endpoint, RemoteEndPoint, _isServer, _nextPeerStream) = (endpoint, remote, isServer, isServer ? 0 : 1);

    internal bool IsEstablished { get; private set; }

    internal bool IsOver => _native == 0;

    /// <summary>In the queue of those that may have something to send.</summary>
    internal bool IsDirty { get; set; }

    internal nint Native => _native;

    /// <summary>The names by which packets find it.</summary>
    internal IReadOnlyCollection<ConnectionId> Ids => _ids;

    internal static QuicConnection ForServer(QuicEndpoint endpoint, NgtcpPacketHead* head, NativeConnectionId* original, NgtcpPath* path, TlsCredentials credentials, ulong now)
    {
        var connection = new QuicConnection(endpoint, NativeAddress.Read(path->Remote.Address), isServer: true);
        var own = NativeConnectionId.Random();
        var parameters = stackalloc byte[Ngtcp.ParamsBytes];
        var settings = stackalloc byte[Ngtcp.SettingsBytes];
        var layout = NgtcpLibrary.Layout;
        connection.FillSettings(settings, parameters, path, now);

        var isRetried = original is not null;
        *(NativeConnectionId*)(parameters + Ngtcp.ParamsOriginalId) = isRetried ? *original : head->Destination;
        if (layout.ParamsOriginalIdPresent > 0)
            parameters[layout.ParamsOriginalIdPresent] = 1;
        if (isRetried)
        {
            *(NativeConnectionId*)(parameters + Ngtcp.ParamsRetryId) = head->Destination;
            parameters[layout.ParamsRetryIdPresent] = 1;
            // Says that the address is proven, so that the limit for unproven ones does not hold.
            *(byte**)(settings + layout.SettingsToken) = head->Token;
            *(nuint*)(settings + layout.SettingsToken + sizeof(nint)) = head->TokenBytes;
        }
        parameters[Ngtcp.ParamsResetTokenPresent] = 1;
        endpoint.WriteResetToken(&own, parameters + layout.ParamsResetToken);

        connection.Open(reference => TlsSession.ForServer(credentials, (NgtcpConnectionReference*)reference));
        nint native;
        var user = GCHandle.ToIntPtr(connection._self);
        var result = Ngtcp.ngtcp2_conn_server_new_versioned(&native, &head->Source, &own, path, head->Version, 1, NgtcpCallbacks.ForServer, layout.SettingsVersion, settings, 1, parameters, 0, user);
        connection.Take(native, result);
        connection.AddId(own.ToKey());
        connection.AddId(head->Destination.ToKey()); // the client's first packets may come again
        return connection;
    }

    internal static QuicConnection ForClient(QuicEndpoint endpoint, NgtcpPath* path, TlsCredentials credentials, string serverName, bool offersProtocol, ulong now)
    {
        var connection = new QuicConnection(endpoint, NativeAddress.Read(path->Remote.Address), isServer: false);
        var (own, first) = (NativeConnectionId.Random(), NativeConnectionId.Random());
        var parameters = stackalloc byte[Ngtcp.ParamsBytes];
        var settings = stackalloc byte[Ngtcp.SettingsBytes];
        connection.FillSettings(settings, parameters, path, now);
        *(ulong*)(parameters + Ngtcp.ParamsBidirectionalStreams) = 0; // servers open none

        connection.Open(reference => TlsSession.ForClient(credentials, (NgtcpConnectionReference*)reference, serverName, offersProtocol));
        nint native;
        var user = GCHandle.ToIntPtr(connection._self);
        var result = Ngtcp.ngtcp2_conn_client_new_versioned(&native, &first, &own, path, Ngtcp.Version1, 1, NgtcpCallbacks.ForClient, NgtcpLibrary.Layout.SettingsVersion, settings, 1, parameters, 0, user);
        connection.Take(native, result);
        connection.AddId(own.ToKey());
        return connection;
    }

    /// <summary>Takes a packet.</summary>
    /// <returns>0, or ngtcp2's error after which the connection has ended.</returns>
    internal int Read(NgtcpPath* path, byte* packet, int bytes, ulong now)
    {
        ulong info = 0; // no word on congestion marks
        var result = Ngtcp.ngtcp2_conn_read_pkt_versioned(_native, path, 1, &info, packet, (nuint)bytes, now);
        if (result == 0)
            _endpoint.MarkDirty(this);
        else
            EndAfter(result, now);
        return result;
    }

    /// <summary>Its time has come.</summary>
    internal override void OnDue(ulong now)
    {
        if (IsOver)
            return;
        var result = Ngtcp.ngtcp2_conn_handle_expiry(_native, now);
        if (result == 0)
            _endpoint.MarkDirty(this);
        else
            EndAfter(result, now);
    }

    /// <summary>Wakes the readers for whom something came, once for a batch of packets.</summary>
    internal void CompleteReads()
    {
        foreach (var stream in _ready)
        {
            stream.IsReady = false;
            stream.Receiver.Complete();
        }
        _ready.Clear();
    }

    /// <summary>Does what applications asked for.</summary>
    internal void TakePosts(ulong now)
    {
        Interlocked.Exchange(ref _isPosted, 0);
        while (_posted.TryDequeue(out var stream))
        {
            stream.TakePost();
            if (IsOver)
                continue;
            ReturnCredit(stream, stream.Receiver.TakeCredit());
            if (stream.IsClosed)
                continue;
            if (stream.IsDisposed)
                GiveUp(stream);
            Queue(stream);
        }
        if (IsOver)
        {
            FailWantedStreams();
            return;
        }
        OpenWantedStreams();
        if (Interlocked.Read(ref _closeCode) is >= 0 and var code)
            CloseWith(reason => NgtcpErrors.SetApplication((NgtcpCloseReason*)reason, (ulong)code), "The connection was closed here.", now);
        else
            _endpoint.MarkDirty(this);
    }

    // What is read no more is refused; what was not finished is taken back, unless its end is on the way.
    private void GiveUp(QuicStream stream)
    {
        if (!stream.Receiver.IsFinished)
            _ = NgtcpErrors.ShutdownRead(_native, stream.Id, stream.AbortCode);
        if (!stream.Sender.WantsEnd)
        {
            _ = NgtcpErrors.ShutdownWrite(_native, stream.Id, stream.AbortCode);
            stream.Sender.Doom("The stream was given up.");
        }
    }

    private void OpenWantedStreams()
    {
        while (IsEstablished && _wantedStreams.TryPeek(out var wanted))
        {
            long id;
            if (Ngtcp.ngtcp2_conn_open_bidi_stream(_native, &id, 0) != 0)
                return; // the peer allows no more for now
            _wantedStreams.TryDequeue(out _);
            var stream = new QuicStream(this, id);
            _streams.Add(id, stream);
            if (!wanted.TrySetResult(stream))
                stream.GiveUp(); // its opener left
        }
    }

    private void FillSettings(byte* settings, byte* parameters, NgtcpPath* path, ulong now)
    {
        var (layout, options) = (NgtcpLibrary.Layout, _endpoint.Settings);
        new Span<byte>(settings, Ngtcp.SettingsBytes).Clear();
        new Span<byte>(parameters, Ngtcp.ParamsBytes).Clear();
        Ngtcp.ngtcp2_settings_default_versioned(layout.SettingsVersion, settings);
        Ngtcp.ngtcp2_transport_params_default_versioned(1, parameters);

        *(ulong*)(settings + layout.SettingsInitialTimestamp) = now;
        *(ulong*)(settings + layout.SettingsHandshakeTimeout) = Nanoseconds(options.HandshakeTimeout);
        *(ulong*)(settings + layout.SettingsMaxWindow) = (ulong)options.ReceiveWindow;
        *(ulong*)(settings + layout.SettingsMaxStreamWindow) = (ulong)options.ReceiveWindow;
        if (NativeAddress.IsLoopback(path->Remote.Address))
        {
            *(nuint*)(settings + layout.SettingsMaxSendPayload) = (nuint)options.InitialPacketBytes;
            settings[layout.SettingsNoPayloadShaping] = 1;
        }
        *(ulong*)(parameters + Ngtcp.ParamsStreamWindowLocal) = (ulong)options.ReceiveWindow;
        *(ulong*)(parameters + Ngtcp.ParamsStreamWindowRemote) = (ulong)options.ReceiveWindow;
        *(ulong*)(parameters + Ngtcp.ParamsWindow) = (ulong)options.ReceiveWindow;
        *(ulong*)(parameters + Ngtcp.ParamsBidirectionalStreams) = (ulong)options.MaxStreams;
        *(ulong*)(parameters + Ngtcp.ParamsIdleTimeout) = Nanoseconds(options.IdleTimeout);
    }

    private void Open(Func<nint, TlsSession> openTls)
    {
        _self = GCHandle.Alloc(this);
        _reference = (NgtcpConnectionReference*)NativeMemory.AllocZeroed((nuint)sizeof(NgtcpConnectionReference));
        _reference->Get = &NgtcpCallbacks.GetConnection;
        _reference->Self = GCHandle.ToIntPtr(_self);
        try
        {
            _tls = openTls((nint)_reference);
        }
        catch
        {
            Free();
            throw;
        }
    }

    private void Take(nint native, int result)
    {
        if (result != 0)
        {
            Free();
            throw new QuicException($"ngtcp2 could not make a connection (error {result}).");
        }
        (_native, _reference->Connection) = (native, native);
        Ngtcp.ngtcp2_conn_set_tls_native_handle(native, _tls!.Handle);
        if (_endpoint.Settings.KeepAlive > TimeSpan.Zero)
            Ngtcp.ngtcp2_conn_set_keep_alive_timeout(native, Nanoseconds(_endpoint.Settings.KeepAlive));
    }

    // The connection first: it still points into the TLS session and at the bytes being sent.
    private void Free()
    {
        if (_native != 0)
            Ngtcp.ngtcp2_conn_del(_native);
        _native = 0;
        _tls?.Dispose();
        _tls = null;
        NativeMemory.Free(_reference);
        _reference = null;
        if (_self.IsAllocated)
            _self.Free();
    }

    private static ulong Nanoseconds(TimeSpan time) => (ulong)time.Ticks * 100;
}
