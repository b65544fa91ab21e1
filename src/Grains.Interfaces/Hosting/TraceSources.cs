namespace Iggy.Grains.Interfaces.Hosting;

/// <summary>Sources of the server's spans, for whoever collects them.</summary>
public static class TraceSources
{
    /// <summary>Requests, as the front ends take them.</summary>
    public const string Gateway = "Iggy.Gateway";

    /// <summary>What partitions do for them.</summary>
    public const string Partitions = "Iggy.Partitions";

    /// <summary>Calls of grains. Without them what a partition does would not belong to the request that asked for it.</summary>
    public const string Orleans = "Microsoft.Orleans.*";
}
