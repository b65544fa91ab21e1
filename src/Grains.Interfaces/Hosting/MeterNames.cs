namespace Iggy.Grains.Interfaces.Hosting;

/// <summary>Meters of the silo, for whoever shows them.</summary>
public static class MeterNames
{
    /// <summary>Open partitions and descriptors.</summary>
    public const string Partitions = "Iggy.Partitions";
}
