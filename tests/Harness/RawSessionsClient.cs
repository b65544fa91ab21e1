using System.Buffers.Binary;
using System.Net;
using System.Security.Cryptography;

namespace Iggy.Testing;

/// <summary>A scripted client of the 0.12 line, written from the protocol alone: one connection of a session, many requests at a time.</summary>
public sealed class RawSessionsClient : IDisposable
{
    private readonly RawVsrClient _wire;
    private readonly Dictionary<ulong, VsrFrame> _early = [];

    private RawSessionsClient(RawVsrClient wire, SessionIdentity identity) => (_wire, Identity) = (wire, identity);

    /// <summary>Who it is; shared by all connections of the session.</summary>
    public SessionIdentity Identity { get; }

    /// <summary>Connects, without a login.</summary>
    public static async Task<RawSessionsClient> ConnectAsync(EndPoint server, SessionIdentity? identity = null) =>
        new(await RawVsrClient.ConnectAsync(server), identity ?? new SessionIdentity());

    /// <summary>Connects and logs in as root.</summary>
    public static async Task<RawSessionsClient> LogInAsync(EndPoint server)
    {
        var client = await ConnectAsync(server);
        var reply = await client.RegisterAsync(ServerProcess.Username, ServerProcess.Password);
        return reply is { Eviction: 0, Status: 0 } ? client : throw new InvalidOperationException($"The login was answered {reply}.");
    }

    /// <summary>Logs in and takes the session from the reply.</summary>
    public async Task<VsrFrame> RegisterAsync(string username, string password, uint version = 0x3000, byte[]? secret = null)
    {
        var body = RawClient.Join(
            RawClient.U32(version), RawClient.Name("rust-sdk"), RawClient.Name("0.12.0"), secret ?? Identity.Secret, RawClient.Name(username), RawClient.Name(password), RawClient.U32(0));
        await _wire.SendAsync(Frame(1, 0, body, request: 0, session: 0, Context.None));
        var reply = await _wire.ReceiveAsync();
        if (reply is { Eviction: 0, Status: 0 })
            Identity.Session = BinaryPrimitives.ReadUInt64LittleEndian(reply.Body.AsSpan(8));
        return reply;
    }

    /// <summary>Binds this connection to the session.</summary>
    public async Task<VsrFrame> BindAsync(ulong? session = null, byte[]? secret = null, ulong watermark = 0, uint version = 0x3000)
    {
        var body = RawClient.Join(
            RawClient.U32(version), RawClient.Name("rust-sdk"), RawClient.Name("0.12.0"), RawClient.U64((ulong)Identity.Client), RawClient.U64((ulong)(Identity.Client >> 64)),
            RawClient.U64(session ?? Identity.Session), RawClient.U64(watermark), secret ?? Identity.Secret);
        var number = Identity.NextRequest();
        await _wire.SendAsync(Frame(2, 15, body, number, session ?? Identity.Session, Context.None));
        return await ReplyAsync(number);
    }

    /// <summary>Sends a request and does not wait for its reply.</summary>
    public async Task<ulong> StartAsync(uint code, byte[] body, Context context = default, ulong? number = null)
    {
        var request = number ?? Identity.NextRequest();
        await _wire.SendAsync(RequestFrame(code, body, context, request));
        return request;
    }

    /// <summary>The bytes of a request, to send them more than once or together with others.</summary>
    public byte[] RequestFrame(uint code, byte[] body, Context context, ulong request)
    {
        var operation = RawVsrClient.OperationOf(code);
        return Frame(operation, operation == 2 ? code : 0, body, request, Identity.Session, context);
    }

    /// <summary>Sends bytes as they are.</summary>
    public Task SendAsync(ReadOnlyMemory<byte> bytes) => _wire.SendAsync(bytes);

    /// <summary>The next frame, whatever it answers.</summary>
    public Task<VsrFrame> ReceiveAsync() => _wire.ReceiveAsync();

    /// <summary>The reply to a request; those that come before it are kept for whoever asks for them.</summary>
    public async Task<VsrFrame> ReplyAsync(ulong number)
    {
        VsrFrame? reply;
        while (!_early.Remove(number, out reply))
        {
            var frame = await _wire.ReceiveAsync();
            if (frame.Eviction != 0)
                return frame;
            _early.Add(frame.Request, frame);
        }
        return reply;
    }

    /// <summary>Sends a command and gives its status and payload.</summary>
    public async Task<(uint Status, byte[] Payload)> AskAsync(uint code, byte[] body, Context context = default, ulong? number = null) =>
        Read(await ReplyAsync(await StartAsync(code, body, context, number)));

    /// <summary>A command that must succeed.</summary>
    public async Task<byte[]> DoAsync(uint code, params byte[][] body)
    {
        var (status, reply) = await AskAsync(code, RawClient.Join(body));
        return status == 0 ? reply : throw new InvalidOperationException($"Command {code} answered {status}.");
    }

