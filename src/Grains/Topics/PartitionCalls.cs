using System.Collections.Immutable;
using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Grains.Interfaces.Topics;

namespace Iggy.Grains.Topics;

/// <summary>Asks many partitions the same thing, a bounded number of them at a time.</summary>
internal static class PartitionCalls
{
    private const int AtOnce = 128; // enough to keep the disk busy; a topic may have a hundred thousand partitions

    /// <returns>The answers, in the order of the partitions.</returns>
    public static async Task<T[]> AskAsync<T>(this IGrainFactory grains, ImmutableArray<PartitionEntry> partitions,
        Func<IPartitionGrain, ValueTask<T>> ask)
    {
        var answers = new T[partitions.Length];
        var window = new Task<T>[Math.Min(AtOnce, partitions.Length)];
        for (var first = 0; first < partitions.Length; first += window.Length)
        {
            var count = Math.Min(window.Length, partitions.Length - first);
            for (var i = 0; i < count; i++)
                window[i] = ask(grains.GetGrain<IPartitionGrain>(partitions[first + i].Key)).AsTask();
            await Task.WhenAll(window.AsSpan(0, count)); // all of them, so that no call still runs after a failure
            for (var i = 0; i < count; i++)
                answers[first + i] = await window[i];
        }

        return answers;
    }

    /// <returns>The first refusal among the answers, or none.</returns>
    public static async Task<Refusal> TellAsync(this IGrainFactory grains, ImmutableArray<PartitionEntry> partitions,
        Func<IPartitionGrain, ValueTask<Refusal>> tell)
    {
        foreach (var refusal in await grains.AskAsync(partitions, tell))
        {
            if (refusal is not Refusal.None)
                return refusal;
        }

        return Refusal.None;
    }
}
