using System.Runtime.InteropServices;

namespace Iggy.Quic.Native;

/// <summary>An address as ngtcp2 takes it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NgtcpAddress
{
    public byte* Address;
    public uint Bytes;
}

/// <summary>The two ends of a path.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NgtcpPath
{
    public NgtcpAddress Local, Remote;
    public void* UserData;
}

/// <summary>Bytes to send, borrowed by ngtcp2 until they are acknowledged.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NgtcpVector
{
    public byte* Base;
    public nuint Bytes;
}

/// <summary>What a long header says before anything is decrypted.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NgtcpPacketHead
{
    public NativeConnectionId Destination, Source;
    public long Number;
    public byte* Token;
    public nuint TokenBytes, NumberBytes, Bytes;
    public uint Version;
    public byte Type, Flags;
}

/// <summary>Why a connection is closed.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NgtcpCloseReason
{
    public int Kind; // 0 transport, 1 application
    public ulong Code, FrameType;
    public byte* Text;
    public nuint TextBytes;
}

/// <summary>How ngtcp2's TLS glue finds the connection of a TLS session, and how we do; the last field is ours.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NgtcpConnectionReference
{
    public delegate* unmanaged<NgtcpConnectionReference*, nint> Get;
    public nint Connection;
    public nint Self;
}

/// <summary>The calls of ngtcp2 that are the same in both releases. See <see cref="NgtcpLayout"/> for what is not.</summary>
internal static unsafe partial class Ngtcp
{
    /// <summary>The name that <see cref="NgtcpLibrary"/> resolves to the release that was found.</summary>
    public const string Core = "ngtcp2";

    /// <summary>As <see cref="Core"/>, for the glue to GnuTLS.</summary>
    public const string Crypto = "ngtcp2_crypto_gnutls";

    public const uint Version1 = 1;
    public const int SettingsBytes = 512; // both releases need 184; room for a later one that writes more
    public const int ParamsBytes = 1024;  // both need 344
    public const int CallbackCount = 40;
    public const int PathStorageBytes = 96;
    public const int MaxRetryTokenBytes = 128; // 78 and 62
    public const int ResetTokenBytes = 16;
    public const int SmallestInitialBytes = 1200;
    public const int CallbackFailure = -502;
    public const uint MoreFlag = 1, FinFlag = 2;
    public const uint StreamDataFin = 1;
    public const ulong Never = ulong.MaxValue;
    public const int CongestionCubic = 1;

    // Offsets in the transport parameters that both releases share.
    public const int ParamsOriginalId = 96, ParamsRetryId = 160, ParamsStreamWindowLocal = 192, ParamsStreamWindowRemote = 200, ParamsWindow = 216,
        ParamsBidirectionalStreams = 224, ParamsIdleTimeout = 240, ParamsMaxPayload = 248, ParamsActiveIds = 256, ParamsAckDelayExponent = 264,
        ParamsMaxAckDelay = 272, ParamsResetTokenPresent = 288;

    [LibraryImport(Core)] public static partial void ngtcp2_settings_default_versioned(int version, byte* settings);
    [LibraryImport(Core)] public static partial void ngtcp2_transport_params_default_versioned(int version, byte* parameters);
    [LibraryImport(Core)] public static partial int ngtcp2_accept(NgtcpPacketHead* head, byte* packet, nuint bytes);

    [LibraryImport(Core)]
    public static partial int ngtcp2_conn_server_new_versioned(nint* connection, NativeConnectionId* destination, NativeConnectionId* source, NgtcpPath* path, uint version,
        int callbacksVersion, nint* callbacks, int settingsVersion, byte* settings, int paramsVersion, byte* parameters, nint memory, nint userData);

    [LibraryImport(Core)]
    public static partial int ngtcp2_conn_client_new_versioned(nint* connection, NativeConnectionId* destination, NativeConnectionId* source, NgtcpPath* path, uint version,
        int callbacksVersion, nint* callbacks, int settingsVersion, byte* settings, int paramsVersion, byte* parameters, nint memory, nint userData);

    [LibraryImport(Core)] public static partial void ngtcp2_conn_del(nint connection);
    [LibraryImport(Core)] public static partial void ngtcp2_conn_set_tls_native_handle(nint connection, nint session);
    [LibraryImport(Core)] public static partial void ngtcp2_conn_set_keep_alive_timeout(nint connection, ulong nanoseconds);

    [LibraryImport(Core)]
    public static partial int ngtcp2_conn_read_pkt_versioned(nint connection, NgtcpPath* path, int infoVersion, void* info, byte* packet, nuint bytes, ulong now);

    [LibraryImport(Core)]
    public static partial nint ngtcp2_conn_writev_stream_versioned(nint connection, byte* pathStorage, int infoVersion, void* info, byte* into, nuint room,
        nint* accepted, uint flags, long stream, NgtcpVector* data, nuint count, ulong now);

    [LibraryImport(Core)]
    public static partial nint ngtcp2_conn_write_connection_close_versioned(nint connection, byte* pathStorage, int infoVersion, void* info, byte* into, nuint room,
        NgtcpCloseReason* reason, ulong now);

