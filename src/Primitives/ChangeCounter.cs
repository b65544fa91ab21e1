namespace Iggy.Primitives;

/// <summary>Counts changes of something, so that others can tell from any thread, and without asking, that nothing has changed.</summary>
public sealed class ChangeCounter
{
    private long _value;

    /// <summary>Never the same again after a change.</summary>
    public long Value => Volatile.Read(ref _value);

    /// <summary>To be called when a change can be seen, and before anybody is told of it.</summary>
    public void Advance() => Interlocked.Increment(ref _value);
}
