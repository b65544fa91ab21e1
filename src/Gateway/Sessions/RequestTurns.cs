namespace Iggy.Gateway.Sessions;

/// <summary>Orders the requests of a session whose transport carries several at once: a request that changes the session, a login for instance, runs
/// alone; all others run side by side. First come, first served, so none waits for ever.</summary>
internal sealed class RequestTurns
{
    private readonly Lock _gate = new();
    private readonly Queue<(TaskCompletionSource Turn, bool IsAlone)> _waiting = new();
    private int _running; // -1: one that runs alone

    /// <summary>Waits for the turn. Each turn is given back with <see cref="Leave"/>.</summary>
    public ValueTask EnterAsync(bool isAlone)
    {
        lock (_gate)
        {
            if (_waiting.Count == 0 && MayRun(isAlone))
            {
                _running = isAlone ? -1 : _running + 1;
                return ValueTask.CompletedTask;
            }
            var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue((turn, isAlone));
            return new(turn.Task);
        }
    }

    /// <summary>Gives a turn back.</summary>
    public void Leave()
    {
        lock (_gate)
        {
            _running = _running < 0 ? 0 : _running - 1;
            while (_waiting.TryPeek(out var next) && MayRun(next.IsAlone))
            {
                _waiting.Dequeue();
                _running = next.IsAlone ? -1 : _running + 1;
                next.Turn.SetResult();
            }
        }
    }

    private bool MayRun(bool isAlone) => isAlone ? _running == 0 : _running >= 0;
}