    [LibraryImport(Core)] public static partial void ngtcp2_path_storage_zero(byte* pathStorage);
    [LibraryImport(Core)] public static partial ulong ngtcp2_conn_get_expiry(nint connection);
    [LibraryImport(Core)] public static partial int ngtcp2_conn_handle_expiry(nint connection, ulong now);
    [LibraryImport(Core)] public static partial void ngtcp2_conn_update_pkt_tx_time(nint connection, ulong now);
    [LibraryImport(Core)] public static partial nuint ngtcp2_conn_get_send_quantum(nint connection);
    [LibraryImport(Core)] public static partial nuint ngtcp2_conn_get_max_tx_udp_payload_size(nint connection);
    [LibraryImport(Core)] public static partial ulong ngtcp2_conn_get_pto(nint connection);
    [LibraryImport(Core)] public static partial byte ngtcp2_conn_get_tls_alert(nint connection);
    [LibraryImport(Core)] public static partial int ngtcp2_conn_get_handshake_completed(nint connection);
    [LibraryImport(Core)] public static partial ulong ngtcp2_conn_get_max_data_left(nint connection);
    [LibraryImport(Core)] public static partial ulong ngtcp2_conn_get_cwnd_left(nint connection);
    [LibraryImport(Core)] public static partial int ngtcp2_conn_open_bidi_stream(nint connection, long* stream, nint userData);
    [LibraryImport(Core)] public static partial int ngtcp2_conn_extend_max_stream_offset(nint connection, long stream, ulong bytes);
    [LibraryImport(Core)] public static partial void ngtcp2_conn_extend_max_offset(nint connection, ulong bytes);
    [LibraryImport(Core)] public static partial void ngtcp2_conn_extend_max_streams_bidi(nint connection, nuint count);

    // The newer release takes flags in second place.
    [LibraryImport(Core, EntryPoint = "ngtcp2_conn_shutdown_stream_read")] public static partial int ShutdownReadOld(nint connection, long stream, ulong code);
    [LibraryImport(Core, EntryPoint = "ngtcp2_conn_shutdown_stream_read")] public static partial int ShutdownReadNew(nint connection, uint flags, long stream, ulong code);
    [LibraryImport(Core, EntryPoint = "ngtcp2_conn_shutdown_stream_write")] public static partial int ShutdownWriteOld(nint connection, long stream, ulong code);
    [LibraryImport(Core, EntryPoint = "ngtcp2_conn_shutdown_stream_write")] public static partial int ShutdownWriteNew(nint connection, uint flags, long stream, ulong code);

    // The same five under other names.
    [LibraryImport(Core, EntryPoint = "ngtcp2_connection_close_error_set_transport_error_liberr")] public static partial void SetLibraryErrorOld(NgtcpCloseReason* reason, int error, byte* text, nuint bytes);
    [LibraryImport(Core, EntryPoint = "ngtcp2_ccerr_set_liberr")] public static partial void SetLibraryErrorNew(NgtcpCloseReason* reason, int error, byte* text, nuint bytes);
    [LibraryImport(Core, EntryPoint = "ngtcp2_connection_close_error_set_transport_error_tls_alert")] public static partial void SetTlsAlertOld(NgtcpCloseReason* reason, byte alert, byte* text, nuint bytes);
    [LibraryImport(Core, EntryPoint = "ngtcp2_ccerr_set_tls_alert")] public static partial void SetTlsAlertNew(NgtcpCloseReason* reason, byte alert, byte* text, nuint bytes);
    [LibraryImport(Core, EntryPoint = "ngtcp2_connection_close_error_set_application_error")] public static partial void SetApplicationErrorOld(NgtcpCloseReason* reason, ulong code, byte* text, nuint bytes);
    [LibraryImport(Core, EntryPoint = "ngtcp2_ccerr_set_application_error")] public static partial void SetApplicationErrorNew(NgtcpCloseReason* reason, ulong code, byte* text, nuint bytes);
    [LibraryImport(Core, EntryPoint = "ngtcp2_conn_get_connection_close_error")] public static partial void GetCloseReasonOld(nint connection, NgtcpCloseReason* reason);
    [LibraryImport(Core, EntryPoint = "ngtcp2_conn_get_ccerr")] public static partial NgtcpCloseReason* GetCloseReasonNew(nint connection);

    [LibraryImport(Core)] public static partial nint ngtcp2_pkt_write_stateless_reset(byte* into, nuint room, byte* token, byte* random, nuint randomBytes);

    [LibraryImport(Core)]
    public static partial nint ngtcp2_pkt_write_version_negotiation(byte* into, nuint room, byte random, byte* destination, nuint destinationBytes, byte* source, nuint sourceBytes, uint* versions, nuint count);

    [LibraryImport(Crypto)] public static partial int ngtcp2_crypto_generate_stateless_reset_token(byte* token, byte* secret, nuint secretBytes, NativeConnectionId* id);

    [LibraryImport(Crypto)]
    public static partial nint ngtcp2_crypto_generate_retry_token(byte* token, byte* secret, nuint secretBytes, uint version, byte* address, uint addressBytes,
        NativeConnectionId* retryId, NativeConnectionId* originalId, ulong now);

    [LibraryImport(Crypto)]
    public static partial int ngtcp2_crypto_verify_retry_token(NativeConnectionId* originalId, byte* token, nuint tokenBytes, byte* secret, nuint secretBytes, uint version,
        byte* address, uint addressBytes, NativeConnectionId* destination, ulong timeout, ulong now);

    [LibraryImport(Crypto)]
    public static partial nint ngtcp2_crypto_write_retry(byte* into, nuint room, uint version, NativeConnectionId* destination, NativeConnectionId* source,
        NativeConnectionId* originalId, byte* token, nuint tokenBytes);

    [LibraryImport(Crypto)]
    public static partial nint ngtcp2_crypto_write_connection_close(byte* into, nuint room, uint version, NativeConnectionId* destination, NativeConnectionId* source,
        ulong code, byte* text, nuint textBytes);

    [LibraryImport(Crypto)] public static partial int ngtcp2_crypto_gnutls_configure_server_session(nint session);
    [LibraryImport(Crypto)] public static partial int ngtcp2_crypto_gnutls_configure_client_session(nint session);
}
