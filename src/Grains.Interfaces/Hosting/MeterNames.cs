namespace Iggy.Grains.Interfaces.Hosting;

/// <summary>Meters of the server, for whoever shows them.</summary>
public static class MeterNames
{
    /// <summary>Of requests.</summary>
    public const string Gateway = "Iggy.Gateway";

    /// <summary>Of what is stored.</summary>
    public const string Storage = "Iggy.Storage";

    /// <summary>Open partitions and descriptors.</summary>
    public const string Partitions = "Iggy.Partitions";

    /// <summary>How far consumer groups are behind.</summary>
    public const string Lag = "Iggy.Lag";

    /// <summary>Of the logs themselves, whose room knows none of the others.</summary>
    public const string Logs = "Iggy.Storage.Log";

    /// <summary>Of the links between servers of a cluster, whose room knows none of the others either.</summary>
    public const string Links = "Iggy.Links";
}
