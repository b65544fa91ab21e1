using System.IO.Hashing;

namespace Iggy.Gateway.Security;

/// <summary>How often something failed of late, for any number of keys in a fixed piece of memory.</summary>
/// <remarks>Each key has one of 65,536 leaky buckets, by a hash with a seed of this process. Two keys in one bucket pay for each other, which
/// costs a wait and nothing else. A key that stops failing is as new after some minutes, and nothing is ever cleaned up.</remarks>
/// <param name="perMinute">How fast failures are forgotten, more than 0.</param>
/// <param name="most">Failures that are remembered at most, so that forgetting them takes a bounded time.</param>
/// <param name="clock">Tells the time.</param>
internal sealed class FailureMeter(int perMinute, int most, TimeProvider clock)
{
    private const int Buckets = 1 << 16;

    private readonly Bucket[] _buckets = new Bucket[Buckets];
    private readonly long _seed = Random.Shared.NextInt64();
    private readonly Lock _lock = new();

    /// <summary>Counts a failure.</summary>
    /// <returns>Failures remembered, with this one.</returns>
    public double Add(ReadOnlySpan<byte> key) => Change(key, by: 1);

    /// <summary>Failures remembered.</summary>
    public double Read(ReadOnlySpan<byte> key) => Change(key, by: 0);

    /// <summary>Which bucket a key has: from 0 to 65,535.</summary>
    public int BucketOf(ReadOnlySpan<byte> key) => (int)(XxHash3.HashToUInt64(key, _seed) % Buckets);

    private double Change(ReadOnlySpan<byte> key, int by)
    {
        ref var bucket = ref _buckets[BucketOf(key)];
        var now = clock.GetTimestamp();
        lock (_lock)
        {
            var forgotten = clock.GetElapsedTime(bucket.Stamp, now).TotalMinutes * perMinute;
            bucket = new Bucket(Math.Min(most, Math.Max(0, bucket.Level - forgotten) + by), now);
            return bucket.Level;
        }
    }

    private readonly record struct Bucket(double Level, long Stamp);
}
