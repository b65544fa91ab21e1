using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Iggy.Quic.Native;

/// <summary>What ngtcp2 calls. No exception leaves these functions: one that occurs is kept by the connection, which is then closed.</summary>
internal static unsafe class NgtcpCallbacks
{
    // The places in struct ngtcp2_callbacks, the same in both releases.
    private const int ClientInitial = 0, ReceiveClientInitial = 1, ReceiveCrypto = 2, HandshakeCompleted = 3, Encrypt = 5, Decrypt = 6, HeaderMask = 7, StreamData = 8,
        Acknowledged = 9, StreamOpen = 10, StreamClose = 11, StatelessReset = 12, ReceiveRetry = 13, MoreLocalStreams = 14, Random = 16, NewId = 17, RemoveId = 18,
        UpdateKey = 19, StreamReset = 22, MoreStreamData = 25, DeleteAead = 29, DeleteCipher = 30, PathChallenge = 34, StopSending = 35, VersionNegotiation = 36;

    private static readonly Lazy<nint> _server = new(() => Build(isServer: true));
    private static readonly Lazy<nint> _client = new(() => Build(isServer: false));

    public static nint* ForServer => (nint*)_server.Value;

    public static nint* ForClient => (nint*)_client.Value;

    /// <summary>Finds the connection of a TLS session.</summary>
    [UnmanagedCallersOnly]
    public static nint GetConnection(NgtcpConnectionReference* reference) => reference->Connection;

    /// <summary>Judges a client's certificates. Called by GnuTLS inside the handshake, which fails when it answers anything but 0.</summary>
    [UnmanagedCallersOnly]
    public static int OnPeerCertificates(nint session)
    {
        var target = Of(((NgtcpConnectionReference*)GnuTls.gnutls_session_get_ptr(session))->Self);
        try
        {
            return target.IsWelcome(GnuTls.CertificatesOfPeer(session)) ? 0 : -1;
        }
        catch (Exception e)
        {
            target.Fail(e);
            return -1;
        }
    }

    // Lives as long as the process: ngtcp2 copies it, but it is the same for every connection.
    private static nint Build(bool isServer)
    {
        var table = (nint*)NativeMemory.AllocZeroed(Ngtcp.CallbackCount, (nuint)sizeof(nint));
        if (isServer)
        {
            table[ReceiveClientInitial] = NgtcpLibrary.CryptoFunction("ngtcp2_crypto_recv_client_initial_cb");
        }
        else
        {
            table[ClientInitial] = NgtcpLibrary.CryptoFunction("ngtcp2_crypto_client_initial_cb");
            table[ReceiveRetry] = NgtcpLibrary.CryptoFunction("ngtcp2_crypto_recv_retry_cb");
            table[StatelessReset] = (nint)(delegate* unmanaged<nint, void*, nint, int>)&OnStatelessReset;
            table[MoreLocalStreams] = (nint)(delegate* unmanaged<nint, ulong, nint, int>)&OnMoreStreams;
        }
        table[ReceiveCrypto] = NgtcpLibrary.CryptoFunction("ngtcp2_crypto_recv_crypto_data_cb");
        table[Encrypt] = NgtcpLibrary.CryptoFunction("ngtcp2_crypto_encrypt_cb");
        table[Decrypt] = NgtcpLibrary.CryptoFunction("ngtcp2_crypto_decrypt_cb");
        table[HeaderMask] = NgtcpLibrary.CryptoFunction("ngtcp2_crypto_hp_mask_cb");
        table[UpdateKey] = NgtcpLibrary.CryptoFunction("ngtcp2_crypto_update_key_cb");
        table[DeleteAead] = NgtcpLibrary.CryptoFunction("ngtcp2_crypto_delete_crypto_aead_ctx_cb");
        table[DeleteCipher] = NgtcpLibrary.CryptoFunction("ngtcp2_crypto_delete_crypto_cipher_ctx_cb");
        table[PathChallenge] = NgtcpLibrary.CryptoFunction("ngtcp2_crypto_get_path_challenge_data_cb");
        table[VersionNegotiation] = NgtcpLibrary.CryptoFunction("ngtcp2_crypto_version_negotiation_cb");
        table[HandshakeCompleted] = (nint)(delegate* unmanaged<nint, nint, int>)&OnHandshakeCompleted;
        table[StreamData] = (nint)(delegate* unmanaged<nint, uint, long, ulong, byte*, nuint, nint, nint, int>)&OnStreamData;
        table[Acknowledged] = (nint)(delegate* unmanaged<nint, long, ulong, ulong, nint, nint, int>)&OnAcknowledged;
        table[StreamOpen] = (nint)(delegate* unmanaged<nint, long, nint, int>)&OnStreamOpen;
        table[StreamClose] = (nint)(delegate* unmanaged<nint, uint, long, ulong, nint, nint, int>)&OnStreamClose;
        table[StreamReset] = (nint)(delegate* unmanaged<nint, long, ulong, ulong, nint, nint, int>)&OnStreamReset;
        table[StopSending] = (nint)(delegate* unmanaged<nint, long, ulong, nint, nint, int>)&OnStopSending;
        table[MoreStreamData] = (nint)(delegate* unmanaged<nint, long, ulong, nint, nint, int>)&OnMoreStreamData;
        table[Random] = (nint)(delegate* unmanaged<byte*, nuint, void*, void>)&OnRandom;
        table[NewId] = (nint)(delegate* unmanaged<nint, NativeConnectionId*, byte*, nuint, nint, int>)&OnNewId;
        table[RemoveId] = (nint)(delegate* unmanaged<nint, NativeConnectionId*, nint, int>)&OnRemoveId;
        return (nint)table;
    }

