using System.Globalization;
using Iggy.Grains.Interfaces.Hosting;
using Microsoft.Extensions.Hosting;

namespace Iggy.Gateway.Host;

/// <summary>Whether the server is well, and each reason why not by its name. Asks nobody, and tells numbers only: anybody may ask.</summary>
internal sealed class ServerHealth(IHostApplicationLifetime lifetime, IStorageHealth storage, IDescriptorBudget descriptors, DataDisk disk, IReplicaHealth replicas, IEnumerable<IArchiveHealth> archives)
{
    private const long LeastFreeBytes = 64 << 20; // the space that a busy partition takes ahead in one step

    /// <summary>Whether the start is over.</summary>
    public bool IsStarted => lifetime.ApplicationStarted.IsCancellationRequested;

    /// <summary>Whether requests are taken.</summary>
    public bool IsReady => IsStarted && !lifetime.ApplicationStopping.IsCancellationRequested;

    /// <summary>What was looked at.</summary>
    public IReadOnlyList<HealthReason> Look()
    {
        var found = storage.Findings;
        var free = new DriveInfo(Path.GetFullPath(disk.Path)).AvailableFreeSpace;
        return
        [
            new("start", IsStarted ? HealthStatus.Ok : HealthStatus.Failed, IsStarted ? null : "The start is not over."),
            new("stop", lifetime.ApplicationStopping.IsCancellationRequested ? HealthStatus.Failed : HealthStatus.Ok, lifetime.ApplicationStopping.IsCancellationRequested ? "The server stops." : null),
            new("storage", found.Partitions > 0 ? HealthStatus.Degraded : HealthStatus.Ok, found.Partitions > 0
                ? string.Create(CultureInfo.InvariantCulture, $"Partitions unwell: {found.Partitions}, messages lost: {found.LostMessages}, stored offsets lost: {found.LostStoredOffsets}.")
                : null),
            new("disk", free < LeastFreeBytes ? HealthStatus.Degraded : HealthStatus.Ok, free < LeastFreeBytes
                ? string.Create(CultureInfo.InvariantCulture, $"{free} bytes are free: appends will be refused.")
                : null),
            new("descriptors", descriptors.InUse >= descriptors.Limit ? HealthStatus.Degraded : HealthStatus.Ok, descriptors.InUse >= descriptors.Limit
                ? string.Create(CultureInfo.InvariantCulture, $"All {descriptors.Limit} of connections are in use: no connection is accepted.")
                : null),
            .. replicas.IsCluster ? new[] { Judge(replicas.Findings) } : [],
            .. archives.Select(static archive => new HealthReason("archive", archive.IsFenced || archive.IsLate || archive.IsColdAway ? HealthStatus.Degraded : HealthStatus.Ok, Trouble(archive))),
        ];
    }

    private static HealthReason Judge(ReplicaFindings found) => new("replicas", found is { WithoutMajority: 0, Failed: 0 } ? HealthStatus.Ok : HealthStatus.Degraded,
        found is { WithoutMajority: 0, Failed: 0 } ? null : string.Create(CultureInfo.InvariantCulture,
            $"Partitions that take no messages because a majority of their servers is away: {found.WithoutMajority}, replicas here that failed: {found.Failed}, replicas elsewhere that are behind: {found.Behind}."));

    private static string? Trouble(IArchiveHealth archive) =>
        archive.IsFenced ? "Another server has taken the archive over: the backup of this one has stopped."
        : archive.IsLate ? string.Create(CultureInfo.InvariantCulture, $"The newest moment that can be restored is {(long)archive.Lag.TotalSeconds} s old.")
        : archive.IsColdAway ? "Messages that are in the archive alone cannot be read now."
        : null;
}

/// <summary>One thing that was looked at.</summary>
/// <param name="Name">Its name, which stays.</param>
/// <param name="Status">How it is.</param>
/// <param name="Detail">For people; null when it is well.</param>
internal readonly record struct HealthReason(string Name, HealthStatus Status, string? Detail);

/// <summary>How something is.</summary>
internal enum HealthStatus
{
    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>The server works on, and somebody should look.</summary>
    Degraded,

    /// <summary>The server takes no requests for it.</summary>
    Failed,
}
