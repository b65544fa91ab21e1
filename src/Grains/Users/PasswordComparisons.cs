using Iggy.Grains.Interfaces;

namespace Iggy.Grains.Users;

/// <summary>Comparisons of one user's password that are under way: a hundred connections that come with the same one at once cost one slow hash, and take
/// one place in the queue.</summary>
/// <remarks>To be used in the turns of one grain. Holds no more than the calls that wait for it.</remarks>
internal sealed class PasswordComparisons
{
    private readonly Dictionary<Key, Comparison> _underWay = [];

    /// <summary>What is compared. A password that was changed meanwhile has another hash, so it is another comparison.</summary>
    internal readonly record struct Key(string Password, string? Hash, bool IsFromKnownPlace)
    {
        /// <summary>Without the secrets, for logs.</summary>
        public override string ToString() => nameof(Key);
    }

    /// <summary>Comparisons that somebody waits for.</summary>
    internal int Count => _underWay.Count;

    /// <summary>Waits for the comparison that is under way, or starts it. It is given up with the last of those who wait.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<Refusal> JoinAsync(Key key, Func<CancellationToken, Task<Refusal>> start, CancellationToken cancellationToken)
    {
        if (!_underWay.TryGetValue(key, out var comparison))
            _underWay.Add(key, comparison = new Comparison(start));
        comparison.Waiting++;
        try
        {
            return await comparison.Outcome.WaitAsync(cancellationToken);
        }
        finally
        {
            if (--comparison.Waiting == 0)
            {
                _underWay.Remove(key);
                await comparison.DisposeAsync();
            }
        }
    }

    private sealed class Comparison : IAsyncDisposable
    {
        private readonly CancellationTokenSource _givenUp = new();

        public Comparison(Func<CancellationToken, Task<Refusal>> start) => Outcome = start(_givenUp.Token);

        public Task<Refusal> Outcome { get; }

        public int Waiting { get; set; }

        // Gives it up where it has not ended.
        public async ValueTask DisposeAsync()
        {
            await _givenUp.CancelAsync();
            // Nobody looks at what becomes of it, and a cancelled wait is what was asked for.
            await ((Task)Outcome).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            _givenUp.Dispose();
        }
    }
}
