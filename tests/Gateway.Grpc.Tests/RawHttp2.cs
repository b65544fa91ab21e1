using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Iggy.Gateway.Grpc.Tests;

/// <summary>HTTP/2 by hand, for what no client would send.</summary>
internal sealed class RawHttp2 : IDisposable
{
    public const byte Data = 0, Headers = 1, Reset = 3, Settings = 4, GoAway = 7, WindowUpdate = 8;
    public const byte EndStream = 1, EndHeaders = 4;

    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(60);

    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    private RawHttp2()
    {
    }

    /// <param name="server">Where to.</param>
    /// <param name="window">What the server may send of an answer before it hears more.</param>
    public static async Task<RawHttp2> ConnectAsync(EndPoint server, int window = 65_535)
    {
        var connection = new RawHttp2();
        await connection._socket.ConnectAsync(server);
        await connection.SendAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());
        var settings = new byte[6];
        settings[1] = 4; // the first window of a stream
        BinaryPrimitives.WriteInt32BigEndian(settings.AsSpan(2), window);
        await connection.SendAsync(Frame(Settings, 0, 0, settings));
        return connection;
    }

    /// <summary>A frame.</summary>
    public static byte[] Frame(byte type, byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        var frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length << 8);
        (frame[3], frame[4]) = (type, flags);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame.AsSpan(9));
        return frame;
    }

    /// <summary>The headers of a call, without any compression.</summary>
    public static byte[] Call(int stream, string path, string token)
    {
        using var block = new MemoryStream();
        Write(":method", "POST");
        Write(":scheme", "http");
        Write(":path", path);
        Write(":authority", "localhost");
        Write("content-type", "application/grpc");
        Write("te", "trailers");
        Write("authorization", "Bearer " + token);
        return Frame(Headers, EndHeaders, stream, block.ToArray());

        void Write(string name, string value)
        {
            block.WriteByte(0); // literal, not indexed, with a name of its own
            WriteText(name);
            WriteText(value);
        }

        void WriteText(string text)
        {
            var bytes = Encoding.ASCII.GetBytes(text);
            var length = bytes.Length;
            block.WriteByte((byte)Math.Min(length, 127));
            for (length -= 127; length >= 0; length >>= 7)
            {
                block.WriteByte((byte)(length >= 128 ? length | 128 : length));
                if (length < 128)
                    break;
            }
            block.Write(bytes);
        }
    }

    /// <summary>A message, or the beginning of one, with its length in front.</summary>
    public static byte[] Message(int stream, byte flags, int length, ReadOnlySpan<byte> message)
    {
        var body = new byte[5 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(body.AsSpan(1), length);
        message.CopyTo(body.AsSpan(5));
        return Frame(Data, flags, stream, body);
    }

    public async Task SendAsync(byte[] bytes) => await _socket.SendAsync(bytes).WaitAsync(_limit);

    /// <summary>The next frame; null when the server has closed.</summary>
    public async Task<(byte Type, byte Flags, int Stream, byte[] Payload)?> ReceiveAsync()
    {
        var head = new byte[9];
        if (!await FillAsync(head))
            return null;
        var payload = new byte[BinaryPrimitives.ReadInt32BigEndian(head) >> 8 & 0xFFFFFF];
        return await FillAsync(payload) ? (head[3], head[4], BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)) & int.MaxValue, payload) : null;
    }

    public void Dispose() => _socket.Dispose();

    private async Task<bool> FillAsync(byte[] into)
    {
        for (var filled = 0; filled < into.Length;)
        {
            int read;
            try
            {
                read = await _socket.ReceiveAsync(into.AsMemory(filled)).AsTask().WaitAsync(_limit);
            }
            catch (SocketException)
            {
                return false; // a reset is a closed connection
            }
            if (read == 0)
                return false;
            filled += read;
        }
        return true;
    }
}
