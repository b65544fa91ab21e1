using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Net;
using Iggy.Quic;
using Iggy.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Iggy.EndToEnd.Tests.Quic;

/// <summary>A QUIC connection of a test, seen as one stream of frames of either dialect: each written frame goes out on a QUIC stream of its own, when the
/// one before has its reply; what comes back, whole or not, is read in that order.</summary>
internal sealed class RawQuicStream : Stream
{
    private readonly QuicEndpoint _endpoint;
    private readonly Pipe _replies = new(new PipeOptions(pauseWriterThreshold: 0));
    private readonly Stream _received;
    private readonly SemaphoreSlim _writing = new(1); // the pipe is completed between replies, not inside one
    private byte[] _pending = [];

    private RawQuicStream(QuicEndpoint endpoint, QuicConnection connection)
    {
        (_endpoint, Connection) = (endpoint, connection);
        _received = _replies.Reader.AsStream();
        _ = CompleteAsync();
    }

    public QuicConnection Connection { get; }

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>The QUIC listener of a server; skips the test where there is none.</summary>
    public static EndPoint Of(ServerProcess server)
    {
        Assert.SkipWhen(server.Quic.Port == 0, "The server has no QUIC listener.");
        return new StreamEndPoint(async () => await ConnectAsync(server.Quic));
    }

    /// <summary>Connects as released clients do: without a protocol name, trusting any server.</summary>
    public static async Task<RawQuicStream> ConnectAsync(IPEndPoint server)
    {
        using var credentials = TlsCredentials.ForClient(null, null);
        var (endpoint, connection) = await QuicEndpoint.ConnectAsync(
            server, credentials, "localhost", offersProtocol: false, new() { ReceiveWindow = 4 * 1024 * 1024 }, NullLogger.Instance, TestContext.Current.CancellationToken);
        return new(endpoint, connection);
    }

    /// <summary>Sends bytes on a stream of their own and gives what came on it until its end.</summary>
    public static async Task<byte[]> ExchangeAsync(QuicConnection connection, ReadOnlyMemory<byte> request)
    {
        await using var stream = await connection.OpenStreamAsync(TestContext.Current.CancellationToken);
        var sending = stream.SendAsync(request, isLast: true).AsTask();
        using var reply = new MemoryStream();
        var buffer = new byte[16 * 1024];
        for (int received; (received = await stream.ReceiveAsync(buffer)) > 0;)
            reply.Write(buffer, 0, received);
        await sending;
        return reply.ToArray();
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _pending = [.. _pending, .. buffer.Span];
        while (FrameBytes() is var bytes && bytes <= _pending.Length)
        {
            var frame = _pending[..(int)bytes];
            _pending = _pending[(int)bytes..];
            await using var stream = await Connection.OpenStreamAsync(cancellationToken);
            var sending = SendAsync(stream, frame);
            await _writing.WaitAsync(cancellationToken);
            try
            {
                for (int received; (received = await stream.ReceiveAsync(_replies.Writer.GetMemory(4096))) > 0;)
                {
                    _replies.Writer.Advance(received);
                    await _replies.Writer.FlushAsync(cancellationToken);
                }
            }
            catch (QuicException)
            {
                // the connection is over, which the reader learns
            }
            finally
            {
                _writing.Release();
            }
            await sending;
        }
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => _received.ReadAsync(buffer, cancellationToken);

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _ = _endpoint.DisposeAsync().AsTask();
        base.Dispose(disposing);
    }

    // A length that no frame has goes out as it is, with all that came.
    private long FrameBytes()
    {
        if (_pending.Length < 8)
            return long.MaxValue;
        var isClassic = _pending.AsSpan(0, 8).ContainsAnyExcept((byte)0);
        if (!isClassic && _pending.Length < 256)
            return long.MaxValue;
        var bytes = isClassic ? Math.Max(8, 4L + BinaryPrimitives.ReadUInt32LittleEndian(_pending)) : BinaryPrimitives.ReadUInt32LittleEndian(_pending.AsSpan(48));
        return bytes is > 0 and < 100_000_000 ? bytes : _pending.Length;
    }

    // The reply may come before all of the request has gone.
    private static async Task SendAsync(QuicStream stream, byte[] frame)
    {
        try
        {
            await stream.SendAsync(frame, isLast: true);
        }
        catch (QuicException)
        {
            // the server wanted no more of it
        }
    }

    private async Task CompleteAsync()
    {
        await Connection.Ended;
        await _writing.WaitAsync();
        await _replies.Writer.CompleteAsync();
    }
}
