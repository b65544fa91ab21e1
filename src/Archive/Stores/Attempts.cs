using Polly;
using Polly.Retry;

namespace Iggy.Archive.Stores;

/// <summary>How often a call to a store is tried: with pauses that double and are spread, so that many who were refused do not come back together.</summary>
internal static class Attempts
{
    private const int Most = 6;
    private static readonly TimeSpan _first = TimeSpan.FromMilliseconds(200), _longest = TimeSpan.FromSeconds(10);

    public static ResiliencePipeline Build(TimeProvider clock) => new ResiliencePipelineBuilder { TimeProvider = clock }
        .AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = new PredicateBuilder().Handle<ArchiveStoreException>(static failure => failure.IsPassing),
            MaxRetryAttempts = Most - 1,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = _first,
            MaxDelay = _longest,
        })
        .Build();
}
