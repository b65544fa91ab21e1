namespace Iggy.Grains.Interfaces.Hosting;

/// <summary>Which partitions this server keeps itself.</summary>
public interface IPartitionPlaces
{
    /// <summary>Whether this server is one of several.</summary>
    bool IsCluster { get; }

    /// <summary>This server, by the id of its data folder; empty where it is alone.</summary>
    string NodeId { get; }

    /// <summary>Whether a partition may be another server's: it is not known to be this one's.</summary>
    bool IsElsewhere(string key);
}
