using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Iggy.Testing;

/// <summary>A WebSocket client that knows nothing but RFC 6455, for what a library would not send or not show.</summary>
public sealed class RawWebSocket : IDisposable
{
    /// <summary>Kinds of frames.</summary>
    public const byte Binary = 2, Close = 8, Ping = 9, Pong = 10;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly NetworkStream _stream;

    private RawWebSocket(NetworkStream stream, string answer) => (_stream, Answer) = (stream, answer);

    /// <summary>The head of the server's answer to the handshake.</summary>
    public string Answer { get; }

    /// <summary>Connects and shakes hands.</summary>
    /// <param name="server">A listener without TLS.</param>
    /// <param name="path">What is asked for.</param>
    /// <param name="headers">More headers.</param>
    public static async Task<RawWebSocket> ConnectAsync(IPEndPoint server, string path = "/", params string[] headers)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server).WaitAsync(Limit);
        var stream = new NetworkStream(socket, ownsSocket: true);
        var request = string.Join("\r\n",
        [
            $"GET {path} HTTP/1.1", $"Host: {server}", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", .. headers, "", "",
        ]);
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request)).AsTask().WaitAsync(Limit);
        var answer = new StringBuilder();
        var one = new byte[1];
        while (!answer.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await stream.ReadExactlyAsync(one).AsTask().WaitAsync(Limit);
            answer.Append((char)one[0]);
        }
        if (!answer.ToString().StartsWith("HTTP/1.1 101 ", StringComparison.Ordinal))
            throw new InvalidDataException(answer.ToString());
        return new RawWebSocket(stream, answer.ToString());
    }

    /// <summary>Sends bytes as they are.</summary>
    public Task SendRawAsync(byte[] bytes) => _stream.WriteAsync(bytes).AsTask().WaitAsync(Limit);

    /// <summary>Sends one whole masked frame of up to 65,535 bytes.</summary>
    public Task SendAsync(byte kind, byte[] payload)
    {
        byte[] length = payload.Length < 126 ? [(byte)(0x80 | payload.Length)] : [0x80 | 126, (byte)(payload.Length >> 8), (byte)payload.Length];
        byte[] mask = [1, 2, 3, 4];
        return SendRawAsync([(byte)(0x80 | kind), .. length, .. mask, .. payload.Select((one, i) => (byte)(one ^ mask[i % 4]))]);
    }

    /// <summary>Receives one frame of up to 125 bytes.</summary>
    public async Task<(byte Kind, byte[] Payload)> ReceiveAsync()
    {
        var head = new byte[2];
        await _stream.ReadExactlyAsync(head).AsTask().WaitAsync(Limit);
        var payload = new byte[head[1]];
        await _stream.ReadExactlyAsync(payload).AsTask().WaitAsync(Limit);
        return ((byte)(head[0] & 0x0F), payload);
    }

    /// <summary>Receives one frame that holds text.</summary>
    public async Task<(byte Kind, string Text)> ReceiveTextAsync()
    {
        var (kind, payload) = await ReceiveAsync();
        return (kind, Encoding.UTF8.GetString(payload));
    }

    /// <summary>Whether the server ends the connection, with a close frame or without.</summary>
    public async Task<bool> EndsAsync()
    {
        try
        {
            return (await ReceiveAsync()).Kind == Close;
        }
        catch (Exception gone) when (gone is EndOfStreamException or IOException)
        {
            return true;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();
}
