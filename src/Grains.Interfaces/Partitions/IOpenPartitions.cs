namespace Iggy.Grains.Interfaces.Partitions;

/// <summary>The partitions whose logs are open in this process.</summary>
public interface IOpenPartitions
{
    /// <summary>Watches a partition; null where its log is not open here.</summary>
    IPartitionWatch? Watch(IPartitionGrain partition);
}

/// <summary>Tells from any thread, without a call, whether a partition may answer a poll otherwise than before.</summary>
public interface IPartitionWatch
{
    /// <summary>Another number after every append, every stored or deleted offset, every purge, every change of a group's claim, and when the log is closed here.</summary>
    long Changes { get; }

    /// <summary>Says that somebody reads from it: a partition that nobody uses is closed.</summary>
    void Use();
}
