using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Iggy.Testing;

namespace Iggy.Bench.Throughput;

/// <summary>One blocking connection of the 0.12 line that keeps a number of requests under way.</summary>
internal sealed class SessionsLoadClient : IDisposable
{
    private const int HeadBytes = 256;

    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly RawVsrClient _frames = new() { Client = new UInt128((ulong)Random.Shared.NextInt64(), 1) };
    private readonly byte[] _received = new byte[1 << 20];
    private int _start, _end;
    private ulong _number;
    private Context _context;

    /// <summary>Connects and logs in as root.</summary>
    public SessionsLoadClient(EndPoint server)
    {
        _socket.Connect(server);
        var login = RawClient.Join(
            RawClient.U32(0x3000), RawClient.Name("rust-sdk"), RawClient.Name("0.12.0"), RandomNumberGenerator.GetBytes(32),
            RawClient.Name(ServerProcess.Username), RawClient.Name(ServerProcess.Password), RawClient.U32(0));
        SendAll(_frames.Frame(1, 0, login, 0, 0, 1));
        _frames.Session = BinaryPrimitives.ReadUInt64LittleEndian(TakeReply()[8..]);
    }

    /// <summary>Learns the history of partition 0 of topic 0 of stream 0, which all later requests name.</summary>
    public void TakeRoute()
    {
        var route = Ask(105, RawClient.Join(RawClient.Id(0), RawClient.Id(0), RawClient.U32(0)));
        _context = new(BinaryPrimitives.ReadUInt64LittleEndian(route), 0, BinaryPrimitives.ReadUInt64LittleEndian(route[8..]));
    }

    /// <summary>The offset of the next message.</summary>
    public ulong NextOffset()
    {
        var poll = Ask(106, RawSessionsClient.DeferredPoll([1, .. RawClient.Id(1)], RawClient.Id(0), RawClient.Id(0), 0, 4, 0, 1, false, 0));
        return BinaryPrimitives.ReadUInt32LittleEndian(poll[12..]) == 0 ? 0 : BinaryPrimitives.ReadUInt64LittleEndian(poll[4..]) + 1;
    }

    /// <summary>One request and its reply's payload.</summary>
    public ReadOnlySpan<byte> Ask(uint code, byte[] body)
    {
        Start(code, body);
        return TakeReply();
    }

    /// <summary>Sends a request.</summary>
    public void Start(uint code, byte[] body) => SendAll(Frame(code, body));

    /// <summary>Requests a second, over a span of time, with so many of them under way. Those that may be sent together are.</summary>
    public double Rate(byte[] send, int underWay, TimeSpan duration)
    {
        var frame = Frame(101, send);
        var frames = new byte[frame.Length * underWay];
        for (var i = 0; i < underWay; i++)
            frame.CopyTo(frames, i * frame.Length);
        var (count, open, watch) = (0L, 0, Stopwatch.StartNew());
        for (var free = underWay; ;)
        {
            if (watch.Elapsed < duration)
            {
                for (var i = 0; i < free; i++)
                    BinaryPrimitives.WriteUInt64LittleEndian(frames.AsSpan((i * frame.Length) + 168), ++_number);
                SendAll(frames.AsSpan(0, free * frame.Length));
                open += free;
            }
            if (open == 0)
                return count / watch.Elapsed.TotalSeconds;
            TakeReply();
            for (free = 1; HasReply(); free++)
                TakeReply();
            (open, count) = (open - free, count + free);
        }
    }

    /// <summary>The payload of the next reply; valid until the next call.</summary>
    public ReadOnlySpan<byte> TakeReply()
    {
        while (!HasReply())
            Receive();
        var head = _received.AsSpan(_start, HeadBytes);
        if (head[60] != 8 || BinaryPrimitives.ReadUInt32LittleEndian(head[216..]) != 0)
            throw new InvalidOperationException($"The server answered with a frame of kind {head[60]}, status {BinaryPrimitives.ReadUInt32LittleEndian(head[216..])}.");
        var size = BinaryPrimitives.ReadInt32LittleEndian(head[48..]);
        var payload = _received.AsSpan(_start + HeadBytes, size - HeadBytes);
        _start += size;
        return payload;
    }

    public void Dispose()
    {
        _socket.Dispose();
        _frames.Dispose();
    }

    private bool HasReply() => _end - _start >= HeadBytes && _end - _start >= BinaryPrimitives.ReadInt32LittleEndian(_received.AsSpan(_start + 48));

    private void Receive()
    {
        if (_start > 0)
        {
            _received.AsSpan(_start, _end - _start).CopyTo(_received);
            (_start, _end) = (0, _end - _start);
        }
        var received = _socket.Receive(_received.AsSpan(_end));
        _end += received > 0 ? received : throw new EndOfStreamException();
    }

    private void SendAll(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[_socket.Send(bytes)..];
    }

    private byte[] Frame(uint code, byte[] body)
    {
        var operation = RawVsrClient.OperationOf(code);
        var frame = _frames.Frame(operation, operation == 2 ? code : 0, body, ++_number, _frames.Session, operation is >= 128 and < 160 ? _number : 0);
        BinaryPrimitives.WriteUInt64LittleEndian(frame.AsSpan(200), _context.Incarnation);
        BinaryPrimitives.WriteUInt64LittleEndian(frame.AsSpan(216), _context.MetadataOp);
        return frame;
    }
}
