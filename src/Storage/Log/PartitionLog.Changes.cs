using Iggy.Primitives;

namespace Iggy.Storage.Log;

/// <summary>How others know that a read would find what it found before.</summary>
public sealed partial class PartitionLog
{
    /// <summary>Counts what a read could see: appends, stored and deleted offsets, rebuilds, and the end of this object. May be looked at from any thread.</summary>
    public ChangeCounter Changes { get; } = new();
}
