using System.Buffers.Binary;
using System.Threading.Channels;
using Iggy.Protocol.Classic;
using Iggy.Protocol.Vsr;
using Iggy.Quic;

namespace Iggy.Client.Connections;

/// <summary>A QUIC connection seen as one stream of frames: each request goes out on a QUIC stream of its own, and the replies come in the order of the
/// requests, back to back.</summary>
/// <remarks>A request leaves when the reply before it has come. The server serves streams side by side, so two sends of one caller could else change places.</remarks>
internal sealed class QuicRequestStream(QuicEndpoint endpoint, QuicConnection connection) : Stream
{
    private readonly Channel<QuicStream> _asked = Channel.CreateUnbounded<QuicStream>(new() { SingleReader = true, SingleWriter = true }); // one at most
    private readonly SemaphoreSlim _turn = new(1);
    private QuicStream? _reply;
    private long _replyBytes;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Sends whole frames: how the dialect writes. A frame that is cut is refused.</summary>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            var frameBytes = FrameBytes(buffer.Span);
            if (frameBytes > buffer.Length)
                throw new InvalidDataException("Requests are written as whole frames.");
            await SendAsync(buffer[..(int)frameBytes], cancellationToken);
            buffer = buffer[(int)frameBytes..];
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            _reply ??= await NextAsync(cancellationToken);
            if (_reply is null)
                return 0;
            int received;
            // Ended rather than left: a receive that goes on would write into a buffer that is someone else's by then.
            await using (cancellationToken.UnsafeRegister(static reply => ((QuicStream)reply!).StopReceiving(), _reply))
                received = await _reply.ReceiveAsync(buffer);
            cancellationToken.ThrowIfCancellationRequested();
            _replyBytes += received;
            if (received > 0)
                return received;

            await _reply.DisposeAsync();
            if (_replyBytes == 0)
                throw new IOException("The server ended the request's stream without a reply.");
            (_reply, _replyBytes) = (null, 0);
            _turn.Release();
        }
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Only asynchronous reads are there.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Only asynchronous writes are there.");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Closes the connection with code 0.</summary>
    public override async ValueTask DisposeAsync()
    {
        await endpoint.DisposeAsync();
        _turn.Dispose();
        await base.DisposeAsync();
    }

    // Zeros begin a frame of the newer dialect, which tells its size further on; no classic one is that short.
    private static long FrameBytes(ReadOnlySpan<byte> frame)
    {
        if (frame.Length < RequestHead.SizeInBytes)
            return long.MaxValue;
        if (BinaryPrimitives.ReadUInt64LittleEndian(frame) != 0)
            return sizeof(uint) + (long)BinaryPrimitives.ReadUInt32LittleEndian(frame);
        return frame.Length < RequestHeader.SizeInBytes ? long.MaxValue : RequestHeader.Read(frame).SizeBytes;
    }

    private async Task SendAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        var stream = await connection.OpenStreamAsync(cancellationToken);
        _asked.Writer.TryWrite(stream);
        try
        {
            // The frame is read until the server has it or the connection ends, so giving up means the latter.
            await using (cancellationToken.UnsafeRegister(static connection => ((QuicConnection)connection!).Close(0), connection))
                await stream.SendAsync(frame, isLast: true);
        }
        catch (QuicException) when (!connection.Ended.IsCompleted)
        {
            // The server has had enough of the request and says why in its reply.
        }
    }

    // Null when the connection is over.
    private async ValueTask<QuicStream?> NextAsync(CancellationToken cancellationToken)
    {
        var asked = _asked.Reader.WaitToReadAsync(cancellationToken).AsTask();
        await Task.WhenAny(asked, connection.Ended);
        if (asked.IsCompleted || !connection.Ended.IsCompleted)
            await asked;
        return _asked.Reader.TryRead(out var stream) ? stream : null;
    }
}
