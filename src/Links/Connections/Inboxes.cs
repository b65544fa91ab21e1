using System.Buffers;
using Iggy.Links.Framing;

namespace Iggy.Links.Connections;

/// <summary>Frames that came and are not handed on yet, of each channel in order. The other side has to keep to the windows it was told.</summary>
internal sealed class Inboxes(LinkOptions options, Action<LinkChannel, ReadOnlyMemory<byte>> handOn, Action<LinkChannel, long> credit, Action<Exception> fail)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<LinkChannel, Inbox> _inboxes = [];
    private long _totalBytes;
    private bool _isClosed;

    /// <summary>Bytes that wait, those that are being handed on included.</summary>
    public long TotalBytes
    {
        get
        {
            lock (_gate)
                return _totalBytes;
        }
    }

    /// <summary>Judges a frame before memory is taken for it.</summary>
    /// <exception cref="LinkProtocolException">There was no room for it.</exception>
    public void Reserve(in LinkHeader header)
    {
        var bytes = (long)header.Amount + LinkHeader.CountedBytes;
        lock (_gate)
        {
            var waiting = _inboxes.TryGetValue(header.Channel, out var inbox) ? inbox.Bytes : 0;
            if ((waiting > 0 && waiting + bytes > options.ChannelWindowBytes) || (_totalBytes > 0 && _totalBytes + bytes > options.TotalWindowBytes))
                throw new LinkProtocolException($"A frame of {header.Amount} bytes where {waiting} of its channel and {_totalBytes} in all wait; allowed: {options.ChannelWindowBytes} and {options.TotalWindowBytes}.");
            if (inbox is null)
                _inboxes[header.Channel] = inbox = new Inbox(this, header.Channel);
            inbox.Bytes += bytes;
            _totalBytes += bytes;
        }
    }

    /// <summary>Puts a frame that was reserved for behind the others of its channel.</summary>
    /// <param name="channel">Of the frame.</param>
    /// <param name="array">Pooled; owned from now on.</param>
    /// <param name="length">Bytes of the payload.</param>
    public void Add(LinkChannel channel, byte[] array, int length)
    {
        Inbox inbox;
        lock (_gate)
        {
            inbox = _inboxes[channel];
            inbox.Frames.Enqueue((array, length));
            if (inbox.IsRunning)
                return;
            inbox.IsRunning = true;
        }
        ThreadPool.UnsafeQueueUserWorkItem(inbox, preferLocal: false);
    }

    /// <summary>Hands nothing more on.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            foreach (var inbox in _inboxes.Values)
            {
                while (inbox.Frames.TryDequeue(out var frame))
                    ArrayPool<byte>.Shared.Return(frame.Array);
            }
        }
    }

    private bool TryTake(Inbox inbox, out (byte[] Array, int Length) frame)
    {
        lock (_gate)
        {
            if (!_isClosed && inbox.Frames.TryDequeue(out frame))
                return true;
            inbox.IsRunning = false;
            frame = default;
            return false;
        }
    }

    private void HandOn(Inbox inbox)
    {
        while (TryTake(inbox, out var frame))
        {
            try
            {
                handOn(inbox.Channel, frame.Array.AsMemory(0, frame.Length));
            }
            catch (Exception failure) // whatever it is, this frame is missed
            {
                fail(failure);
                Close(); // what came behind it is not handed on
            }
            ArrayPool<byte>.Shared.Return(frame.Array);
            Settle(inbox, frame.Length + (long)LinkHeader.CountedBytes);
        }
    }

    // Not for every frame a credit: at a quarter of the window, or when nothing waits any more.
    private void Settle(Inbox inbox, long bytes)
    {
        long owed;
        lock (_gate)
        {
            inbox.Owed += bytes;
            if (inbox.Frames.Count > 0 && inbox.Owed < options.ChannelWindowBytes / 4)
                return;
            owed = inbox.Owed;
            inbox.Owed = 0;
            inbox.Bytes -= owed;
            _totalBytes -= owed;
            if (inbox.Bytes == 0 && inbox.Frames.Count == 0)
                _inboxes.Remove(inbox.Channel); // whoever comes next begins another one; this one has nothing left to hand on
        }
        credit(inbox.Channel, owed);
    }

    private sealed class Inbox(Inboxes owner, LinkChannel channel) : IThreadPoolWorkItem
    {
        public LinkChannel Channel => channel;

        public Queue<(byte[] Array, int Length)> Frames { get; } = [];

        public long Bytes { get; set; }

        public long Owed { get; set; }

        public bool IsRunning { get; set; }

        public void Execute() => owner.HandOn(this);
    }
}
