namespace Iggy.Grains.Metadata;

/// <summary>What every stored state has in common: whether its row could be read.</summary>
internal abstract record StoredState
{
    /// <summary>The row is damaged: nothing else in this state means anything, and it is never written. Not stored itself.</summary>
    internal bool IsUnreadable { get; set; }
}
