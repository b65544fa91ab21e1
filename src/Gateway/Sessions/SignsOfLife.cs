namespace Iggy.Gateway.Sessions;

/// <summary>Whether a client was heard: counted by its connection, looked at by <see cref="HeartbeatService"/>, without reading a clock for each request.</summary>
internal sealed class SignsOfLife
{
    private uint _shown;
    private int _underWay;
    private uint _seen;
    private long _seenAt;

    /// <summary>A whole request has come; until <see cref="Answered"/> it is for us to be heard.</summary>
    public void Asked() => Interlocked.Increment(ref _underWay);

    /// <summary>The request is done.</summary>
    public void Answered()
    {
        Show();
        Interlocked.Decrement(ref _underWay);
    }

    /// <summary>The client was heard.</summary>
    public void Show() => Volatile.Write(ref _shown, _shown + 1); // a count lost between two streams of one client still differs from the last one seen

    /// <summary>How long the client has been silent, as far as the one looker can tell: never longer than it was.</summary>
    public TimeSpan LookForSilence(TimeProvider clock)
    {
        var (shown, now) = (Volatile.Read(ref _shown), clock.GetTimestamp());
        if (_seenAt == 0 || shown != _seen || Volatile.Read(ref _underWay) > 0)
            (_seen, _seenAt) = (shown, now);
        return clock.GetElapsedTime(_seenAt, now);
    }
}
