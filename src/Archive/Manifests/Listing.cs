namespace Iggy.Archive.Manifests;

/// <summary>Everything that an archive holds at one point: what a row of manifests comes to.</summary>
public sealed class Listing
{
    private readonly Dictionary<string, PartitionEntry> _partitions = new(StringComparer.Ordinal);

    /// <summary>By key.</summary>
    public IReadOnlyDictionary<string, PartitionEntry> Partitions => _partitions;

    /// <summary>Takes over what a manifest says. To be called in the order they were written, from one that tells everything.</summary>
    public void Apply(Manifest manifest)
    {
        if (manifest.Previous is null)
            _partitions.Clear();
        foreach (var key in manifest.Removed)
            _partitions.Remove(key);
        foreach (var partition in manifest.Partitions)
            _partitions[partition.Key] = partition;
    }
}
