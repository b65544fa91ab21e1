using Iggy.Grains.Metadata;
using Iggy.Grains.Partitions;
using Iggy.Grains.Placement;

namespace Iggy.Grains.Hosting;

/// <summary>Takes the data folder and opens the metadata store before any grain can be called, and gives them back after the last.</summary>
internal sealed class GrainStartup(DataFolderHolder holder, FileModes modes, StartupCheck check, MetadataOpening metadata, PartitionPlaces places, NodeReplicas replicas, ReplicaKeeper keeper, MetadataUpkeep upkeep, StorageHealth health)
    : ILifecycleParticipant<ISiloLifecycle>
{
    public void Participate(ISiloLifecycle lifecycle)
    {
        lifecycle.Subscribe(nameof(GrainStartup), ServiceLifecycleStage.First, OpenAsync, CloseAsync);
        lifecycle.Subscribe(nameof(NodeReplicas), ServiceLifecycleStage.Active, OpenReplicas, _ => keeper.StopAsync());
        lifecycle.Subscribe(nameof(StartupCheck), ServiceLifecycleStage.Last, _ => check.StartAsync(), _ => check.StopAsync());
    }

    private async Task OpenAsync(CancellationToken cancellationToken)
    {
        var folder = holder.Open();
        await modes.TightenAsync(folder.Root);
        await metadata.OpenAsync(cancellationToken);
        foreach (var row in metadata.DamagedRows)
            health.NoteUnwell(row);
        await places.OpenAsync(cancellationToken);
        await replicas.StartAsync(cancellationToken);
        upkeep.Start();
        check.NoteFolders(folder.PartitionsPath);
    }

    // Once this server is a member: who leads may be another one, and grains have to be asked.
    private Task OpenReplicas(CancellationToken cancellationToken)
    {
        replicas.OpenAll();
        keeper.Start();
        return Task.CompletedTask;
    }

    private async Task CloseAsync(CancellationToken cancellationToken)
    {
        await replicas.StopAsync();
        await places.CloseAsync();
        await upkeep.StopAsync();
        holder.Close();
    }
}
