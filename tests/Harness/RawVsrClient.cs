using System.Buffers.Binary;
using System.IO.Hashing;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Iggy.Testing;

/// <summary>A client of the newer dialect that knows nothing but sockets and the written protocol, like <see cref="RawClient"/>.</summary>
public sealed class RawVsrClient : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    // By classic code: the operation under which a command travels. All others travel as operation 2 with their code.
    private static readonly Dictionary<uint, byte> Operations = new()
    {
        [202] = 128, [204] = 129, [203] = 130, [205] = 131, [302] = 132, [304] = 133, [303] = 134, [305] = 135, [402] = 136, [403] = 137, [503] = 138,
        [16] = 150, [602] = 139, [603] = 140, [33] = 141, [35] = 142, [34] = 143, [37] = 144, [36] = 145, [42] = 146, [43] = 147, [604] = 148, [605] = 149,
        [101] = 160, [121] = 161, [122] = 162,
    };

    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private Stream? _stream; // null for the bare socket

    /// <summary>The client id; a new one is drawn for each object.</summary>
    public UInt128 Client { get; set; } = new((ulong)Random.Shared.NextInt64(), (ulong)Random.Shared.NextInt64() | 1);

    /// <summary>The session from the last login.</summary>
    public ulong Session { get; set; }

    /// <summary>The number of the next request that changes metadata.</summary>
    public ulong Request { get; set; } = 1;

    /// <summary>Connects.</summary>
    public static async Task<RawVsrClient> ConnectAsync(EndPoint server)
    {
        if (server is StreamEndPoint opened)
            return new RawVsrClient { _stream = await opened.OpenAsync().WaitAsync(Limit) };
        var client = new RawVsrClient();
        await client._socket.ConnectAsync(server).WaitAsync(Limit);
        return client;
    }

    /// <summary>Connects and logs in as root.</summary>
    public static async Task<RawVsrClient> LogInAsync(EndPoint server)
    {
        var client = await ConnectAsync(server);
        await client.RegisterAsync(Login(ServerProcess.Username, ServerProcess.Password));
        return client;
    }

    /// <summary>Logs in and takes the session from the reply.</summary>
    public async Task<VsrFrame> RegisterAsync(byte[] body)
    {
        var reply = await AskFrameAsync(1, 0, body, request: 0, session: 0);
        if (reply is { Eviction: 0, Status: 0 })
            Session = BinaryPrimitives.ReadUInt64LittleEndian(reply.Body.AsSpan(8));
        return reply;
    }

    /// <summary>Sends a command the way it travels and gives its status and payload in the classic terms.</summary>
    public async Task<(uint Status, byte[] Payload)> AskAsync(uint code, params byte[][] body)
    {
        var operation = OperationOf(code);
        var isNumbered = operation is 3 or (>= 128 and < 160);
        var frame = await AskFrameAsync(operation, operation == 2 ? code : 0, RawClient.Join(body), Request, Session);
        if (isNumbered)
            Request++;
        if (frame.Eviction != 0)
            return (10_000u + frame.Eviction, []);
        return frame.Status != 0 || !IsFramed(operation) ? (frame.Status, frame.Body) : Unframe(frame.Body);
    }

    /// <summary>A command that must succeed.</summary>
    public async Task<byte[]> DoAsync(uint code, params byte[][] body)
    {
        var (status, reply) = await AskAsync(code, body);
        return status == 0 ? reply : throw new InvalidOperationException($"Command {code} answered {status}.");
    }

    /// <summary>Sends a frame and waits for the one that answers it.</summary>
    public async Task<VsrFrame> AskFrameAsync(byte operation, uint code, byte[] body, ulong request, ulong session, UInt128? checksum = null)
    {
        await SendAsync(Frame(operation, code, body, request, session, checksum));
        var reply = await ReceiveAsync();
        if (reply.Eviction == 0 && (reply.Operation != operation || reply.Request != request || reply.Client != Client))
            throw new InvalidDataException($"The reply echoes operation {reply.Operation}, request {reply.Request}, client {reply.Client}.");
        return reply;
    }

    /// <summary>A whole request frame.</summary>
    public byte[] Frame(byte operation, uint code, byte[] body, ulong request, ulong session, UInt128? checksum = null)
    {
        var frame = new byte[256 + body.Length];
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(48), frame.Length);
        frame[60] = 5;
        BinaryPrimitives.WriteUInt128LittleEndian(frame.AsSpan(128), Client);
        BinaryPrimitives.WriteUInt128LittleEndian(frame.AsSpan(144), checksum ?? 0);
        BinaryPrimitives.WriteUInt64LittleEndian(frame.AsSpan(168), request);
        frame[176] = operation;
        BinaryPrimitives.WriteUInt64LittleEndian(frame.AsSpan(184), session);
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(196), code);
        body.CopyTo(frame, 256);
        return frame;
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

    /// <summary>Receives one frame.</summary>
    /// <exception cref="EndOfStreamException">The server closed the connection.</exception>
    public async Task<VsrFrame> ReceiveAsync()
    {
        var head = await ReceiveExactlyAsync(256);
        var size = BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(48));
        if (size < 256 || head.AsSpan(0, 48).ContainsAnyExcept((byte)0))
            throw new InvalidDataException($"A frame of {size} bytes, or a checksum that nobody asked for.");
        var body = await ReceiveExactlyAsync(size - 256);
        if (head[60] == 13)
        {
            if (size != 256 || head[255] == 0 || head.AsSpan(152, 103).ContainsAnyExcept((byte)0))
                throw new InvalidDataException("An eviction that an SDK would not read.");
            return new VsrFrame(head, head[255], 0, 0, 0, BinaryPrimitives.ReadUInt128LittleEndian(head.AsSpan(128)), []);
        }

        var status = BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(216));
        if (head[60] != 8 || (status != 0 && size != 256))
            throw new InvalidDataException($"A frame of kind {head[60]}, status {status}, {size} bytes.");
        return new VsrFrame(head, 0, status, head[208], BinaryPrimitives.ReadUInt64LittleEndian(head.AsSpan(200)),
            BinaryPrimitives.ReadUInt128LittleEndian(head.AsSpan(160)), body);
    }

    /// <summary>Whether the server has closed the connection, waiting for either that or a byte.</summary>
    public async Task<bool> IsClosedByServerAsync()
    {
        try
        {
            return await ReceiveAsync(new byte[1]) == 0;
        }
        catch (Exception gone) when (gone is SocketException or IOException)
        {
            return true;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stream?.Dispose();
        _socket.Dispose();
    }

    /// <summary>Body of a login by password.</summary>
    public static byte[] Login(string username, string password, uint version = 0x2c00, string sdk = "test-sdk", string sdkVersion = "1.0") =>
        RawClient.Join(RawClient.U32(version), RawClient.Name(sdk), RawClient.Name(sdkVersion), RawClient.Name(username), RawClient.Name(password), RawClient.U32(0));

    /// <summary>Body of a login by token.</summary>
    public static byte[] TokenLogin(string token) =>
        RawClient.Join(RawClient.U32(0x2c00), RawClient.Name("test-sdk"), RawClient.Name("1.0"), RawClient.Name(token), RawClient.U32(0));

    /// <summary>An option with a text.</summary>
    public static byte[] Option(string key, string value) => [2, .. Text(key), 2, .. Text(value)];

    /// <summary>An option with a number of 64 bits.</summary>
    public static byte[] Option(string key, ulong value) => [2, .. Text(key), 12, 8, 0, 0, 0, .. RawClient.U64(value)];

    /// <summary>Body of a send.</summary>
    public static byte[] Messages(byte[] stream, byte[] topic, byte[] partitioning, params VsrMessage[] messages)
    {
        var metadata = RawClient.Join(stream, topic, partitioning, RawClient.U32((uint)messages.Length));
        return RawClient.Join(RawClient.U32((uint)metadata.Length), metadata, Batch(messages));
    }

    /// <summary>One batch record with right checksums.</summary>
    public static byte[] Batch(params VsrMessage[] messages)
    {
        var origin = messages.Min(message => message.Origin);
        var frames = messages.Select((message, index) => MakeFrame(message, (uint)index, (uint)(message.Origin - origin))).ToArray();
        var body = RawClient.Join(frames);
        var head = new byte[256];
        BinaryPrimitives.WriteUInt64LittleEndian(head.AsSpan(24), origin);
        BinaryPrimitives.WriteUInt64LittleEndian(head.AsSpan(32), (ulong)(256 + body.Length));
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(48), (uint)messages.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(head.AsSpan(40), BatchChecksum(head, frames));
        return RawClient.Join(head, body);
    }

    /// <summary>Body of a send whose producer numbers its messages.</summary>
    public static byte[] Numbered(byte[] stream, byte[] topic, byte[] partitioning, ulong producer, ushort epoch, uint baseSequence, params VsrMessage[] messages)
    {
        var body = Messages(stream, topic, partitioning, messages);
        var head = body.AsSpan(sizeof(uint) + (int)BinaryPrimitives.ReadUInt32LittleEndian(body), 256);
        head[52] = 1;
        BinaryPrimitives.WriteUInt64LittleEndian(head[56..], producer);
        BinaryPrimitives.WriteUInt16LittleEndian(head[64..], epoch);
        BinaryPrimitives.WriteUInt32LittleEndian(head[68..], baseSequence);
        var origin = messages.Min(message => message.Origin);
        BinaryPrimitives.WriteUInt64LittleEndian(head[40..], BatchChecksum(head, messages.Select((message, index) => MakeFrame(message, (uint)index, (uint)(message.Origin - origin)))));
        return body;
    }

    /// <summary>What a poll reply holds. Every checksum, sum and border is compared.</summary>
    public static (uint Partition, ulong CurrentOffset, List<RawMessage> Messages) ReadPoll(byte[] reply, int headBytes = 16)
    {
        var (partition, current, count) = (BinaryPrimitives.ReadUInt32LittleEndian(reply), BinaryPrimitives.ReadUInt64LittleEndian(reply.AsSpan(4)), BinaryPrimitives.ReadUInt32LittleEndian(reply.AsSpan(12)));
        var messages = new List<RawMessage>();
        for (var at = headBytes; at < reply.Length;)
        {
            var head = reply.AsSpan(at, 256);
            var end = at + (int)BinaryPrimitives.ReadUInt64LittleEndian(head[32..]);
            var (recordBase, time, origin) = (BinaryPrimitives.ReadUInt64LittleEndian(head[8..]), BinaryPrimitives.ReadUInt64LittleEndian(head[16..]), BinaryPrimitives.ReadUInt64LittleEndian(head[24..]));
            if (BinaryPrimitives.ReadUInt64LittleEndian(head) != partition || head[(headBytes > 16 && head[52] == 1 ? 72 : 52)..].ContainsAnyExcept((byte)0))
                throw new InvalidDataException("A record of another partition, or with a field that is none.");
            var frames = new List<byte[]>();
            for (var frameAt = at + 256; frameAt < end;)
            {
                var (headersBytes, payloadBytes) = (BinaryPrimitives.ReadInt32LittleEndian(reply.AsSpan(frameAt + 32)), BinaryPrimitives.ReadInt32LittleEndian(reply.AsSpan(frameAt + 36)));
                var frame = reply.AsSpan(frameAt, 48 + headersBytes + payloadBytes).ToArray();
                if (BinaryPrimitives.ReadUInt64LittleEndian(frame) != XxHash3.HashToUInt64(frame.AsSpan(8)))
                    throw new InvalidDataException("A frame does not match its checksum.");
                messages.Add(new RawMessage(
                    BinaryPrimitives.ReadUInt64LittleEndian(frame), BinaryPrimitives.ReadUInt64LittleEndian(frame.AsSpan(8)), BinaryPrimitives.ReadUInt64LittleEndian(frame.AsSpan(16)),
                    recordBase + BinaryPrimitives.ReadUInt32LittleEndian(frame.AsSpan(24)), time, origin + BinaryPrimitives.ReadUInt32LittleEndian(frame.AsSpan(28)),
                    BinaryPrimitives.ReadUInt64LittleEndian(frame.AsSpan(40)), frame[48..(48 + payloadBytes)], frame[(48 + payloadBytes)..], frame[8..]));
                frames.Add(frame);
                frameAt += frame.Length;
            }
            if (frames.Count != BinaryPrimitives.ReadUInt32LittleEndian(head[48..]) || BinaryPrimitives.ReadUInt64LittleEndian(head[40..]) != BatchChecksum(head, frames))
                throw new InvalidDataException("A record does not match its count or checksum.");
            at = end;
        }
        return messages.Count == count ? (partition, current, messages) : throw new InvalidDataException($"{count} messages announced, {messages.Count} found.");
    }

    /// <summary>The operation under which a command travels.</summary>
    public static byte OperationOf(uint code) => code == 39 ? (byte)3 : Operations.GetValueOrDefault(code, (byte)2);

    /// <summary>Whether replies to an operation begin with a result section.</summary>
    public static bool IsFramed(byte operation) => operation is (>= 128 and <= 150 and not 138) or 161 or 162;

    /// <summary>Takes a result section off.</summary>
    public static (uint Status, byte[] Payload) Unframe(byte[] body)
    {
        var count = BinaryPrimitives.ReadUInt32LittleEndian(body);
        return count == 0 ? (0, body[4..]) : (BinaryPrimitives.ReadUInt32LittleEndian(body.AsSpan(8)), body[12..]);
    }

    private static byte[] Text(string text) => [.. RawClient.U32((uint)Encoding.UTF8.GetByteCount(text)), .. Encoding.UTF8.GetBytes(text)];

    private static byte[] MakeFrame(VsrMessage message, uint offset, uint time)
    {
        byte[] frame = [
            .. RawClient.U64(0), .. RawClient.U64(message.Id), .. RawClient.U64(0), .. RawClient.U32(offset), .. RawClient.U32(time),
            .. RawClient.U32((uint)message.Headers.Length), .. RawClient.U32((uint)message.Payload.Length), .. RawClient.U64(0), .. message.Payload, .. message.Headers];
        BinaryPrimitives.WriteUInt64LittleEndian(frame, XxHash3.HashToUInt64(frame.AsSpan(8)));
        return frame;
    }

    private static ulong BatchChecksum(ReadOnlySpan<byte> head, IEnumerable<byte[]> frames) =>
        XxHash3.HashToUInt64([.. head[..40], .. head[48..52], .. head[52] == 1 ? [1, .. head[56..66], .. head[68..72]] : Array.Empty<byte>(), .. frames.SelectMany(frame => frame[..8])]);

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

/// <summary>A message to send.</summary>
public sealed record VsrMessage(ulong Id, byte[] Payload, byte[] Headers, ulong Origin);

/// <summary>A frame from the server. <c>Eviction</c> is the reason, or 0 for a reply.</summary>
public sealed record VsrFrame(byte[] Head, byte Eviction, uint Status, byte Operation, ulong Request, UInt128 Client, byte[] Body);
