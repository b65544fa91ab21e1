using System.Buffers;
using System.Runtime.InteropServices;
using Iggy.Links.Framing;

namespace Iggy.Links.Connections;

/// <summary>One connection to a node that is known. Ends once: when either side closes it, falls silent, or says what cannot be.</summary>
internal sealed class LinkConnection : IDisposable
{
    private const int BatchBytes = 64 << 10;
    private const int CopiedBytes = 16 << 10; // larger payloads are written from where they are

    private readonly Stream _stream;
    private readonly LinkOptions _options;
    private readonly ILinkHandler _handler;
    private readonly TimeProvider _clock;
    private readonly Inboxes _inboxes;
    private readonly CancellationTokenSource _ending = new();
    private readonly TaskCompletionSource<Exception?> _reason = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _lastReceived;

    public LinkConnection(Stream stream, in Hello peer, LinkOptions options, ILinkHandler handler, TimeProvider clock)
    {
        (_stream, _options, _handler, _clock, Node) = (stream, options, handler, clock, peer.NodeId);
        Queue = new SendQueue((int)Math.Min(peer.ChannelWindowBytes, int.MaxValue), (int)Math.Min(peer.TotalWindowBytes, int.MaxValue), (int)peer.MaxFrameBytes);
        _inboxes = new Inboxes(options, (channel, payload) => _handler.Received(Node, channel, payload), (channel, bytes) => Queue.AddCredit(channel, bytes), End);
        _lastReceived = clock.GetTimestamp();
    }

    /// <summary>The other side.</summary>
    public ulong Node { get; }

    public SendQueue Queue { get; }

    /// <summary>Bytes that came and are not handed on yet.</summary>
    public long WaitingBytes => _inboxes.TotalBytes;

    /// <summary>Runs until the connection ends.</summary>
    /// <returns>Why; null when this side wanted it.</returns>
    public async Task<Exception?> RunAsync()
    {
        using var timer = _clock.CreateTimer(_ => Look(), null, _options.HeartbeatInterval, _options.HeartbeatInterval);
        var reading = ReadAsync();
        var writing = WriteAsync();
        var reason = await _reason.Task;
        await _ending.CancelAsync();
        await _stream.DisposeAsync();
        await Task.WhenAll(reading, writing);
        Queue.Close();
        _inboxes.Close();
        return reason;
    }

    /// <summary>Ends the connection.</summary>
    public void End(Exception? reason) => _reason.TrySetResult(reason);

    public void Dispose() => _ending.Dispose();

    private void Look()
    {
        var silence = _clock.GetElapsedTime(Volatile.Read(ref _lastReceived));
        if (silence >= _options.PeerTimeout)
            End(new TimeoutException($"Node {Node:x16} was silent for {silence.TotalMilliseconds:0} ms."));
        Queue.AddHeartbeat();
    }

    private async Task ReadAsync()
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BatchBytes);
        try
        {
            var (start, end) = (0, 0);
            while (true)
            {
                if (end - start < LinkHeader.SizeInBytes)
                {
                    buffer.AsSpan(start, end - start).CopyTo(buffer);
                    (start, end) = (0, end - start);
                    var read = await _stream.ReadAsync(buffer.AsMemory(end), _ending.Token);
                    if (read == 0)
                        throw new EndOfStreamException($"Node {Node:x16} closed the connection.");
                    end += read;
                    Volatile.Write(ref _lastReceived, _clock.GetTimestamp());
                    LinkMeter.Received(read);
                    continue;
                }
                var header = MemoryMarshal.Read<LinkHeader>(buffer.AsSpan(start));
                start += LinkHeader.SizeInBytes;
                header.Check(_options.MaxFrameBytes);
                if (header.Kind is LinkFrameKind.Payload)
                    start += await ReceiveAsync(header, buffer.AsMemory(start, end - start));
                else if (header.Kind is LinkFrameKind.Credit)
                    Tell(Queue.OnCredit(header.Channel, header.Amount));
            }
        }
        catch (Exception failure) // whatever it is, the connection is of no use any more
        {
            End(failure);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // Returns how many of the bytes at hand belong to the payload.
    private async ValueTask<int> ReceiveAsync(LinkHeader header, ReadOnlyMemory<byte> atHand)
    {
        _inboxes.Reserve(in header);
        var length = (int)header.Amount;
        var payload = ArrayPool<byte>.Shared.Rent(Math.Max(length, 1));
        try
        {
            var copied = Math.Min(length, atHand.Length);
            atHand.Span[..copied].CopyTo(payload);
            for (var done = copied; done < length;)
            {
                var read = await _stream.ReadAsync(payload.AsMemory(done, length - done), _ending.Token);
                if (read == 0)
                    throw new EndOfStreamException($"Node {Node:x16} closed the connection inside a frame.");
                done += read;
                Volatile.Write(ref _lastReceived, _clock.GetTimestamp());
                LinkMeter.Received(read);
            }
            _inboxes.Add(header.Channel, payload, length);
            return copied;
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(payload);
            throw;
        }
    }

    private void Tell(LinkChannel[] waiting)
    {
        foreach (var channel in waiting)
            ThreadPool.UnsafeQueueUserWorkItem(static state => state.Connection.TellWritable(state.Channel), (Connection: this, Channel: channel), preferLocal: false);
    }

    private void TellWritable(LinkChannel channel)
    {
        try
        {
            _handler.Writable(Node, channel);
        }
        catch (Exception failure) // as for a frame
        {
            End(failure);
        }
    }

    private async Task WriteAsync()
    {
        var batch = ArrayPool<byte>.Shared.Rent(BatchBytes);
        try
        {
            while (true)
            {
                await Queue.WaitAsync(_ending.Token);
                var length = 0;
                while (Queue.TryTake(out var header, out var buffer))
                {
                    using (buffer)
                        length = await WriteAsync(header, buffer, batch, length);
                }
                await FlushAsync(batch, length);
            }
        }
        catch (Exception failure) // as above
        {
            End(failure);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(batch);
        }
    }

    // Returns how much of the batch is filled then.
    private async ValueTask<int> WriteAsync(LinkHeader header, LinkBuffer? buffer, byte[] batch, int length)
    {
        var copied = buffer is null || buffer.Length > CopiedBytes ? 0 : buffer.Length;
        if (length + LinkHeader.SizeInBytes + copied > BatchBytes)
        {
            await FlushAsync(batch, length);
            length = 0;
        }
        MemoryMarshal.Write(batch.AsSpan(length), in header);
        length += LinkHeader.SizeInBytes;
        if (buffer is null)
            return length;
        if (copied > 0 || buffer.Length == 0)
        {
            buffer.Written.Span.CopyTo(batch.AsSpan(length));
            return length + copied;
        }
        await FlushAsync(batch, length);
        await _stream.WriteAsync(buffer.Written, _ending.Token);
        LinkMeter.Sent(buffer.Length);
        return 0;
    }

    private async ValueTask FlushAsync(byte[] batch, int length)
    {
        if (length == 0)
            return;
        await _stream.WriteAsync(batch.AsMemory(0, length), _ending.Token);
        LinkMeter.Sent(length);
    }
}
