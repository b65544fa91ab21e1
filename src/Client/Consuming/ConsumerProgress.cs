namespace Iggy.Client;

/// <summary>How far a consumer is in each partition: what it handed out, what of that was handled, and what is stored.</summary>
internal sealed class ConsumerProgress
{
    private readonly Dictionary<uint, Position> _partitions = [];

    /// <summary>Handled and not stored: partition and offset of each.</summary>
    public IEnumerable<(uint PartitionId, ulong Offset)> Unstored =>
        _partitions.Where(one => one.Value.Handled is { } handled && one.Value.Stored != handled).Select(one => (one.Key, one.Value.Handled!.Value));

    /// <summary>Whether a message comes again only because it is handled but not stored. One that is stored comes again when somebody moved the stored
    /// offset back, and then it is wanted.</summary>
    public bool WasSeen(uint partitionId, ulong offset) => _partitions.TryGetValue(partitionId, out var position)
        && offset <= position.Handled && (position.Stored is not { } stored || offset > stored);

    /// <summary>A message was handled. One at or below the stored offset says that this was moved back: then it is to be stored again.</summary>
    public void Handle(uint partitionId, ulong offset)
    {
        var stored = _partitions.GetValueOrDefault(partitionId).Stored;
        _partitions[partitionId] = new(Handled: offset, offset <= stored ? null : stored);
    }

    /// <summary>An offset was stored.</summary>
    public void Store(uint partitionId, ulong offset) => _partitions[partitionId] = _partitions.GetValueOrDefault(partitionId) with { Stored = offset };

    /// <summary>Forgets a partition, which another consumer reads from now on.</summary>
    public void Forget(uint partitionId) => _partitions.Remove(partitionId);

    /// <summary>Forgets everything: what is stored at the server counts.</summary>
    public void Clear() => _partitions.Clear();

    private readonly record struct Position(ulong? Handled, ulong? Stored);
}
