using Iggy.Grains.Metadata;
using Iggy.Grains.Placement;
using Iggy.Replicas;
using Microsoft.Extensions.Logging;
using Register = Iggy.Replication.PartitionRegister;

namespace Iggy.Grains.Partitions;

/// <summary>Has a replica of this server lead its partition: by a claim in the register, once the leader that is written there does not run.</summary>
internal sealed partial class Leadership(PartitionPlaces places, RunningNodes running, ILocalSiloDetails silo, TimeProvider clock, ILogger<Leadership> logger)
{
    private const int MostTries = 3; // each time somebody else was faster
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5); // the takeover goes on after it; whoever waits asks again

    private ulong Generation => (ulong)(uint)silo.SiloAddress.Generation;

    /// <summary>Takes the lead of a partition, or finds that this server has it.</summary>
    /// <returns>False when another server is to lead, too few answer, or the register cannot be asked.</returns>
    public Task<bool> TakeAsync(string key, PartitionReplica replica) => GuardAsync(key, async () =>
    {
        // Without the database, so that a leader stays one while that is away.
        if (replica.IsLeading && await places.FindAsync(key) is { } known && known.Leader == places.NodeId && known.Epoch == replica.Report.Epoch)
            return await LeadAsync(replica, known.ToRegister());
        for (var tries = 0; tries < MostTries; tries++)
        {
            if (await places.ReadAsync(key) is not { } row)
                return false;
            if (row.Leader == places.NodeId && row.Generation == Generation && IsUsable(row, replica.Report))
                return await LeadAsync(replica, row.ToRegister());
            if (row.Leader != places.NodeId && running.List().Contains(row.Leader))
                return false;
            var claim = row.ToRegister().Claim(replica.Identity.Node, Generation);
            if (await places.TrySetAsync(key, PartitionRow.Of(claim)))
                return await LeadAsync(replica, claim);
        }
        return false;
    });

    /// <summary>Drops everything that is in a partition, whose leader this server is: by a claim, behind which older logs are empty.</summary>
    public Task<bool> PurgeAsync(string key, PartitionReplica replica) => GuardAsync(key, async () =>
    {
        if (await places.ReadAsync(key) is not { } row || row.Leader != places.NodeId)
            return false;
        var claim = row.ToRegister().Purge(replica.Identity.Node, Generation);
        return await places.TrySetAsync(key, PartitionRow.Of(claim)) && await LeadAsync(replica, claim);
    });

    /// <summary>Writes down that the one copy of a partition is a replica from now on, and that this server leads it.</summary>
    /// <exception cref="MetadataAwayException">The register cannot be asked.</exception>
    public async Task<bool> BeginAsync(string key) =>
        await places.ReadAsync(key) is { IsReplicated: false } row && row.Leader == places.NodeId && await places.TrySetAsync(key, row with { Generation = Generation, Version = row.Version + 1 });

    // A claim of this life of the server which nobody has answered yet, or whose takeover is under way or over.
    private static bool IsUsable(PartitionRow row, ReplicaReport report) =>
        row.Epoch > report.Epoch || (row.Epoch == report.Epoch && report.Role is ReplicaRole.Candidate or ReplicaRole.Leader);

    private async Task<bool> LeadAsync(PartitionReplica replica, Register claim)
    {
        using var patience = new CancellationTokenSource(s_patience, clock);
        try
        {
            return await Task.Run(() => replica.TakeOverAsync(claim, patience.Token)) // it syncs
                && await replica.SettleAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task<bool> GuardAsync(string key, Func<Task<bool>> take)
    {
        try
        {
            return await take();
        }
        catch (MetadataAwayException e)
        {
            LogAway(logger, key, e.Message);
            return false;
        }
    }

    [LoggerMessage(2165, LogLevel.Warning, "Partition {Partition} gets no leader yet: {Reason}")]
    private static partial void LogAway(ILogger logger, string partition, string reason);
}
