namespace Iggy.Grains.Interfaces.Hosting;

/// <summary>Whether the files of the partitions are as they should be, as far as anybody has looked since the start.</summary>
public interface IStorageHealth
{
    /// <summary>What is known at this moment; asks nobody.</summary>
    StorageFindings Findings { get; }
}

/// <summary>What is wrong with the files of partitions.</summary>
/// <param name="Partitions">Partitions with lost files or damaged messages, or that cannot be opened.</param>
/// <param name="LostMessages">Offsets that were given to messages and cannot be read any more.</param>
/// <param name="LostStoredOffsets">Stored offsets of consumers and groups that are gone.</param>
public readonly record struct StorageFindings(int Partitions, ulong LostMessages, ulong LostStoredOffsets);
