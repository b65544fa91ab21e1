using System.Threading.Channels;
using Iggy.Links.Framing;

namespace Iggy.Links.Connections;

/// <summary>What is to be sent on one connection, and how much more of it the other side has room for. From any thread.</summary>
/// <remarks>A frame counts from here on until the other side has handed it on, so the windows bound both sides' memory. A frame larger than a window goes when
/// nothing else is on the way there.</remarks>
internal sealed class SendQueue(int channelWindowBytes, int totalWindowBytes, int maxFrameBytes)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<LinkChannel, Window> _windows = []; // of channels with something on the way
    private readonly HashSet<LinkChannel> _waitForTotal = [];
    private readonly Queue<(LinkChannel Channel, LinkBuffer Buffer)> _frames = [];
    private readonly Dictionary<LinkChannel, long> _credits = [];   // to be told to the other side
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private long _totalBytes;
    private bool _isHeartbeatDue, _isClosed;

    private struct Window
    {
        public long Bytes;
        public bool IsWaitedFor;
    }

    /// <summary>Bytes on the way.</summary>
    public long TotalBytes
    {
        get
        {
            lock (_gate)
                return _totalBytes;
        }
    }

    /// <summary>Puts a frame behind the others.</summary>
    /// <returns>False when there is no room, or the connection is closed; the buffer is still the caller's.</returns>
    /// <exception cref="ArgumentException">No node takes so large a frame.</exception>
    public bool TryAdd(LinkChannel channel, LinkBuffer buffer)
    {
        if (buffer.Length > maxFrameBytes)
            throw new ArgumentException($"A frame of {buffer.Length} bytes; the other node takes {maxFrameBytes}.", nameof(buffer));
        var bytes = (long)buffer.Length + LinkHeader.CountedBytes;
        lock (_gate)
        {
            if (_isClosed)
                return false;
            _windows.TryGetValue(channel, out var window);
            if (window.Bytes > 0 && window.Bytes + bytes > channelWindowBytes)
            {
                _windows[channel] = window with { IsWaitedFor = true };
                return false;
            }
            if (_totalBytes > 0 && _totalBytes + bytes > totalWindowBytes)
            {
                _waitForTotal.Add(channel);
                return false;
            }
            _windows[channel] = window with { Bytes = window.Bytes + bytes };
            _totalBytes += bytes;
            _frames.Enqueue((channel, buffer));
        }
        Signal();
        return true;
    }

    /// <summary>The other side has handed on so many bytes.</summary>
    /// <returns>The channels on which somebody waited for that.</returns>
    /// <exception cref="LinkProtocolException">More than were on the way.</exception>
    public LinkChannel[] OnCredit(LinkChannel channel, uint bytes)
    {
        lock (_gate)
        {
            if (!_windows.TryGetValue(channel, out var window) || bytes > window.Bytes)
                throw new LinkProtocolException($"A credit of {bytes} bytes for a channel with {window.Bytes} on the way.");
            window.Bytes -= bytes;
            _totalBytes -= bytes;
            var isWaitedFor = window.IsWaitedFor;
            if (window.Bytes == 0)
                _windows.Remove(channel);
            else
                _windows[channel] = window with { IsWaitedFor = false };
            if (_waitForTotal.Count == 0)
                return isWaitedFor ? [channel] : [];
            if (isWaitedFor)
                _waitForTotal.Add(channel);
            LinkChannel[] waiting = [.. _waitForTotal];
            _waitForTotal.Clear();
            return waiting;
        }
    }

    /// <summary>The other side is to be told that so many bytes of its were handed on.</summary>
    public void AddCredit(LinkChannel channel, long bytes)
    {
        lock (_gate)
        {
            _credits.TryGetValue(channel, out var owed);
            _credits[channel] = owed + bytes;
        }
        Signal();
    }

    /// <summary>A sign of life is due if nothing else is sent.</summary>
    public void AddHeartbeat()
    {
        lock (_gate)
            _isHeartbeatDue = true;
        Signal();
    }

    /// <summary>Waits until there is something to be sent.</summary>
    public ValueTask<bool> WaitAsync(CancellationToken cancellationToken) => _signal.Reader.ReadAsync(cancellationToken);

    /// <summary>Takes what is to be sent next; a head alone where there is no payload.</summary>
    public bool TryTake(out LinkHeader header, out LinkBuffer? buffer)
    {
        lock (_gate)
        {
            buffer = null;
            if (_credits.Count > 0)
            {
                var (channel, bytes) = First(_credits);
                var told = Math.Min(bytes, uint.MaxValue);
                if (told == bytes)
                    _credits.Remove(channel);
                else
                    _credits[channel] = bytes - told;
                header = new LinkHeader(LinkFrameKind.Credit, (uint)told, channel);
            }
            else if (_frames.TryDequeue(out var frame))
            {
                (header, buffer) = (new LinkHeader(LinkFrameKind.Payload, (uint)frame.Buffer.Length, frame.Channel), frame.Buffer);
            }
            else if (_isHeartbeatDue)
            {
                header = new LinkHeader(LinkFrameKind.Heartbeat, 0, default);
            }
            else
            {
                header = default;
                return false;
            }
            _isHeartbeatDue = false;
            return true;
        }
    }

    /// <summary>Takes nothing more, and lets go of what was not sent.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            while (_frames.TryDequeue(out var frame))
                frame.Buffer.Dispose();
        }
    }

    private static KeyValuePair<LinkChannel, long> First(Dictionary<LinkChannel, long> credits)
    {
        foreach (var one in credits)
            return one;
        return default;
    }

    private void Signal() => _signal.Writer.TryWrite(true); // one that was not looked at yet is enough
}
