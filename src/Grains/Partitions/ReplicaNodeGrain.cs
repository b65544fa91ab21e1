using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Grains.Placement;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Placement;

namespace Iggy.Grains.Partitions;

/// <summary>Asks the replicas beside it.</summary>
[Reentrant, NodePlacement, Immovable]
internal sealed partial class ReplicaNodeGrain(NodeReplicas replicas, ILogger<ReplicaNodeGrain> logger) : Grain, IReplicaNodeGrain
{
    public ValueTask<Refusal> CreateAsync(string partition) => GuardAsync(partition, replicas.CreateAsync);

    public ValueTask<Refusal> OpenAsync(string partition) => GuardAsync(partition, replicas.OpenAsync);

    public ValueTask<Refusal> DeleteAsync(string partition) => GuardAsync(partition, replicas.DeleteAsync);

    public ValueTask<Refusal> ReopenAsync(string partition) => GuardAsync(partition, replicas.ReopenAsync);

    private async ValueTask<Refusal> GuardAsync(string partition, Func<string, Task> work)
    {
        if (!PartitionKey.IsValid(partition))
            throw new ArgumentException($"'{partition}' is not the key of a partition.");
        try
        {
            await work(partition);
            return Refusal.None;
        }
        catch (Exception e) // one that is out of order must not take its caller down
        {
            LogFailed(logger, partition, e);
            return DiskFull.Is(e) ? Refusal.DiskFull : Refusal.StorageFailed;
        }
    }

    [LoggerMessage(2164, LogLevel.Error, "The replica of partition {Partition} could not be made, changed or removed")]
    private static partial void LogFailed(ILogger logger, string partition, Exception exception);
}

/// <summary>Whether work on files failed for want of space.</summary>
internal static class DiskFull
{
    // ENOSPC and EDQUOT as .NET hands them on from Linux, ERROR_DISK_FULL from Windows and from opening a file.
    public static bool Is(Exception e) => e is IOException { HResult: 28 or 122 or unchecked((int)0x8007_0070) };
}
