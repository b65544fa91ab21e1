using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.IO.Hashing;

namespace Iggy.Gateway.Routing;

/// <summary>Remembers routes by the very bytes that clients name them with, so that a request finds its partition without
/// decoding a name.</summary>
/// <remarks>The key is the stream identifier followed by the topic identifier, as they stand next to each other in a request. Any
/// change of the catalog empties the cache: changes are rare, and one rule can't miss a case.</remarks>
internal sealed class RouteCache
{
    /// <summary>Bounds the memory that clients can take by naming one topic in many ways or many topics in one.</summary>
    internal const int MaxRoutes = 100_000;

    private Snapshot _snapshot = new();

    /// <summary>The routes as of now. A lookup that began before a change adds to a snapshot that nobody reads any more.</summary>
    public Snapshot Current => Volatile.Read(ref _snapshot);

    /// <summary>Forgets every route.</summary>
    public void Clear() => Volatile.Write(ref _snapshot, new Snapshot());

    /// <summary>Routes between two changes of the catalog.</summary>
    internal sealed class Snapshot
    {
        private readonly ConcurrentDictionary<byte[], TopicRoute> _routes;
        private readonly ConcurrentDictionary<byte[], TopicRoute>.AlternateLookup<ReadOnlySpan<byte>> _bySpan;

        public Snapshot()
        {
            _routes = new(BytesComparer.Instance);
            _bySpan = _routes.GetAlternateLookup<ReadOnlySpan<byte>>();
        }

        /// <summary>How many are remembered.</summary>
        public int Count => _routes.Count;

        public bool TryFind(ReadOnlySpan<byte> key, [NotNullWhen(true)] out TopicRoute? route) => _bySpan.TryGetValue(key, out route);

        public void Add(ReadOnlySpan<byte> key, TopicRoute route)
        {
            if (_routes.Count < MaxRoutes)
                _routes.TryAdd(key.ToArray(), route);
        }
    }

    private sealed class BytesComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static readonly BytesComparer Instance = new();

        // Seeded for each process, so that nobody can prepare names that all fall into one bucket.
        private static readonly long Seed = Random.Shared.NextInt64();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);
        public int GetHashCode(byte[] bytes) => GetHashCode(bytes.AsSpan());
        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);
        public int GetHashCode(ReadOnlySpan<byte> alternate) => (int)XxHash3.HashToUInt64(alternate, Seed);
    }
}
