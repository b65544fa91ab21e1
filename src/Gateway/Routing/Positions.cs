namespace Iggy.Gateway.Routing;

/// <summary>The one sequence that numbers of sessions and positions of metadata come from: clients compare the one with the other.</summary>
/// <remarks>Grows over restarts without being stored: ten thousand logins and changes in each second of the server's life are room enough. Clients make ids
/// of producers of a session's number, which must therefore stay below 2^43: it does until 2053.</remarks>
internal sealed class Positions(TimeProvider clock)
{
    private const long TicksPerPosition = TimeSpan.TicksPerMillisecond / 10;

    private static readonly DateTimeOffset _start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private ulong _position = (ulong)Math.Max(1, (clock.GetUtcNow() - _start).Ticks / TicksPerPosition);

    /// <summary>The newest one.</summary>
    public ulong Current => Interlocked.Read(ref _position);

    /// <summary>The next one.</summary>
    public ulong Next() => Interlocked.Increment(ref _position);
}
