using System.Collections.Immutable;
using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Grains.Partitions;
using Iggy.Storage;

namespace Iggy.Grains.Topics;

/// <summary>Asks many partitions the same thing, a bounded number of them at a time.</summary>
internal static class PartitionCalls
{
    private const int AtOnce = 128; // enough to keep the disk busy; a topic may have a hundred thousand partitions

    /// <summary>What can be told from the figures of a closed log.</summary>
    /// <returns>False when the partition has to be asked all the same.</returns>
    public delegate bool FromSummary<T>(in LogSummary summary, out T answer);

    /// <returns>The answers, in the order of the partitions.</returns>
    public static async Task<T[]> AskAsync<T>(this IGrainFactory grains, ImmutableArray<PartitionEntry> partitions,
        Func<IPartitionGrain, ValueTask<T>> ask)
    {
        var answers = new T[partitions.Length];
        await AskAsync(grains, partitions, [.. Enumerable.Range(0, partitions.Length)], answers, ask);
        return answers;
    }

    /// <summary>As above, without calling partitions whose closed log tells the answer: they are neither activated nor opened.</summary>
    public static async Task<T[]> AskAsync<T>(this IGrainFactory grains, OpenLogs open, ImmutableArray<PartitionEntry> partitions,
        FromSummary<T> know, Func<IPartitionGrain, ValueTask<T>> ask)
    {
        var answers = new T[partitions.Length];
        var others = await Task.Run(() => // it may read a file of each
        {
            var others = new List<int>();
            for (var i = 0; i < answers.Length; i++)
            {
                if (!open.TryGetClosed(partitions[i].Key, out var summary) || !know(in summary, out answers[i]))
                    others.Add(i);
            }

            return others;
        });
        await AskAsync(grains, partitions, others, answers, ask);
        return answers;
    }

    /// <returns>The first refusal among the answers, or none.</returns>
    public static async Task<Refusal> TellAsync(this IGrainFactory grains, ImmutableArray<PartitionEntry> partitions,
        Func<IPartitionGrain, ValueTask<Refusal>> tell) => FirstRefusal(await grains.AskAsync(partitions, tell));

    /// <summary>As above, without those whose closed log is empty: there is nothing to take away.</summary>
    public static async Task<Refusal> TellFilledAsync(this IGrainFactory grains, OpenLogs open, ImmutableArray<PartitionEntry> partitions,
        Func<IPartitionGrain, ValueTask<Refusal>> tell)
    {
        return FirstRefusal(await grains.AskAsync<Refusal>(open, partitions, IsDone, tell));

        static bool IsDone(in LogSummary summary, out Refusal refusal)
        {
            refusal = Refusal.None;
            return summary.Stats.NextOffset == 0;
        }
    }

    private static async Task AskAsync<T>(IGrainFactory grains, ImmutableArray<PartitionEntry> partitions, List<int> numbers, T[] answers,
        Func<IPartitionGrain, ValueTask<T>> ask)
    {
        var window = new Task<T>[Math.Min(AtOnce, numbers.Count)];
        for (var first = 0; first < numbers.Count; first += window.Length)
        {
            var count = Math.Min(window.Length, numbers.Count - first);
            for (var i = 0; i < count; i++)
                window[i] = ask(grains.GetGrain<IPartitionGrain>(partitions[numbers[first + i]].Key)).AsTask();
            await Task.WhenAll(window.AsSpan(0, count)); // all of them, so that no call still runs after a failure
            for (var i = 0; i < count; i++)
                answers[numbers[first + i]] = await window[i];
        }
    }

    private static Refusal FirstRefusal(Refusal[] refusals)
    {
        foreach (var refusal in refusals)
        {
            if (refusal is not Refusal.None)
                return refusal;
        }

        return Refusal.None;
    }
}
