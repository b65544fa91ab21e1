using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Iggy.Gateway.Limits;

/// <summary>The connections that a listener serves, each until it ends by itself or the listener stops.</summary>
/// <typeparam name="T">How the listener ends one.</typeparam>
internal sealed class OpenConnections<T>(TimeProvider clock, ILogger logger) where T : notnull
{
    // A stop has five seconds: what clients leave of them is the silo's. Nobody else waits for a client that does not read its reply.
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(2.5);
    private static readonly TimeSpan _lastPatience = TimeSpan.FromMilliseconds(500);

    private readonly ConcurrentDictionary<T, Task> _open = new();

    /// <summary>Serves a connection beside the others. It is known before it runs, so a stop that comes now waits for it.</summary>
    /// <param name="connection">To be served.</param>
    /// <param name="serve">What it fails with ends this connection and is logged; the others go on.</param>
    public void Serve(T connection, Func<T, Task> serve)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _open[connection] = done.Task;
        _ = Task.Run(async () =>
        {
            try
            {
                await serve(connection);
            }
            catch (Exception broken)
            {
                logger.ConnectionBroken(broken);
            }
            finally
            {
                _open.TryRemove(connection, out _);
                done.SetResult();
            }
        });
    }

    /// <summary>Tells every connection to end after what it is doing, waits for a moment, and cuts those that have not.</summary>
    /// <param name="tell">May be called from any thread.</param>
    /// <param name="cut">May be called from any thread.</param>
    /// <param name="cancellationToken">Cuts at once.</param>
    /// <returns>How many were cut.</returns>
    public async Task<int> DrainAsync(Action<T> tell, Action<T> cut, CancellationToken cancellationToken)
    {
        foreach (var connection in _open.Keys)
            tell(connection);
        if (await EndAsync(_patience, cancellationToken))
            return 0;
        var count = 0;
        foreach (var connection in _open.Keys)
        {
            cut(connection);
            count++;
        }
        await EndAsync(_lastPatience, cancellationToken);
        return count;
    }

    private async Task<bool> EndAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAll(_open.Values).WaitAsync(patience, clock, cancellationToken);
            return true;
        }
        catch (Exception over) when (over is TimeoutException or OperationCanceledException)
        {
            return false;
        }
    }
}

/// <summary>Apart, for a generic class has no messages of its own.</summary>
internal static partial class OpenConnectionEvents
{
    [LoggerMessage(3008, LogLevel.Error, "A connection failed outside its requests")]
    public static partial void ConnectionBroken(this ILogger logger, Exception exception);
}
