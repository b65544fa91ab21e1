using System.Collections.Concurrent;
using Iggy.Gateway.Sessions;

namespace Iggy.Gateway.Wire.Vsr;

/// <summary>A connection that is bound to a session, and its requests that wait for messages.</summary>
internal sealed class BoundConnection(LogicalSessions table, LogicalSession client) : IClientBinding
{
    private readonly ConcurrentDictionary<ulong, CancellationTokenSource> _waits = new();

    /// <summary>The session.</summary>
    public LogicalSession Client { get; } = client;

    /// <summary>Notes a request that may wait.</summary>
    /// <param name="request">Its number.</param>
    /// <param name="gone">When the client is known to be gone.</param>
    /// <returns>To be given back with <see cref="EndWait"/>; null when a request of that number waits already.</returns>
    public CancellationTokenSource? StartWait(ulong request, CancellationToken gone)
    {
        var wait = CancellationTokenSource.CreateLinkedTokenSource(gone);
        if (_waits.TryAdd(request, wait))
            return wait;
        wait.Dispose();
        return null;
    }

    /// <summary>A request has its answer.</summary>
    public void EndWait(ulong request)
    {
        if (_waits.TryRemove(request, out var wait))
            wait.Dispose();
    }

    /// <summary>Ends the wait of a request; does nothing where there is none.</summary>
    public void Cancel(ulong request)
    {
        if (_waits.TryGetValue(request, out var wait))
            Cancel(wait);
    }

    /// <summary>Ends all waits.</summary>
    public void EndWaits()
    {
        foreach (var wait in _waits.Values)
            Cancel(wait);
    }

    /// <inheritdoc/>
    public bool Release(Session session)
    {
        EndWaits();
        table.Detach(Client, session);
        return true;
    }

    private static void Cancel(CancellationTokenSource wait)
    {
        try
        {
            wait.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has its answer meanwhile.
        }
    }
}
