namespace Iggy.Grains.Metadata;

/// <summary>What every stored state has in common: whether its row could be read.</summary>
internal abstract record StoredState
{
    /// <summary>The row is damaged: nothing else in this state means anything, and it is never written. Not stored itself.</summary>
    internal bool IsUnreadable { get; set; }

    /// <summary>Why the row could not be read just now, where the store is away; then it <see cref="IsUnreadable"/> too. Not stored itself.</summary>
    internal string? AwayBecause { get; private set; }

    /// <summary>What stands for a row while the store is away.</summary>
    internal static T Away<T>(string reason)
    {
        var state = Activator.CreateInstance<T>();
        if (state is not StoredState stored)
            throw new InvalidOperationException($"{typeof(T).Name} is no {nameof(StoredState)}.");
        (stored.IsUnreadable, stored.AwayBecause) = (true, reason);
        return state;
    }
}
