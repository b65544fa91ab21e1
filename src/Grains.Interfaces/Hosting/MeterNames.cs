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

    /// <summary>Of the logs themselves, whose room knows none of the others.</summary>
    public const string Logs = "Iggy.Storage.Log";
}
