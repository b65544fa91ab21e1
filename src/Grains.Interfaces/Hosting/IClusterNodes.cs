namespace Iggy.Grains.Interfaces.Hosting;

/// <summary>The servers of the cluster.</summary>
public interface IClusterNodes
{
    /// <summary>The cluster's name; empty where this server is alone.</summary>
    string ClusterName { get; }

    /// <summary>The number of this server in its cluster, 0 to 254; null where it is alone.</summary>
    int? Slot { get; }

    /// <summary>The other servers that run, by the ids of their data folders, in the order of these; none where this one is alone.</summary>
    IReadOnlyList<string> ListOthers();

    /// <summary>Calls back whenever a server came or went.</summary>
    void OnChanged(Action changed);
}
