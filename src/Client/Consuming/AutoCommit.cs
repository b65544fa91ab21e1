namespace Iggy.Client;

/// <summary>When an <see cref="IggyConsumer"/> stores how far it is. All but <see cref="OnPolling"/> store handled messages only, so that a message whose
/// handling fails comes again. A message is handled once the next one is asked for.</summary>
public sealed record AutoCommit
{
    private AutoCommit(bool isOnPolling, int every, TimeSpan? interval) => (IsOnPolling, Every, Interval) = (isOnPolling, every, interval);

    /// <summary>Never: <see cref="IggyConsumer.CommitAsync"/> does it. A group gets no new batch of a partition before.</summary>
    public static AutoCommit Disabled { get; } = new(false, 0, null);

    /// <summary>The server does, before a batch leaves it: what is lost on the way does not come again.</summary>
    public static AutoCommit OnPolling { get; } = new(true, 0, null);

    /// <summary>After each message: the least comes again, for a request each.</summary>
    public static AutoCommit AfterEach { get; } = new(false, 1, null);

    /// <summary>After all messages of a batch.</summary>
    public static AutoCommit AfterAll { get; } = new(false, int.MaxValue, null);

    /// <summary>After so many messages of a batch, and after its last.</summary>
    /// <param name="count">1 or more.</param>
    public static AutoCommit AfterEvery(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return new(false, count, null);
    }

    /// <summary>When so much time has passed since the last time. A group member also does after the last message of a batch, for the server reads on
    /// from there.</summary>
    public static AutoCommit At(TimeSpan interval)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(interval, TimeSpan.Zero);
        return new(false, 0, interval);
    }

    /// <summary>The same, and also when so much time has passed since the last time.</summary>
    public AutoCommit OrAt(TimeSpan interval)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(interval, TimeSpan.Zero);
        return new(IsOnPolling, Every, interval);
    }

    /// <summary>Whether the server stores offsets as it is polled.</summary>
    internal bool IsOnPolling { get; }

    /// <summary>Messages between two stores; 0 for no matter.</summary>
    internal int Every { get; }

    /// <summary>Time between two stores; null for no matter.</summary>
    internal TimeSpan? Interval { get; }

    /// <summary>Whether this client stores offsets by itself.</summary>
    internal bool IsByClient => Every > 0 || Interval is not null;
}