    /// <summary>The context of a partition, as its route tells it.</summary>
    public async Task<Context> RouteAsync(byte[] stream, byte[] topic, uint partition)
    {
        var reply = await DoAsync(105, stream, topic, RawClient.U32(partition));
        return reply.Length == 25
            ? new(BinaryPrimitives.ReadUInt64LittleEndian(reply), 0, BinaryPrimitives.ReadUInt64LittleEndian(reply.AsSpan(8)))
            : throw new InvalidDataException($"A route of {reply.Length} bytes.");
    }

    /// <summary>What a reply says. One that ends a numbered request carries its proof.</summary>
    public static (uint Status, byte[] Payload) Read(VsrFrame frame)
    {
        if (frame.Eviction != 0)
            return (10_000u + frame.Eviction, []);
        var (op, commit) = (BinaryPrimitives.ReadUInt64LittleEndian(frame.Head.AsSpan(176)), BinaryPrimitives.ReadUInt64LittleEndian(frame.Head.AsSpan(184)));
        var isCommitted = frame.Head[220] == 1;
        if (isCommitted != (frame.Status == 0 && frame.Operation != 2) || (isCommitted ? op == 0 || op != commit : commit != 0))
            throw new InvalidDataException($"Operation {frame.Operation}, status {frame.Status}: committed {isCommitted}, op {op}, commit {commit}.");
        return frame.Status != 0 || !RawVsrClient.IsFramed(frame.Operation) ? (frame.Status, frame.Body) : RawVsrClient.Unframe(frame.Body);
    }

    /// <summary>Body of a poll that may wait.</summary>
    public static byte[] DeferredPoll(byte[] consumer, byte[] stream, byte[] topic, uint? partition, byte kind, ulong value, uint count, bool commit,
        ulong waitMicros, uint minCount = 1, uint maxBytes = 1 << 20, ulong? timeoutMicros = null) => RawClient.Join(
        consumer, stream, topic, RawClient.U8(partition is null ? (byte)0 : (byte)1), RawClient.U32(partition ?? 0), RawClient.U8(kind), RawClient.U64(value), RawClient.U32(count),
        RawClient.U8(commit ? (byte)1 : (byte)0), RawClient.U64(waitMicros), RawClient.U32(minCount), RawClient.U32(maxBytes), RawClient.U64(timeoutMicros ?? waitMicros + 10_000_000));

    /// <summary>What a poll reply holds.</summary>
    public static (uint Partition, Context Context, List<RawMessage> Messages) ReadPoll(byte[] reply)
    {
        var (partition, _, messages) = RawVsrClient.ReadPoll(reply, headBytes: 40);
        return (partition, Context.Read(reply.AsSpan(16)), messages);
    }

    /// <summary>Whether the server has closed the connection.</summary>
    public Task<bool> IsClosedByServerAsync() => _wire.IsClosedByServerAsync();

    /// <inheritdoc/>
    public void Dispose() => _wire.Dispose();

    private byte[] Frame(byte operation, uint code, byte[] body, ulong request, ulong session, Context context)
    {
        _wire.Client = Identity.Client;
        // A random number for what is carried out once; 0 for the rest.
        var frame = _wire.Frame(operation, code, body, request, session, operation is 1 or 3 or (>= 128 and < 160) ? new UInt128(1, request + 1) : 0);
        BinaryPrimitives.WriteUInt64LittleEndian(frame.AsSpan(200), context.Incarnation);
        BinaryPrimitives.WriteUInt64LittleEndian(frame.AsSpan(208), context.OwnerGeneration);
        BinaryPrimitives.WriteUInt64LittleEndian(frame.AsSpan(216), context.MetadataOp);
        return frame;
    }
}

/// <summary>What a session of the 0.12 line keeps over its connections.</summary>
public sealed class SessionIdentity
{
    private long _request;

    /// <summary>Drawn anew.</summary>
    public UInt128 Client { get; set; } = new((ulong)Random.Shared.NextInt64(), (ulong)Random.Shared.NextInt64() | 1);

    /// <summary>Drawn anew.</summary>
    public byte[] Secret { get; set; } = RandomNumberGenerator.GetBytes(32);

    /// <summary>From the login.</summary>
    public ulong Session { get; set; }

    /// <summary>Every request has a number of its own.</summary>
    public ulong NextRequest() => (ulong)Interlocked.Increment(ref _request);
}

/// <summary>Which history of a partition is meant.</summary>
public readonly record struct Context(ulong Incarnation, ulong OwnerGeneration, ulong MetadataOp)
{
    /// <summary>Nothing is said.</summary>
    public static Context None => default;

    /// <summary>Reads 24 bytes.</summary>
    public static Context Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(bytes), BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]), BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]));
}
