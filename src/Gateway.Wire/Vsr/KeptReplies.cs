using Iggy.Protocol.Vsr;

namespace Iggy.Gateway.Wire.Vsr;

/// <summary>What a request that changes metadata is, seen by its number.</summary>
internal enum RequestStanding
{
    /// <summary>To be carried out.</summary>
    New,

    /// <summary>A repeat, with its reply at hand.</summary>
    Repeated,

    /// <summary>A repeat under whose number something else was asked.</summary>
    Changed,

    /// <summary>A repeat whose reply is gone.</summary>
    Forgotten,
}

/// <summary>How far the numbered requests of one client have come, and the newest of their replies.</summary>
/// <remarks>Asked by one request at a time; a take-over may come from another thread, so all of it is behind a lock.</remarks>
internal sealed class KeptReplies
{
    private const int MaxReplies = 5;

    // Five replies to creations of topics with a thousand partitions each. A larger reply is not kept: a repeat hears that it was carried out.
    private const int MaxReplyBytes = 256 * 1024;

    private readonly Lock _lock = new();
    private readonly Queue<KeptReply> _replies = new();
    private ulong _watermark;
    private int _keptBytes;

    /// <summary>What a numbered request is.</summary>
    /// <param name="request">Its header.</param>
    /// <param name="reply">Of a repeat: the very frame that was sent.</param>
    public RequestStanding Judge(in RequestHeader request, out ReadOnlyMemory<byte> reply)
    {
        reply = default;
        lock (_lock)
        {
            if (request.Request > _watermark)
                return RequestStanding.New;
            foreach (var kept in _replies)
            {
                if (kept.Request != request.Request)
                    continue;
                reply = kept.Frame;
                return kept.Checksum != request.RequestChecksum && kept.Checksum != 0 && request.RequestChecksum != 0
                    ? RequestStanding.Changed
                    : RequestStanding.Repeated;
            }
            return RequestStanding.Forgotten;
        }
    }

    /// <summary>Remembers a request that was carried out, whatever came of it.</summary>
    /// <param name="request">Its header.</param>
    /// <param name="frame">The whole reply; copied. Empty for one that is not shown twice.</param>
    public void Keep(in RequestHeader request, ReadOnlySpan<byte> frame)
    {
        lock (_lock)
        {
            _watermark = Math.Max(_watermark, request.Request);
            if (frame.IsEmpty || frame.Length > MaxReplyBytes)
                return;
            while (_replies.Count >= MaxReplies || _keptBytes + frame.Length > MaxReplyBytes)
                _keptBytes -= _replies.Dequeue().Frame.Length;
            _replies.Enqueue(new KeptReply(request.Request, request.RequestChecksum, frame.ToArray()));
            _keptBytes += frame.Length;
        }
    }

    /// <summary>Nothing is known of the numbers up to this one.</summary>
    public void ForgetTo(ulong request)
    {
        lock (_lock)
            _watermark = Math.Max(_watermark, request);
    }

    private sealed record KeptReply(ulong Request, UInt128 Checksum, byte[] Frame);
}
