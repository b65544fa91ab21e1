using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Iggy.Bench.Throughput;

/// <summary>One blocking connection that sends a ready-made request again and again and reads every reply whole.</summary>
internal class LoadClient : IDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _reply = new byte[32 * 1024 * 1024];

    private readonly bool _isNewer;

    /// <param name="server">Where to.</param>
    /// <param name="isNewer">Whether the frames are of the newer dialect.</param>
    public LoadClient(EndPoint server, bool isNewer = false)
    {
        _isNewer = isNewer;
        _socket.Connect(server);
    }

    /// <summary>One request and its reply's payload.</summary>
    public ReadOnlySpan<byte> Ask(ReadOnlySpan<byte> frame)
    {
        Send(frame);
        var (headBytes, statusAt, lengthAt) = _isNewer ? (256, 216, 48) : (8, 0, 4);
        Receive(_reply.AsSpan(0, headBytes));
        var status = BinaryPrimitives.ReadUInt32LittleEndian(_reply.AsSpan(statusAt));
        var length = BinaryPrimitives.ReadInt32LittleEndian(_reply.AsSpan(lengthAt)) - (_isNewer ? headBytes : 0);
        if (_isNewer && _reply[60] != 8)
            throw new InvalidOperationException($"The server evicts: {_reply[255]}.");
        if (status != 0)
            throw new InvalidOperationException($"The server answered {status}.");
        Receive(_reply.AsSpan(0, length));
        return _reply.AsSpan(0, length);
    }

    /// <summary>Requests a second, over a span of time.</summary>
    public double Rate(byte[] frame, TimeSpan duration)
    {
        var (count, watch) = (0L, Stopwatch.StartNew());
        for (; watch.Elapsed < duration; count++)
            Ask(frame);
        return count / watch.Elapsed.TotalSeconds;
    }

    /// <summary>Requests a second, over a number of requests.</summary>
    public double RateOf(byte[] frame, int count)
    {
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < count; i++)
            Ask(frame);
        return count / watch.Elapsed.TotalSeconds;
    }

    public void Dispose()
    {
        _socket.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Sends all of it.</summary>
    protected virtual void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[_socket.Send(bytes)..];
    }

    /// <summary>Receives until the span is full.</summary>
    protected virtual void Receive(Span<byte> into)
    {
        while (!into.IsEmpty)
        {
            var received = _socket.Receive(into);
            if (received == 0)
                throw new EndOfStreamException();
            into = into[received..];
        }
    }
}
