using System.Buffers;
using Iggy.Protocol;
using Iggy.Protocol.Classic;

namespace Iggy.Client.Connections;

/// <summary>Takes replies out of a stream of bytes, however it is cut. Small replies come out of one buffer, so that one receive serves many;
/// the rest of a large one is received straight into the buffer that its owner gets.</summary>
/// <param name="stream">Read only by this; owned by the caller.</param>
/// <param name="maxReplyBytes">Larger payloads are refused before they are allocated.</param>
internal sealed class ReplyReader(Stream stream, int maxReplyBytes) : IDisposable
{
    private const int BufferBytes = 64 * 1024;

    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
    private int _start;
    private int _end;

    /// <summary>Reads the next reply.</summary>
    /// <returns>The reply, owned by the caller; null when the server closed the connection between two replies.</returns>
    /// <exception cref="InvalidDataException">The bytes are no reply of this protocol, or too large. Nothing after them can be read.</exception>
    /// <exception cref="EndOfStreamException">The server closed the connection inside a reply.</exception>
    public async ValueTask<Reply?> ReadAsync(CancellationToken cancellationToken)
    {
        while (_end - _start < ReplyHead.SizeInBytes)
        {
            if (!await ReceiveAsync(cancellationToken))
                return _end == _start ? null : throw new EndOfStreamException("The server closed the connection inside the head of a reply.");
        }

        var head = ReplyHead.Read(_buffer.AsSpan(_start));
        if (head.PayloadBytes > (uint)maxReplyBytes)
            throw new InvalidDataException($"A reply of {head.PayloadBytes} bytes; allowed: {maxReplyBytes} (MaxReplyBytes).");
        if (head.Status is not IggyError.None && head.PayloadBytes > 0)
            throw new InvalidDataException($"A reply with status {head.Status} and {head.PayloadBytes} bytes of payload; errors have none.");
        _start += ReplyHead.SizeInBytes;

        var reply = new Reply(head.Status, (int)head.PayloadBytes);
        try
        {
            await FillAsync(reply.Payload, cancellationToken);
        }
        catch
        {
            reply.Dispose();
            throw;
        }
        return reply;
    }

    /// <summary>Gives the buffer back. No read may be under way.</summary>
    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    private async ValueTask FillAsync(Memory<byte> payload, CancellationToken cancellationToken)
    {
        var buffered = Math.Min(_end - _start, payload.Length);
        _buffer.AsSpan(_start, buffered).CopyTo(payload.Span);
        _start += buffered;
        payload = payload[buffered..];
        if (payload.Length >= BufferBytes)
        {
            await stream.ReadExactlyAsync(payload, cancellationToken); // its EndOfStreamException is ours
            return;
        }
        while (!payload.IsEmpty)
        {
            if (!await ReceiveAsync(cancellationToken))
                throw new EndOfStreamException($"The server closed the connection inside a reply, {payload.Length} bytes were missing.");
            var received = Math.Min(_end - _start, payload.Length);
            _buffer.AsSpan(_start, received).CopyTo(payload.Span);
            _start += received;
            payload = payload[received..];
        }
    }

    private async ValueTask<bool> ReceiveAsync(CancellationToken cancellationToken)
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start.._end).CopyTo(_buffer); // less than a head is left, or nothing
            (_start, _end) = (0, _end - _start);
        }
        var received = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
        _end += received;
        return received > 0;
    }
}
