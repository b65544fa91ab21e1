namespace Iggy.Gateway.Tests;

/// <summary>The calls that a scripted grain got, and the wait for so many of them.</summary>
internal sealed class ScriptedCalls<T>
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _another = new();

    /// <summary>What they asked, in their order.</summary>
    public List<T> Asked { get; } = [];

    /// <summary>Notes a call.</summary>
    /// <param name="asked">What it asks.</param>
    /// <param name="also">Done before anybody who waits sees it.</param>
    public void Add(T asked, Action also)
    {
        lock (_lock)
        {
            Asked.Add(asked);
            also();
            _another.TrySetResult();
            _another = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Waits until there are so many.</summary>
    public async Task ReachAsync(int times)
    {
        while (true)
        {
            Task another;
            lock (_lock)
            {
                if (Asked.Count >= times)
                    return;
                another = _another.Task;
            }
            await another;
        }
    }
}
