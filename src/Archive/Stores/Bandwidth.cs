namespace Iggy.Archive.Stores;

/// <summary>Keeps what goes over the wire below a rate, all transfers together.</summary>
/// <param name="bytesPerSecond">0 for no limit.</param>
/// <param name="clock">What time is measured by.</param>
public sealed class Bandwidth(long bytesPerSecond, TimeProvider clock)
{
    private readonly Lock _gate = new();
    private readonly long _start = clock.GetTimestamp();
    private TimeSpan _taken; // until when what was let through is paid for

    /// <summary>Waits until so many bytes may pass.</summary>
    public Task TakeAsync(int bytes, CancellationToken cancellationToken)
    {
        if (bytesPerSecond == 0)
            return Task.CompletedTask;
        TimeSpan wait;
        lock (_gate)
        {
            var now = clock.GetElapsedTime(_start);
            wait = _taken - now;
            _taken = (wait > TimeSpan.Zero ? _taken : now) + TimeSpan.FromSeconds((double)bytes / bytesPerSecond);
        }
        return wait > TimeSpan.Zero ? Task.Delay(wait, clock, cancellationToken) : Task.CompletedTask;
    }
}
