using System.Diagnostics;
using Iggy.Testing;

namespace Iggy.Bench.Throughput;

/// <summary>Ready-made requests to stream 0, topic 0, partition 0.</summary>
internal static class Requests
{
    /// <summary>A send of equal messages.</summary>
    public static byte[] Send(int messages, int payloadBytes)
    {
        var message = (0UL, new byte[payloadBytes], Array.Empty<byte>());
        Random.Shared.NextBytes(message.Item2);
        return RawClient.Frame(101, RawClient.Messages(
            RawClient.Id(0), RawClient.Id(0), RawClient.ToPartition(0), [.. Enumerable.Repeat(message, messages)]));
    }

    /// <summary>Repeats some work for a time.</summary>
    /// <param name="duration">At least so long.</param>
    /// <param name="work">Returns how many requests it made.</param>
    /// <returns>Requests in all.</returns>
    public static long During(TimeSpan duration, Func<long> work)
    {
        var (count, watch) = (0L, Stopwatch.StartNew());
        while (watch.Elapsed < duration)
            count += work();
        return count;
    }

    /// <summary>Polls of 1000 messages, going round through what is there; every reply is checked to be full.</summary>
    /// <returns>Polls a second.</returns>
    public static double PollAround(LoadClient client, TimeSpan duration, int batches)
    {
        var polls = new byte[batches][];
        for (var i = 0; i < batches; i++)
            polls[i] = RawClient.Frame(100, RawClient.Poll(1, RawClient.Id(0), RawClient.Id(0), 0, 1, (ulong)i * 1000, 1000));
        var (count, watch) = (0L, Stopwatch.StartNew());
        for (; watch.Elapsed < duration; count++)
        {
            if (client.Ask(polls[count % batches]).Length < 1_000_000)
                throw new InvalidOperationException("A poll came back short.");
        }
        return count / watch.Elapsed.TotalSeconds;
    }
}
