using Iggy.Grains.Metadata;
using Iggy.Grains.Partitions;
using Iggy.Grains.Placement;
using Microsoft.Extensions.DependencyInjection;

namespace Iggy.Grains.Hosting;

/// <summary>Takes the data folder and opens the metadata store before any grain can be called, and gives them back after the last.</summary>
internal sealed class GrainStartup(DataFolderHolder holder, FileModes modes, StartupCheck check, MetadataOpening metadata, PartitionPlaces places, IServiceProvider services, MetadataUpkeep upkeep, StorageHealth health)
    : ILifecycleParticipant<ISiloLifecycle>
{
    // Made when settings were judged, for they read them.
    private NodeReplicas? _replicas;
    private ReplicaKeeper? _keeper;

    public void Participate(ISiloLifecycle lifecycle)
    {
        lifecycle.Subscribe(nameof(GrainStartup), ServiceLifecycleStage.First, OpenAsync, CloseAsync);
        lifecycle.Subscribe(nameof(NodeReplicas), ServiceLifecycleStage.Active, OpenReplicas, _ => _keeper?.StopAsync() ?? Task.CompletedTask);
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
        _replicas = services.GetRequiredService<NodeReplicas>();
        _keeper = services.GetRequiredService<ReplicaKeeper>();
        await _replicas.StartAsync(cancellationToken);
        upkeep.Start();
        check.NoteFolders(folder.PartitionsPath);
    }

    // Once this server is a member: who leads may be another one, and grains have to be asked.
    private Task OpenReplicas(CancellationToken cancellationToken)
    {
        _replicas!.OpenAll();
        _keeper!.Start();
        return Task.CompletedTask;
    }

    private async Task CloseAsync(CancellationToken cancellationToken)
    {
        if (_replicas is not null)
            await _replicas.StopAsync();
        await places.CloseAsync();
        await upkeep.StopAsync();
        holder.Close();
    }
}
