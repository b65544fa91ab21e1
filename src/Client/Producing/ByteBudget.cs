namespace Iggy.Client;

/// <summary>So many bytes may be taken at once. Who finds none left waits, first come first served. A request for more than all is granted once
/// nothing is taken.</summary>
internal sealed class ByteBudget(long bytes)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<(long Bytes, TaskCompletionSource Granted)> _waiting = new();
    private long _taken;

    /// <summary>Takes bytes if they are left and nobody waits for them.</summary>
    public bool TryTake(long wanted)
    {
        lock (_lock)
            return _waiting.Count == 0 && TryGrant(wanted);
    }

    /// <summary>Takes bytes, once they are there.</summary>
    /// <exception cref="OperationCanceledException">Nothing was taken.</exception>
    public async Task TakeAsync(long wanted, CancellationToken cancellationToken)
    {
        LinkedListNode<(long Bytes, TaskCompletionSource Granted)> place;
        lock (_lock)
        {
            if (_waiting.Count == 0 && TryGrant(wanted))
                return;
            place = _waiting.AddLast((wanted, new(TaskCreationOptions.RunContinuationsAsynchronously)));
        }
        try
        {
            await place.Value.Granted.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            lock (_lock)
            {
                if (place.List is not null)
                    _waiting.Remove(place); // nothing was granted
                else
                    _taken -= wanted;
                GrantWaiting(); // those behind it may be smaller
            }
            throw;
        }
    }

    /// <summary>Gives bytes back.</summary>
    public void Return(long taken)
    {
        lock (_lock)
        {
            _taken -= taken;
            GrantWaiting();
        }
    }

    private void GrantWaiting()
    {
        while (_waiting.First is { } first && TryGrant(first.Value.Bytes))
        {
            _waiting.Remove(first);
            first.Value.Granted.SetResult();
        }
    }

    private bool TryGrant(long wanted)
    {
        if (_taken > 0 && wanted > bytes - _taken)
            return false;
        _taken += wanted;
        return true;
    }
}
