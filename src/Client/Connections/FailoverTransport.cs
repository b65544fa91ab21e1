namespace Iggy.Client.Connections;

/// <summary>Several servers of one cluster: the one that served last, and where that is out of reach the next one in turn.</summary>
/// <param name="servers">1 or more.</param>
/// <param name="timeout">Longest wait for one of them.</param>
/// <param name="clock">For the waits.</param>
internal sealed class FailoverTransport(IReadOnlyList<ITransport> servers, TimeSpan timeout, TimeProvider clock) : ITransport
{
    private int _at;

    /// <inheritdoc/>
    public async ValueTask<Stream> OpenAsync(CancellationToken cancellationToken)
    {
        for (var tried = 1; ; tried++)
        {
            var at = Volatile.Read(ref _at);
            using var limit = new CancellationTokenSource(timeout, clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
            try
            {
                return await servers[at].OpenAsync(either.Token);
            }
            catch (Exception e) when (tried < servers.Count && !cancellationToken.IsCancellationRequested && e is IOException or OperationCanceledException)
            {
                Leave(at);
            }
            catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
            {
                throw new IOException($"The last of {servers.Count} servers did not accept a connection within {timeout} (ConnectTimeout).", e);
            }
        }
    }

    /// <inheritdoc/>
    public void Leave() => Leave(Volatile.Read(ref _at));

    // Whoever comes second finds that it was left already.
    private void Leave(int at) => Interlocked.CompareExchange(ref _at, (at + 1) % servers.Count, at);
}
