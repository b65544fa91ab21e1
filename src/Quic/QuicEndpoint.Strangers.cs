using System.Security.Cryptography;
using Iggy.Quic.Native;

namespace Iggy.Quic;

/// <summary>Packets that belong to no connection: a new client, one that must prove its address first, one of another version, or one that
/// remembers a connection which this server has forgotten.</summary>
internal sealed unsafe partial class QuicEndpoint
{
    private const uint NoVersion = 0;
    private const ulong ConnectionRefused = 2, InvalidToken = 11;
    private const byte RetryTokenMark = 0xb6; // first byte of ngtcp2's Retry tokens
    private const ulong TokenLifetime = 10_000_000_000;
    private const int SmallestReset = 21, LargestReset = 42;

    private readonly byte[] _resetKey;
    private readonly byte[] _retryKey = RandomNumberGenerator.GetBytes(32);
    // Answers to strangers cost packets that anyone can ask for in another's name.
    private readonly AnswerBudget _resets = new(perSecond: 200);
    private readonly AnswerBudget _refusals = new(perSecond: 1000);

    /// <summary>Answers sent to strangers, for tests and figures.</summary>
    internal long Retries { get; private set; }

    internal long Resets { get; private set; }

    internal void WriteResetToken(NativeConnectionId* id, byte* token)
    {
        fixed (byte* key = _resetKey)
        {
            if (Ngtcp.ngtcp2_crypto_generate_stateless_reset_token(token, key, (nuint)_resetKey.Length, id) != 0)
                throw new QuicException("No stateless reset token could be made.");
        }
    }

    private void OnUnknown(NgtcpPath* path, byte* packet, int bytes, in PacketHead head, TlsCredentials credentials, ulong now)
    {
        if (!head.IsLong)
            Reset(path, packet, bytes, now);
        else if (head.Version is NoVersion || bytes < Ngtcp.SmallestInitialBytes)
            return; // a version negotiation is for clients; a small packet could be used to make us send a larger one elsewhere
        else if (head.Version is not Ngtcp.Version1)
            NegotiateVersion(path, packet, head, now);
        else
            Accept(path, packet, bytes, credentials, now);
    }

    private void Accept(NgtcpPath* path, byte* packet, int bytes, TlsCredentials credentials, ulong now)
    {
        NgtcpPacketHead head = default;
        if (Ngtcp.ngtcp2_accept(&head, packet, (nuint)bytes) != 0)
            return; // not a first packet: a late one of a connection that is gone
        if (_connections.Count >= Settings.MaxConnections)
        {
            if (_refusals.TryTake(now))
            {
                LogTooMany(_logger, Settings.MaxConnections);
                Refuse(path, &head, ConnectionRefused);
            }
            return;
        }

        NativeConnectionId original = default;
        var isProven = false;
        if (head.TokenBytes > 0 && head.Token[0] == RetryTokenMark)
        {
            fixed (byte* key = _retryKey)
            {
                isProven = Ngtcp.ngtcp2_crypto_verify_retry_token(&original, head.Token, head.TokenBytes, key, (nuint)_retryKey.Length, head.Version,
                    path->Remote.Address, path->Remote.Bytes, &head.Destination, TokenLifetime, now) == 0;
            }
            if (!isProven)
            {
                if (_refusals.TryTake(now))
                    Refuse(path, &head, InvalidToken);
                return;
            }
        }
        if (!isProven && _connections.Count - _establishedCount >= Settings.HandshakesBeforeRetry)
        {
            Retry(path, &head, now);
            return;
        }

        QuicConnection connection;
        try
        {
            connection = QuicConnection.ForServer(this, &head, isProven ? &original : null, path, credentials, now);
        }
        catch (QuicException e)
        {
            // Out of memory in ngtcp2, or a certificate that GnuTLS took and cannot use: others may still get in.
            LogFault(_logger, NativeAddress.Read(path->Remote.Address), e);
            return;
        }
        _connections.Add(connection);
        _touched.Add(connection);
        // The older release wants a Retry when the parts of a client's greeting come out of order.
        if (connection.Read(path, packet, bytes, now) == NgtcpLibrary.Layout.Retry && !isProven)
            Retry(path, &head, now);
    }

