namespace Iggy.Storage.Context;

/// <summary>Counts what an opening finds missing.</summary>
internal sealed class LossCount
{
    public uint Segments { get; set; }

    public uint ForeignFiles { get; set; }

    public uint StoredOffsets { get; set; }

    public LogLosses Total => new(Segments, ForeignFiles, StoredOffsets);
}
