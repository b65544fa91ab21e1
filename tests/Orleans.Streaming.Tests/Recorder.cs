using System.Collections.Concurrent;
using Orleans.Streams;
using Orleans.Streams.Core;

namespace Iggy.Orleans.Streaming.Tests;

/// <summary>What subscriptions got, by the key of their stream. It outlives silos, which run in this process.</summary>
internal static class Recorder
{
    private static readonly ConcurrentDictionary<string, Track> _tracks = new();

    public static Track Of(string key) => _tracks.GetOrAdd(key, static _ => new Track());

    /// <summary>Numbers in the order they came.</summary>
    internal sealed class Track
    {
        private readonly Lock _lock = new();
        private readonly List<int> _numbers = [];
        private readonly HashSet<int> _known = [];
        private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Add(int number)
        {
            lock (_lock)
            {
                _numbers.Add(number);
                _known.Add(number);
                _changed.SetResult();
                _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }

        /// <summary>Each number once, where it came first.</summary>
        public int[] Firsts
        {
            get
            {
                lock (_lock)
                    return [.. _numbers.Distinct()];
            }
        }

        /// <summary>Waits until so many different ones came.</summary>
        public async Task HasAsync(int count, CancellationToken cancellationToken)
        {
            while (true)
            {
                Task changed;
                lock (_lock)
                {
                    if (_known.Count >= count)
                        return;
                    changed = _changed.Task;
                }
                await changed.WaitAsync(TimeSpan.FromMinutes(3), cancellationToken);
            }
        }
    }
}

public interface IRecorderGrain : IGrainWithStringKey;

/// <summary>Subscribed to everything of one namespace.</summary>
[ImplicitStreamSubscription("numbers")]
public sealed class RecorderGrain : Grain, IRecorderGrain, IStreamSubscriptionObserver, IAsyncObserver<int>
{
    public Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) => handleFactory.Create<int>().ResumeAsync(this);

    public Task OnNextAsync(int item, StreamSequenceToken? token = null)
    {
        Recorder.Of(this.GetPrimaryKeyString()).Add(item);
        return Task.CompletedTask;
    }

    public Task OnErrorAsync(Exception ex) => Task.CompletedTask;
}