    private void Retry(NgtcpPath* path, NgtcpPacketHead* head, ulong now)
    {
        var id = NativeConnectionId.Random();
        var token = stackalloc byte[Ngtcp.MaxRetryTokenBytes];
        nint tokenBytes;
        fixed (byte* key = _retryKey)
        {
            tokenBytes = Ngtcp.ngtcp2_crypto_generate_retry_token(token, key, (nuint)_retryKey.Length, head->Version, path->Remote.Address, path->Remote.Bytes, &id, &head->Destination, now);
        }
        var packet = stackalloc byte[Ngtcp.SmallestInitialBytes];
        var written = tokenBytes < 0 ? -1 : Ngtcp.ngtcp2_crypto_write_retry(packet, Ngtcp.SmallestInitialBytes, head->Version, &head->Source, &id, &head->Destination, token, (nuint)tokenBytes);
        if (written <= 0)
            return;
        Retries++;
        Send(path, packet, (int)written);
    }

    private void Refuse(NgtcpPath* path, NgtcpPacketHead* head, ulong code)
    {
        var packet = stackalloc byte[Ngtcp.SmallestInitialBytes];
        var written = Ngtcp.ngtcp2_crypto_write_connection_close(packet, Ngtcp.SmallestInitialBytes, head->Version, &head->Source, &head->Destination, code, null, 0);
        if (written > 0)
            Send(path, packet, (int)written);
    }

    private void NegotiateVersion(NgtcpPath* path, byte* packet, in PacketHead head, ulong now)
    {
        if (!_refusals.TryTake(now))
            return;
        var answer = stackalloc byte[256];
        var versions = stackalloc uint[2] { 0x1a2a3a4a, Ngtcp.Version1 }; // one that nobody speaks, so that clients stay used to unknown ones
        var written = Ngtcp.ngtcp2_pkt_write_version_negotiation(answer, 256, (byte)RandomNumberGenerator.GetInt32(256),
            packet + head.SourceAt, (nuint)head.SourceBytes, packet + head.DestinationAt, (nuint)head.DestinationBytes, versions, 2);
        if (written > 0)
            Send(path, answer, (int)written);
    }

    // Always shorter than what it answers, so that two servers cannot go on answering each other.
    private void Reset(NgtcpPath* path, byte* packet, int bytes, ulong now)
    {
        var length = Math.Min(bytes - 1, LargestReset);
        if (length < SmallestReset || !_resets.TryTake(now))
            return;
        var id = NativeConnectionId.From(new ReadOnlySpan<byte>(packet + 1, ConnectionId.OwnBytes));
        var token = stackalloc byte[Ngtcp.ResetTokenBytes];
        var random = stackalloc byte[LargestReset];
        var answer = stackalloc byte[LargestReset];
        WriteResetToken(&id, token);
        var randomBytes = length - Ngtcp.ResetTokenBytes;
        RandomNumberGenerator.Fill(new Span<byte>(random, randomBytes));
        var written = Ngtcp.ngtcp2_pkt_write_stateless_reset(answer, LargestReset, token, random, (nuint)randomBytes);
        if (written <= 0)
            return;
        Resets++;
        Send(path, answer, (int)written);
    }

    /// <summary>So many answers a second, no more saved up.</summary>
    private sealed class AnswerBudget(int perSecond)
    {
        private ulong _second;
        private int _used;

        public bool TryTake(ulong now)
        {
            var second = now / 1_000_000_000;
            if (second != _second)
                (_second, _used) = (second, 0);
            return _used++ < perSecond;
        }
    }
}
