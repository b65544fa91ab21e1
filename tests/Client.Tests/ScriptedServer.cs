using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Iggy.Testing;

/// <summary>A server that does what a test tells it, byte by byte. It knows the frames and nothing else, so it can also be wrong on purpose.</summary>
internal sealed class ScriptedServer : IDisposable
{
    /// <summary>How long a test waits for anything before it fails.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();

    public ScriptedServer() => _listener.Start();

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public string Address => $"127.0.0.1:{Port}";

    /// <summary>The next client that connects.</summary>
    public async Task<ScriptedPeer> AcceptAsync() => new(await _listener.AcceptSocketAsync().WaitAsync(Limit));

    /// <summary>Answers the requests of one client after the other by a rule, until the test disposes the server.</summary>
    /// <returns>The commands in the order they came; complete once the server is disposed.</returns>
    public async Task<List<uint>> ServeAsync(Func<uint, byte[], byte[]> reply)
    {
        var codes = new List<uint>();
        var stop = _stop.Token;
        try
        {
            while (true)
            {
                using var peer = new ScriptedPeer(await _listener.AcceptSocketAsync(stop));
                while (await peer.TryReadAsync() is var (code, payload))
                {
                    lock (codes)
                        codes.Add(code);
                    await peer.WriteAsync(reply(code, payload));
                }
            }
        }
        catch (Exception) when (stop.IsCancellationRequested)
        {
            return codes; // the test is over
        }
    }

    /// <summary>A reply without payload.</summary>
    public static byte[] Empty(uint status = 0) => Ok([], status);

    /// <summary>A reply.</summary>
    public static byte[] Ok(byte[] payload, uint status = 0)
    {
        var reply = new byte[8 + payload.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(reply, status);
        BinaryPrimitives.WriteUInt32LittleEndian(reply.AsSpan(4), (uint)payload.Length);
        payload.CopyTo(reply, 8);
        return reply;
    }

    /// <summary>A u32.</summary>
    public static byte[] U32(uint value) => BitConverter.GetBytes(value);

    /// <summary>A client record as <c>get_me</c> answers it, told apart by its id.</summary>
    public static byte[] ClientBytes(uint id) => [.. U32(id), .. U32(7), 1, .. U32(3), .. "a:1"u8, .. U32(0)];

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
    }
}

/// <summary>The server's side of one connection.</summary>
internal sealed class ScriptedPeer(Socket socket) : IDisposable
{
    private readonly NetworkStream _stream = new(socket, ownsSocket: true);

    /// <summary>The next request.</summary>
    public async Task<(uint Code, byte[] Payload)> ReadAsync() => await TryReadAsync() ?? throw new EndOfStreamException("The client closed the connection.");

    /// <summary>The next request, or null when the client has closed the connection.</summary>
    public async Task<(uint Code, byte[] Payload)?> TryReadAsync()
    {
        var head = new byte[8];
        if (await _stream.ReadAtLeastAsync(head, 8, throwOnEndOfStream: false).AsTask().WaitAsync(ScriptedServer.Limit) < 8)
            return null;
        var payload = new byte[BinaryPrimitives.ReadInt32LittleEndian(head) - 4];
        await _stream.ReadExactlyAsync(payload).AsTask().WaitAsync(ScriptedServer.Limit);
        return (BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(4)), payload);
    }

    public async Task WriteAsync(byte[] bytes) => await _stream.WriteAsync(bytes).AsTask().WaitAsync(ScriptedServer.Limit);

    /// <summary>Reads a login and accepts it.</summary>
    public async Task AcceptLoginAsync()
    {
        Assert.Equal(38u, (await ReadAsync()).Code);
        await WriteAsync(ScriptedServer.Ok(ScriptedServer.U32(7)));
    }

    /// <summary>Closes without a word.</summary>
    public void Dispose() => _stream.Dispose();
}