    private static IConnectionEvents Of(nint user) => Unsafe.As<IConnectionEvents>(GCHandle.FromIntPtr(user).Target!);

    [UnmanagedCallersOnly]
    private static int OnHandshakeCompleted(nint connection, nint user)
    {
        var target = Of(user);
        try
        {
            target.OnHandshakeCompleted();
            return 0;
        }
        catch (Exception e)
        {
            return target.Fail(e);
        }
    }

    [UnmanagedCallersOnly]
    private static int OnStreamData(nint connection, uint flags, long stream, ulong offset, byte* data, nuint bytes, nint user, nint streamUser)
    {
        var target = Of(user);
        try
        {
            target.OnStreamData(stream, new ReadOnlySpan<byte>(data, (int)bytes), (flags & Ngtcp.StreamDataFin) != 0);
            return 0;
        }
        catch (Exception e)
        {
            return target.Fail(e);
        }
    }

    [UnmanagedCallersOnly]
    private static int OnAcknowledged(nint connection, long stream, ulong offset, ulong bytes, nint user, nint streamUser)
    {
        var target = Of(user);
        try
        {
            target.OnAcknowledged(stream, (long)(offset + bytes), (long)bytes);
            return 0;
        }
        catch (Exception e)
        {
            return target.Fail(e);
        }
    }

    [UnmanagedCallersOnly]
    private static int OnStreamOpen(nint connection, long stream, nint user)
    {
        var target = Of(user);
        try
        {
            target.OnStreamOpen(stream);
            return 0;
        }
        catch (Exception e)
        {
            return target.Fail(e);
        }
    }

    [UnmanagedCallersOnly]
    private static int OnStreamClose(nint connection, uint flags, long stream, ulong code, nint user, nint streamUser)
    {
        var target = Of(user);
        try
        {
            target.OnStreamClose(stream);
            return 0;
        }
        catch (Exception e)
        {
            return target.Fail(e);
        }
    }

    [UnmanagedCallersOnly]
    private static int OnStreamReset(nint connection, long stream, ulong finalBytes, ulong code, nint user, nint streamUser)
    {
        var target = Of(user);
        try
        {
            target.OnStreamReset(stream, code);
            return 0;
        }
        catch (Exception e)
        {
            return target.Fail(e);
        }
    }

    [UnmanagedCallersOnly]
    private static int OnStopSending(nint connection, long stream, ulong code, nint user, nint streamUser)
    {
        var target = Of(user);
        try
        {
            target.OnStopSending(stream, code);
            return 0;
        }
        catch (Exception e)
        {
            return target.Fail(e);
        }
    }

    [UnmanagedCallersOnly]
    private static int OnMoreStreamData(nint connection, long stream, ulong limit, nint user, nint streamUser)
    {
        var target = Of(user);
        try
        {
            target.OnMoreStreamData(stream);
            return 0;
        }
        catch (Exception e)
        {
            return target.Fail(e);
        }
    }

    [UnmanagedCallersOnly]
    private static int OnNewId(nint connection, NativeConnectionId* id, byte* token, nuint bytes, nint user)
    {
        var target = Of(user);
        try
        {
            target.OnNewId(id, token, (int)bytes);
            return 0;
        }
        catch (Exception e)
        {
            return target.Fail(e);
        }
    }

    [UnmanagedCallersOnly]
    private static int OnRemoveId(nint connection, NativeConnectionId* id, nint user)
    {
        var target = Of(user);
        try
        {
            target.OnRemoveId(id);
            return 0;
        }
        catch (Exception e)
        {
            return target.Fail(e);
        }
    }

    [UnmanagedCallersOnly]
    private static int OnStatelessReset(nint connection, void* reset, nint user)
    {
        Of(user).WasReset = true;
        return 0;
    }

    // The connection asks again for the streams that wait; being called is enough.
    [UnmanagedCallersOnly]
    private static int OnMoreStreams(nint connection, ulong limit, nint user) => 0;

    // Cannot fail, and must not: ngtcp2 takes no error from it.
    [UnmanagedCallersOnly]
    private static void OnRandom(byte* into, nuint bytes, void* context) =>
        System.Security.Cryptography.RandomNumberGenerator.Fill(new Span<byte>(into, (int)bytes));
}
