namespace Iggy.Gateway.Routing;

/// <summary>The one sequence that numbers of sessions and positions of metadata come from: clients compare the one with the other.</summary>
/// <remarks>None is given twice, for clients make ids of producers of a session's number: it begins above what the file says that was given, and above the clock. Those ids leave room for
/// numbers below 2^43: at ten thousand in each second of the server's life that is until 2053.</remarks>
internal sealed class Positions(TimeProvider clock, IPositionStore store)
{
    /// <summary>How many may be given before the file has to say more.</summary>
    public const ulong Ahead = 1_000_000;

    private const long TicksPerPosition = TimeSpan.TicksPerMillisecond / 10;

    private static readonly DateTimeOffset _start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly Lock _lock = new();
    private ulong _position;
    private ulong _ceiling; // none above it is given before the file says so; 0 until the first is asked for, when the folder of the data is the server's for sure

    /// <summary>The newest one.</summary>
    /// <exception cref="IOException">The file cannot be read or written, and had to be.</exception>
    public ulong Current
    {
        get
        {
            Begin();
            return Interlocked.Read(ref _position);
        }
    }

    /// <summary>The next one.</summary>
    /// <exception cref="IOException">The file cannot be written, and had to be.</exception>
    public ulong Next()
    {
        Begin();
        var next = Interlocked.Increment(ref _position);
        if (next > Volatile.Read(ref _ceiling))
            Raise(next);
        return next;
    }

    // Where the server before left off.
    private void Begin()
    {
        if (Volatile.Read(ref _ceiling) > 0)
            return;
        lock (_lock)
        {
            if (_ceiling > 0)
                return;
            _position = Math.Max((ulong)Math.Max(1, (clock.GetUtcNow() - _start).Ticks / TicksPerPosition), store.Read());
            store.Write(_position + Ahead);
            Volatile.Write(ref _ceiling, _position + Ahead);
        }
    }

    private void Raise(ulong position)
    {
        lock (_lock)
        {
            if (position < _ceiling)
                return;
            store.Write(position + Ahead);
            Volatile.Write(ref _ceiling, position + Ahead);
        }
    }
}

/// <summary>Keeps how far positions may have been given.</summary>
internal interface IPositionStore
{
    /// <summary>What was written last; 0 where nothing was, or nothing that can be read.</summary>
    ulong Read();

    /// <summary>On disk when it returns.</summary>
    /// <exception cref="IOException">It is not.</exception>
    void Write(ulong ceiling);
}
