using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Iggy.Bench.Throughput;

/// <summary>One blocking HTTP/2 connection that sends ready-made gRPC messages and reads every answer whole, as <see cref="LoadClient"/> does over TCP: what is measured is the
/// server. Windows are kept; frames have the 16 KiB that every client sends.</summary>
internal sealed class GrpcLoad : IDisposable
{
    private const int FrameBytes = 16 * 1024, HeadBytes = 9;
    private const byte Data = 0, Headers = 1, Reset = 3, Settings = 4, Ping = 6, GoAway = 7, WindowUpdate = 8;
    private const int MostWindow = int.MaxValue / 2;

    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _received = new byte[4 * 1024 * 1024];
    private readonly string _token;
    private int _start, _end, _nextStream = 1;
    private long _window = 65_535, _streamWindow, _firstWindow = 65_535;
    private int _stream, _answers;
    private long _answerBytes, _partBytes, _unread;

    public GrpcLoad(EndPoint server, string token)
    {
        _token = token;
        _socket.Connect(server);
        Send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8);
        Span<byte> window = stackalloc byte[6];
        BinaryPrimitives.WriteUInt16BigEndian(window, 4); // the first window of a stream
        BinaryPrimitives.WriteInt32BigEndian(window[2..], MostWindow);
        Send(Frame(Settings, 0, 0, window));
        Grant(MostWindow);
    }

    /// <summary>One call with one message.</summary>
    /// <returns>Bytes of the answer.</returns>
    public long Call(string method, byte[] message)
    {
        Open(method);
        Write(message, isLast: true);
        var before = _answers;
        var stream = _stream;
        while (_stream == stream)
            Receive();
        return _answers > before ? _answerBytes : throw new InvalidOperationException($"{method} was refused.");
    }

    /// <summary>Begins a call that goes on.</summary>
    public void Open(string method)
    {
        _stream = _nextStream;
        _nextStream += 2;
        _streamWindow = _firstWindow;
        Send(Frame(Headers, 4, _stream, Block(method)));
    }

    /// <summary>Sends a message of a call that goes on and waits for the next answer.</summary>
    public void Ask(byte[] message)
    {
        var before = _answers;
        Write(message, isLast: false);
        while (_answers == before)
            Receive();
    }

    /// <summary>Waits for an answer that comes by itself.</summary>
    public void Await()
    {
        while (_answers == 0)
            Receive();
    }

    /// <summary>A message in front of which its length stands, cut into frames.</summary>
    public static byte[] Prepare(byte[] message)
    {
        var body = new byte[5 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(body.AsSpan(1), message.Length);
        message.CopyTo(body, 5);
        using var frames = new MemoryStream();
        for (var at = 0; at < body.Length; at += FrameBytes)
            frames.Write(Frame(Data, 0, 0, body.AsSpan(at, Math.Min(FrameBytes, body.Length - at))));
        return frames.ToArray();
    }

    public void Dispose() => _socket.Dispose();

    private void Write(byte[] frames, bool isLast)
    {
        for (var at = 0; at < frames.Length;)
        {
            // As many frames as the windows hold, in one go.
            var from = at;
            while (at < frames.Length)
            {
                var length = BinaryPrimitives.ReadInt32BigEndian(frames.AsSpan(at)) >> 8;
                if (Math.Min(_window, _streamWindow) < length)
                    break;
                BinaryPrimitives.WriteInt32BigEndian(frames.AsSpan(at + 5), _stream);
                (_window, _streamWindow) = (_window - length, _streamWindow - length);
                at += HeadBytes + length;
                frames[at - length - HeadBytes + 4] = (byte)(isLast && at == frames.Length ? 1 : 0);
            }
            if (at == from)
                Receive();
            else
                Send(frames.AsSpan(from, at - from));
        }
    }

    private void Receive()
    {
        Fill(HeadBytes);
        var head = _received.AsSpan(_start);
        var (length, type, flags, stream) = (BinaryPrimitives.ReadInt32BigEndian(head) >> 8 & 0xFFFFFF, head[3], head[4], BinaryPrimitives.ReadInt32BigEndian(head[5..]));
        Fill(HeadBytes + length);
        var payload = _received.AsSpan(_start + HeadBytes, length);
        switch (type)
        {
            case Data:
                Take(payload);
                _unread += length;
                if (_unread > MostWindow / 4)
                    Grant((int)_unread);
                break;
            case WindowUpdate when stream == 0:
                _window += BinaryPrimitives.ReadInt32BigEndian(payload);
                break;
            case WindowUpdate when stream == _stream:
                _streamWindow += BinaryPrimitives.ReadInt32BigEndian(payload);
                break;
            case Settings when (flags & 1) == 0:
                for (var i = 0; i < length; i += 6)
                {
                    if (BinaryPrimitives.ReadUInt16BigEndian(payload[i..]) != 4)
                        continue;
                    var window = BinaryPrimitives.ReadInt32BigEndian(payload[(i + 2)..]);
                    _streamWindow += window - _firstWindow; // also of the call that is open already
                    _firstWindow = window;
                }
                Send(Frame(Settings, 1, 0, []));
                break;
            case Ping when (flags & 1) == 0:
                Send(Frame(Ping, 1, 0, payload));
                break;
            case Reset or GoAway:
                throw new InvalidOperationException("The server ended the call.");
        }
        if (type is Data or Headers && (flags & 1) != 0 && stream == _stream)
            _stream = 0; // the call is over
        _start += HeadBytes + length;
    }

    // Counts whole messages; they may come in any pieces.
    private void Take(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_partBytes == 0)
                _partBytes = _answerBytes = 5L + BinaryPrimitives.ReadInt32BigEndian(bytes[1..]); // the server never cuts the five
            var taken = (int)Math.Min(_partBytes, bytes.Length);
            bytes = bytes[taken..];
            _partBytes -= taken;
            if (_partBytes == 0)
                _answers++;
        }
    }

    private void Grant(int bytes)
    {
        Span<byte> update = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(update, bytes);
        Send(Frame(WindowUpdate, 0, 0, update));
        _unread = 0;
    }

    private void Fill(int bytes)
    {
        while (_end - _start < bytes)
        {
            if (_received.Length - _start < bytes + FrameBytes)
            {
                _received.AsSpan(_start, _end - _start).CopyTo(_received);
                (_start, _end) = (0, _end - _start);
            }
            var read = _socket.Receive(_received.AsSpan(_end));
            if (read == 0)
                throw new EndOfStreamException();
            _end += read;
        }
    }

    private void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[_socket.Send(bytes)..];
    }

    private static byte[] Frame(byte type, byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        var frame = new byte[HeadBytes + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length << 8);
        (frame[3], frame[4]) = (type, flags);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame.AsSpan(HeadBytes));
        return frame;
    }

    // Headers as literals: what is compressed in them is not what is measured.
    private byte[] Block(string method)
    {
        using var block = new MemoryStream();
        foreach (var (name, value) in ((string, string)[])
            [(":method", "POST"), (":scheme", "http"), (":path", method), (":authority", "localhost"), ("content-type", "application/grpc"), ("te", "trailers"), ("authorization", "Bearer " + _token)])
        {
            block.WriteByte(0);
            WriteText(block, name);
            WriteText(block, value);
        }
        return block.ToArray();
    }

    private static void WriteText(MemoryStream block, string text)
    {
        var (bytes, rest) = (Encoding.ASCII.GetBytes(text), text.Length - 127);
        block.WriteByte((byte)Math.Min(text.Length, 127));
        for (; rest >= 128; rest >>= 7)
            block.WriteByte((byte)(rest | 128));
        if (text.Length >= 127)
            block.WriteByte((byte)rest);
        block.Write(bytes);
    }
}
