using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Iggy.Testing;

/// <summary>A client of the classic dialect that knows nothing but sockets and the written protocol. It shares no code with
/// the product, so that both can't be wrong in the same way.</summary>
public sealed class RawClient : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private SslStream? _ssl;
    private ClientWebSocket? _web;
    private Stream? _stream; // over TLS, messages or a layer; null for the bare socket
    private Stream? _connection; // where it is not the socket
    private Task _finishing = Task.CompletedTask;

    /// <summary>Connects; to a <see cref="WebSocketEndPoint"/> by a WebSocket, on which every write is one message, to a <see cref="LayeredEndPoint"/>
    /// with its layer in between, to a <see cref="StreamEndPoint"/> as that does.</summary>
    public static async Task<RawClient> ConnectAsync(EndPoint server)
    {
        if (server is WebSocketEndPoint web)
            return await ConnectAsync(web);
        if (server is StreamEndPoint opened)
        {
            var stream = await opened.OpenAsync().WaitAsync(Limit);
            return new RawClient { _connection = stream, _stream = stream };
        }
        if (server is LayeredEndPoint layered)
        {
            var above = await ConnectAsync(layered.Server);
            above._stream = layered.Layer(above._stream ?? new NetworkStream(above._socket, ownsSocket: false));
            return above;
        }
        var client = new RawClient();
        await client._socket.ConnectAsync(server).WaitAsync(Limit);
        return client;
    }

    /// <summary>Connects from one of the addresses of this machine, such as 127.0.0.2: another client for whoever counts by address.</summary>
    public static async Task<RawClient> ConnectFromAsync(IPAddress from, EndPoint server)
    {
        var client = new RawClient();
        client._socket.Bind(new IPEndPoint(from.MapToIPv6(), 0));
        await client._socket.ConnectAsync(server).WaitAsync(Limit);
        return client;
    }

    /// <summary>Connects by a WebSocket.</summary>
    public static async Task<RawClient> ConnectAsync(WebSocketEndPoint server)
    {
        var client = new RawClient();
        try
        {
            var handler = new SocketsHttpHandler
            {
                ConnectCallback = async (_, cancellation) =>
                {
                    await client._socket.ConnectAsync(server.Address, cancellation);
                    return new NetworkStream(client._socket, ownsSocket: false);
                },
            };
            if (server.Tls is { } tls)
                handler.SslOptions = tls;
            using var invoker = new HttpMessageInvoker(handler);
            client._web = new ClientWebSocket();
            await client._web.ConnectAsync(new Uri($"{(server.Tls is null ? "ws" : "wss")}://localhost:{server.Address.Port}{server.Path}"), invoker, CancellationToken.None).WaitAsync(Limit);
            client._stream = WebSocketStream.Create(client._web, WebSocketMessageType.Binary, ownsWebSocket: false);
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>Connects with TLS, as <c>localhost</c>.</summary>
    /// <param name="server">A listener that speaks TLS.</param>
    /// <param name="options">What to trust and to show; see <see cref="Trusting"/>.</param>
    public static async Task<RawClient> ConnectAsync(EndPoint server, SslClientAuthenticationOptions options)
    {
        var client = await ConnectAsync(server);
        try
        {
            client._ssl = new SslStream(new NetworkStream(client._socket, ownsSocket: false));
            await client._ssl.AuthenticateAsClientAsync(options).WaitAsync(Limit);
            client._stream = client._ssl;
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>TLS options of a client that trusts these roots and nothing else; none at all: whoever is there.</summary>
    public static SslClientAuthenticationOptions Trusting(params X509Certificate2[] roots)
    {
        var options = new SslClientAuthenticationOptions { TargetHost = "localhost", AllowTlsResume = false };
        if (roots.Length == 0)
#pragma warning disable CA5359 // a test of the server looks at the certificate itself
            options.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        else
            options.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        options.CertificateChainPolicy?.CustomTrustStore.AddRange(roots);
        return options;
    }

    /// <summary>The TLS layer, where there is one.</summary>
    public SslStream Tls => _ssl ?? throw new InvalidOperationException("Connected without TLS.");

    /// <summary>Connects and logs in as root.</summary>
    public static async Task<RawClient> LogInAsync(EndPoint server)
    {
        var client = await ConnectAsync(server);
        var (status, _) = await client.AskAsync(38, Login(ServerProcess.Username, ServerProcess.Password));
        if (status != 0)
            throw new InvalidOperationException($"Login answered {status}.");
        return client;
    }

    /// <summary>The text <c>ip:port</c> of this side, by which the server names the client.</summary>
    public string LocalAddress => _socket.LocalEndPoint!.ToString()!;

    /// <summary>Whether small packets leave at once; on, unless a test wants the delays of clients that leave Nagle's algorithm on.</summary>
    public bool NoDelay
    {
        get => _socket.NoDelay;
        set => _socket.NoDelay = value;
    }

    /// <summary>Sends bytes as they are.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        if (_stream is not null)
        {
            await _stream.WriteAsync(bytes).AsTask().WaitAsync(Limit);
            return;
        }
        while (!bytes.IsEmpty)
            bytes = bytes[await _socket.SendAsync(bytes).AsTask().WaitAsync(Limit)..];
    }

    /// <summary>Sends a request and waits for its reply.</summary>
    public async Task<(uint Status, byte[] Payload)> AskAsync(uint code, params byte[][] payload)
    {
        await SendAsync(Frame(code, payload));
        return await ReceiveAsync();
    }

    /// <summary>Sends a request that must succeed.</summary>
    public async Task<byte[]> DoAsync(uint code, params byte[][] payload)
    {
        var (status, reply) = await AskAsync(code, payload);
        return status == 0 ? reply : throw new InvalidOperationException($"Command {code} answered {status}.");
    }

    /// <summary>Receives the head of a reply and leaves the rest where it is.</summary>
    /// <returns>The status and how many bytes follow.</returns>
    public async Task<(uint Status, uint PayloadBytes)> ReceiveHeadAsync()
    {
        var head = await ReceiveExactlyAsync(8);
        return (BinaryPrimitives.ReadUInt32LittleEndian(head), BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(4)));
    }

    /// <summary>Receives one reply.</summary>
    /// <exception cref="EndOfStreamException">The server closed the connection.</exception>
    public async Task<(uint Status, byte[] Payload)> ReceiveAsync()
    {
        var head = await ReceiveExactlyAsync(8);
        var status = BinaryPrimitives.ReadUInt32LittleEndian(head);
        var length = BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(4));
        if (status != 0 && length != 0)
            throw new InvalidDataException($"Status {status} came with a payload of {length} bytes.");
        return (status, await ReceiveExactlyAsync(length));
    }

    /// <summary>Goes without a word, as when its machine loses power: the server hears of it only if it asks.</summary>
    /// <returns>False where the test may not do that.</returns>
    public bool TryVanish()
    {
        const int tcp = 6, repair = 19; // IPPROTO_TCP and TCP_REPAIR: a socket that is closed in this state sends nothing
        try
        {
            _socket.SetRawSocketOption(tcp, repair, BitConverter.GetBytes(1));
        }
        catch (SocketException)
        {
            return false;
        }
        _socket.Dispose();
        return true;
    }

    /// <summary>Whether the server has closed the connection, waiting for either that or a byte.</summary>
    public async Task<bool> IsClosedByServerAsync()
    {
        try
        {
            await _finishing;
            return await ReceiveAsync(new byte[1]) == 0;
        }
        catch (Exception gone) when (gone is SocketException or IOException or WebSocketException)
        {
            return true;
        }
    }

    /// <summary>The WebSocket, where there is one.</summary>
    public WebSocket Web => _web ?? throw new InvalidOperationException("Connected without a WebSocket.");

    /// <summary>Ends the sending side: of a WebSocket by a close frame.</summary>
    public void FinishSending()
    {
        if (_web is null)
            _socket.Shutdown(SocketShutdown.Send);
        else
            _finishing = _web.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
    }

    /// <summary>Ends the sending side of a TLS connection the polite way: close_notify, then the end of the TCP stream.</summary>
    public async Task FinishSendingTlsAsync()
    {
        await Tls.ShutdownAsync().WaitAsync(Limit);
        FinishSending();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ssl?.Dispose();
        _web?.Dispose();
        _connection?.Dispose();
        _socket.Dispose();
    }

    /// <summary>A whole request frame.</summary>
    public static byte[] Frame(uint code, params byte[][] payload) => Join([U32((uint)(4 + payload.Sum(part => part.Length))), U32(code), .. payload]);

    /// <summary>Payload of a login.</summary>
    public static byte[] Login(string username, string password) => Join(Name(username), Name(password), U32(0), U32(0));

    /// <summary>A u8.</summary>
    public static byte[] U8(byte value) => [value];

    /// <summary>A u32.</summary>
    public static byte[] U32(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }

    /// <summary>A u64.</summary>
    public static byte[] U64(ulong value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return bytes;
    }

    /// <summary>A name: one byte of length, then the text.</summary>
    public static byte[] Name(string text) => [(byte)Encoding.UTF8.GetByteCount(text), .. Encoding.UTF8.GetBytes(text)];

    /// <summary>A numeric identifier.</summary>
    public static byte[] Id(uint id) => [1, 4, .. U32(id)];

    /// <summary>A name as identifier.</summary>
    public static byte[] Id(string name) => [2, .. Name(name)];

    /// <summary>Partition id partitioning.</summary>
    public static byte[] ToPartition(uint id) => [2, 4, .. U32(id)];

    /// <summary>Key partitioning.</summary>
    public static byte[] ByKey(byte[] key) => [3, (byte)key.Length, .. key];

    /// <summary>Balanced partitioning.</summary>
    public static byte[] Balanced() => [1, 0];

    /// <summary>Payload of a topic creation with everything left to the server.</summary>
    public static byte[] NewTopic(byte[] stream, string name, uint partitions) =>
        Join(stream, U32(partitions), U8(1), U64(0), U64(0), U8(0), Name(name));

    /// <summary>Payload of a send; message ids are given, so that they can be found again.</summary>
    public static byte[] Messages(byte[] stream, byte[] topic, byte[] partitioning, params (ulong Id, byte[] Payload, byte[] Headers)[] messages)
    {
        var metadata = Join(stream, topic, partitioning, U32((uint)messages.Length));
        var (indexes, bodies, end) = (new List<byte>(), new List<byte>(), 0u);
        foreach (var (id, payload, headers) in messages)
        {
            end += (uint)(64 + payload.Length + headers.Length);
            indexes.AddRange([.. U32(0), .. U32(end), .. U64(0)]);
            bodies.AddRange([
                .. U64(0), .. U64(id), .. U64(0), .. U64(0), .. U64(0), .. U64(12345),
                .. U32((uint)headers.Length), .. U32((uint)payload.Length), .. U64(0), .. payload, .. headers]);
        }
        return Join(U32((uint)metadata.Length), metadata, [.. indexes], [.. bodies]);
    }

    /// <summary>Payload of a poll by a single consumer.</summary>
    public static byte[] Poll(uint consumer, byte[] stream, byte[] topic, uint partition, byte strategy, ulong value, uint count, bool autoCommit = false) =>
        Join(U8(1), Id(consumer), stream, topic, U8(1), U32(partition), U8(strategy), U64(value), U32(count), U8(autoCommit ? (byte)1 : (byte)0));

    /// <summary>What a poll reply holds.</summary>
    public static (uint Partition, ulong CurrentOffset, List<RawMessage> Messages) ReadPoll(ReadOnlySpan<byte> reply)
    {
        var partition = BinaryPrimitives.ReadUInt32LittleEndian(reply);
        var current = BinaryPrimitives.ReadUInt64LittleEndian(reply[4..]);
        var count = BinaryPrimitives.ReadUInt32LittleEndian(reply[12..]);
        var messages = new List<RawMessage>();
        for (reply = reply[16..]; !reply.IsEmpty;)
        {
            var headersBytes = (int)BinaryPrimitives.ReadUInt32LittleEndian(reply[48..]);
            var payloadBytes = (int)BinaryPrimitives.ReadUInt32LittleEndian(reply[52..]);
            messages.Add(new RawMessage(
                BinaryPrimitives.ReadUInt64LittleEndian(reply), BinaryPrimitives.ReadUInt64LittleEndian(reply[8..]), BinaryPrimitives.ReadUInt64LittleEndian(reply[16..]),
                BinaryPrimitives.ReadUInt64LittleEndian(reply[24..]), BinaryPrimitives.ReadUInt64LittleEndian(reply[32..]), BinaryPrimitives.ReadUInt64LittleEndian(reply[40..]),
                BinaryPrimitives.ReadUInt64LittleEndian(reply[56..]), reply.Slice(64, payloadBytes).ToArray(), reply.Slice(64 + payloadBytes, headersBytes).ToArray(),
                reply[8..(64 + payloadBytes + headersBytes)].ToArray()));
            reply = reply[(64 + payloadBytes + headersBytes)..];
        }
        return messages.Count == count ? (partition, current, messages) : throw new InvalidDataException($"{count} messages announced, {messages.Count} found.");
    }

    /// <summary>Byte arrays, one after the other.</summary>
    public static byte[] Join(params byte[][] parts)
    {
        var joined = new byte[parts.Sum(part => part.Length)];
        var at = 0;
        foreach (var part in parts)
        {
            part.CopyTo(joined, at);
            at += part.Length;
        }
        return joined;
    }

    private Task<int> ReceiveAsync(Memory<byte> into)
    {
        var receiving = _stream is null ? _socket.ReceiveAsync(into).AsTask() : _stream.ReadAsync(into).AsTask();
        return receiving.WaitAsync(Limit);
    }

    private async Task<byte[]> ReceiveExactlyAsync(int bytes)
    {
        var buffer = new byte[bytes];
        for (var at = 0; at < bytes;)
        {
            var received = await ReceiveAsync(buffer.AsMemory(at));
            at += received > 0 ? received : throw new EndOfStreamException($"The server closed the connection, {at} of {bytes} bytes had come.");
        }
        return buffer;
    }
}

/// <summary>A message of a poll reply, field by field. <c>Covered</c> is what the checksum covers: everything after it.</summary>
public sealed record RawMessage(
    ulong Checksum, ulong IdLow, ulong IdHigh, ulong Offset, ulong Timestamp, ulong OriginTimestamp, ulong Reserved, byte[] Payload, byte[] Headers, byte[] Covered);
