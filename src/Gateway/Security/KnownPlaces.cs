using System.IO.Hashing;

namespace Iggy.Gateway.Security;

/// <summary>Where somebody has logged in from of late, for any number of addresses in a fixed piece of memory.</summary>
/// <remarks>Each address has one of 65,536 stamps, by a hash with a seed of this process. A stranger that shares one with somebody known is taken for
/// known, which gives him a better place in a queue and nothing else.</remarks>
internal sealed class KnownPlaces(TimeProvider clock)
{
    private const int Stamps = 1 << 16;
    private static readonly TimeSpan _memory = TimeSpan.FromDays(1);

    private readonly long[] _stamps = new long[Stamps];
    private readonly long _seed = Random.Shared.NextInt64();

    /// <summary>Somebody logged in.</summary>
    public void Add(ReadOnlySpan<byte> address) => Volatile.Write(ref Stamp(address), clock.GetTimestamp());

    /// <summary>Whether somebody did within a day.</summary>
    public bool Contains(ReadOnlySpan<byte> address) =>
        Volatile.Read(ref Stamp(address)) is not 0 and var stamp && clock.GetElapsedTime(stamp) < _memory;

    private ref long Stamp(ReadOnlySpan<byte> address) => ref _stamps[XxHash3.HashToUInt64(address, _seed) % Stamps];
}
