using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;

namespace Iggy.Bench.Throughput;

/// <summary>The same over a WebSocket: each request is one masked message, as the standard asks of clients. Knows just as much of it as a measurement needs.</summary>
internal sealed class WebSocketLoadClient : LoadClient
{
    private const uint Mask = 0x5AC3_9617;

    private byte[] _message = [];
    private ulong _leftOfFrame;

    public WebSocketLoadClient(IPEndPoint server) : base(server)
    {
        base.Send(Encoding.ASCII.GetBytes(
            $"GET / HTTP/1.1\r\nHost: {server}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"));
        var answer = new StringBuilder();
        Span<byte> one = stackalloc byte[1];
        while (!answer.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            base.Receive(one);
            answer.Append((char)one[0]);
        }
        if (!answer.ToString().StartsWith("HTTP/1.1 101 ", StringComparison.Ordinal))
            throw new InvalidOperationException(answer.ToString());
    }

    protected override void Send(ReadOnlySpan<byte> bytes)
    {
        const int headBytes = 2 + 8 + 4;
        if (_message.Length < headBytes + bytes.Length)
            _message = new byte[headBytes + bytes.Length];
        (_message[0], _message[1]) = (0x82, 0x80 | 127); // one whole binary message, masked, with a length of 64 bits
        BinaryPrimitives.WriteUInt64BigEndian(_message.AsSpan(2), (ulong)bytes.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(_message.AsSpan(10), Mask);
        var payload = _message.AsSpan(headBytes, bytes.Length);
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        var masked = MemoryMarshal.Cast<byte, ulong>(payload);
        for (var i = 0; i < words.Length; i++)
            masked[i] = words[i] ^ (Mask | ((ulong)Mask << 32));
        for (var i = words.Length * 8; i < bytes.Length; i++)
            payload[i] = (byte)(bytes[i] ^ (Mask >> (8 * (i % 4))));
        base.Send(_message.AsSpan(0, headBytes + bytes.Length));
    }

    protected override void Receive(Span<byte> into)
    {
        while (!into.IsEmpty)
        {
            if (_leftOfFrame == 0)
                _leftOfFrame = ReceiveHead();
            var part = into[..(int)Math.Min((ulong)into.Length, _leftOfFrame)];
            base.Receive(part);
            _leftOfFrame -= (ulong)part.Length;
            into = into[part.Length..];
        }
    }

    private ulong ReceiveHead()
    {
        Span<byte> head = stackalloc byte[10];
        base.Receive(head[..2]);
        var length = head[1] & 0x7F;
        var more = length switch { 126 => 2, 127 => 8, _ => 0 };
        base.Receive(head.Slice(2, more));
        return more switch { 2 => BinaryPrimitives.ReadUInt16BigEndian(head[2..]), 8 => BinaryPrimitives.ReadUInt64BigEndian(head[2..]), _ => (ulong)length };
    }
}
