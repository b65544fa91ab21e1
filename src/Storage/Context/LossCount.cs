namespace Iggy.Storage.Context;

/// <summary>Counts what an opening finds missing.</summary>
internal sealed class LossCount
{
    public uint Segments { get; set; }

    public uint ForeignFiles { get; set; }

    public uint StoredOffsets { get; set; }

    /// <summary>Everything is gone that anything could be missing from.</summary>
    public void Clear() => (Segments, ForeignFiles, StoredOffsets) = (0, 0, 0);

    public LogLosses Total => new(Segments, ForeignFiles, StoredOffsets);
}
