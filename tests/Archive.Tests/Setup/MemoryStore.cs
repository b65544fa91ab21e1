using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Iggy.Archive.Stores;

namespace Iggy.Archive.Tests.Setup;

/// <summary>A store in memory, for what is not about stores.</summary>
/// <param name="clock">What it dates objects by.</param>
/// <param name="ignoresConditions">Whether it writes over what is there, as some stores do.</param>
internal sealed class MemoryStore(TimeProvider clock, bool ignoresConditions = false) : IArchiveStore
{
    public ConcurrentDictionary<string, (byte[] Bytes, DateTimeOffset Written)> Objects { get; } = new(StringComparer.Ordinal);

    /// <summary>Called before each write with its key; may throw.</summary>
    public Action<string>? OnPut { get; set; }

    public async Task<bool> PutIfAbsentAsync(string key, ObjectBody body, CancellationToken cancellationToken)
    {
        OnPut?.Invoke(key);
        using var stream = body.Open();
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy, cancellationToken);
        Assert.Equal(body.Bytes, copy.Length);
        var one = (copy.ToArray(), clock.GetUtcNow());
        if (!ignoresConditions)
            return Objects.TryAdd(key, one);
        Objects[key] = one;
        return true;
    }

    public async Task ReadAsync(string key, long at, long bytes, Stream into, CancellationToken cancellationToken)
    {
        if (!Objects.TryGetValue(key, out var one))
            throw new ArchiveStoreException($"{key} is not there.", isPassing: false);
        await into.WriteAsync(one.Bytes.AsMemory((int)at, (int)bytes), cancellationToken);
    }

    public async IAsyncEnumerable<StoredObject> ListAsync(string prefix, string? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        foreach (var (key, (bytes, written)) in Objects.OrderBy(static one => one.Key, StringComparer.Ordinal))
        {
            if (key.StartsWith(prefix, StringComparison.Ordinal) && (after is null || string.CompareOrdinal(key, after) > 0))
                yield return new StoredObject(key, bytes.Length, written);
        }
    }

    public Task DeleteAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        foreach (var key in keys)
            Objects.TryRemove(key, out _);
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        // Nothing is held.
    }
}
