using Iggy.Grains.Interfaces.Hosting;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Grains.Metadata;
using Iggy.Grains.Metadata.PostgreSql;
using Iggy.Grains.Options;
using Iggy.Grains.Partitions;
using Iggy.Grains.Placement;
using Iggy.Grains.Tiering;
using Iggy.Grains.Streams;
using Iggy.Grains.Topics;
using Iggy.Grains.Users;
using Iggy.Replicas;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Storage;

namespace Iggy.Grains.Hosting;

/// <summary>Registration of the grains and what they stand on.</summary>
public static class SiloBuilderExtensions
{
    /// <summary>Adds streams, topics, partitions and users with their storage. The silo takes the data folder when it starts
    /// and gives it back when it has stopped.</summary>
    /// <remarks>Start of the host fails with <see cref="OptionsValidationException"/> (all bad options at once), <see cref="DataFolderInUseException"/> or
    /// <see cref="MetadataStoreException"/>.</remarks>
    public static ISiloBuilder AddIggyGrains(this ISiloBuilder silo)
    {
        var services = silo.Services;
        services.AddOptions<StorageOptions>().BindConfiguration(StorageOptions.Section).ValidateOnStart();
        services.AddOptions<MetadataOptions>().BindConfiguration(MetadataOptions.Section).ValidateOnStart();
        services.AddOptions<ClusterNodeOptions>().BindConfiguration(ClusterNodeOptions.Section).ValidateOnStart();
        services.AddOptions<EncryptionOptions>().BindConfiguration(EncryptionOptions.Section).ValidateOnStart();
        services.AddOptions<DeduplicationOptions>().BindConfiguration(DeduplicationOptions.Section).ValidateOnStart();
        services.AddOptions<CatalogOptions>().BindConfiguration(CatalogOptions.Section).ValidateOnStart();
        services.AddOptions<RetentionOptions>().BindConfiguration(RetentionOptions.Section).ValidateOnStart();
        services.AddOptions<ConsumerGroupOptions>().BindConfiguration(ConsumerGroupOptions.Section).ValidateOnStart();
        services.AddOptions<UserOptions>().BindConfiguration(UserOptions.Section).ValidateOnStart();
        services.AddOptions<TokenOptions>().BindConfiguration(TokenOptions.Section).ValidateOnStart();
        services.TryAddEnumerable(
        [
            ServiceDescriptor.Singleton<IValidateOptions<StorageOptions>, StorageOptionsValidator>(),
            ServiceDescriptor.Singleton<IValidateOptions<MetadataOptions>, MetadataOptionsValidator>(),
            ServiceDescriptor.Singleton<IValidateOptions<ClusterNodeOptions>, ClusterNodeOptionsValidator>(),
            ServiceDescriptor.Singleton<IValidateOptions<ClusterNodeOptions>, ClusterStoreValidator>(),
            ServiceDescriptor.Singleton<IValidateOptions<ClusterNodeOptions>, LinkCertificatesValidator>(),
            ServiceDescriptor.Singleton<IValidateOptions<EncryptionOptions>, EncryptionOptionsValidator>(),
            ServiceDescriptor.Singleton<IValidateOptions<DeduplicationOptions>, DeduplicationOptionsValidator>(),
            ServiceDescriptor.Singleton<IValidateOptions<CatalogOptions>, CatalogOptionsValidator>(),
            ServiceDescriptor.Singleton<IValidateOptions<CatalogOptions>, TopicDefaultsValidator>(),
            ServiceDescriptor.Singleton<IValidateOptions<RetentionOptions>, RetentionOptionsValidator>(),
            ServiceDescriptor.Singleton<IValidateOptions<ConsumerGroupOptions>, ConsumerGroupOptionsValidator>(),
            ServiceDescriptor.Singleton<IValidateOptions<UserOptions>, UserOptionsValidator>(),
            ServiceDescriptor.Singleton<IValidateOptions<TokenOptions>, TokenOptionsValidator>(),
            ServiceDescriptor.Singleton<ILifecycleParticipant<ISiloLifecycle>, GrainStartup>(),
            ServiceDescriptor.Singleton<ILifecycleParticipant<ISiloLifecycle>, TokenCleaner>(),
        ]);
        services.TryAddSingleton(TimeProvider.System);
        services.AddMetrics();
        var limits = ProcessLimits.Read();
        services.TryAddSingleton(limits);
        services.TryAddSingleton(DescriptorBudget.Under(limits.OpenFiles));
        services.TryAddSingleton<IDescriptorBudget>(static provider => ConnectionShare(provider.GetRequiredService<DescriptorBudget>()));
        services.AddSteadyClock();
        services.TryAddSingleton<DataFolderHolder>();
        services.TryAddSingleton<SpareSpace>();
        services.TryAddSingleton<IAttributeToFactoryMapper<PagedStateAttribute>, PagedStateMapper>();
        services.TryAddSingleton<PostgreSqlStore>();
        services.TryAddSingleton<MetadataOpening>();
        services.TryAddSingleton<MetadataUpkeep>();
        services.TryAddSingleton<StartupCheck>();
        services.TryAddSingleton<PasswordHasher>();
        services.TryAddSingleton<TopicSettingsRules>();
        services.TryAddSingleton<StreamKeys>();
        services.TryAddSingleton<IMessageKeys>(static provider => provider.GetRequiredService<StreamKeys>());
        services.TryAddTransient<TopicRetention>(); // one for each topic
        services.TryAddSingleton<PartitionPlaces>();
        services.TryAddSingleton<IPartitionPlaces>(static provider => provider.GetRequiredService<PartitionPlaces>());
        services.TryAddSingleton<RunningNodes>();
        services.TryAddSingleton<IClusterNodes>(static provider => provider.GetRequiredService<RunningNodes>());
        services.TryAddSingleton<SharedSecrets>();
        services.TryAddSingleton<StagedSends>();
        services.TryAddSingleton(new ReplicaSettings(new ReplicaOptions()));
        services.TryAddSingleton<NodeLinks>();
        services.TryAddSingleton<NodeReplicas>();
        services.TryAddSingleton<Leadership>();
        services.TryAddSingleton<ReplicaFactors>();
        services.TryAddSingleton<ReplicaKeeper>();
        silo.AddPlacementDirector<NodePlacement, NodePlacementDirector>();
        silo.AddPlacementDirector<HolderPlacement, HolderPlacementDirector>();
        services.TryAddSingleton<PartitionLogs>();
        services.TryAddSingleton<LargeReads>();
        services.TryAddSingleton<IColdTier, NoColdTier>();
        services.TryAddSingleton<PartitionMetrics>();
        services.TryAddSingleton<ClosedLogs>();
        services.TryAddSingleton<OpenLogs>();
        services.TryAddSingleton<IOpenPartitions>(static provider => provider.GetRequiredService<OpenLogs>());
        services.TryAddSingleton<StorageHealth>();
        services.TryAddSingleton<ReplicaHealth>();
        services.TryAddSingleton<IReplicaHealth>(static provider => provider.GetRequiredService<ReplicaHealth>());
        services.TryAddSingleton<IStorageHealth>(static provider => provider.GetRequiredService<StorageHealth>());
        services.TryAddSingleton<FileModes>();

        silo.AddAdoNetGrainStorage(MetadataStore.ProviderName, (OptionsBuilder<AdoNetGrainStorageOptions> storage) =>
            storage.Configure<DataFolderHolder, PostgreSqlStore>(static (options, holder, postgreSql) =>
            {
                if (postgreSql.IsChosen)
                    (options.Invariant, options.DataSource) = (PostgreSqlStore.Invariant, postgreSql.Source);
                else
                    (options.Invariant, options.DataSource) = (MetadataStore.Invariant, new MetadataDataSource(holder));
                options.DeleteStateOnClear = true; // no row stays of what is gone
                options.GrainStorageSerializer = new StateSerializer();
            }));
        SenseAway(services);
        return silo;
    }

    /// <summary>Has the silos of a cluster find each other in the database of their metadata.</summary>
    public static ISiloBuilder UseMembershipInPostgreSql(this ISiloBuilder silo) =>
        silo.UseAdoNetClustering((OptionsBuilder<AdoNetClusteringSiloOptions> clustering) => clustering.Configure<PostgreSqlStore>(static (options, store) =>
            (options.Invariant, options.DataSource) = (PostgreSqlStore.Invariant, store.Source)));

    // Orleans finds the storage by its key, and asks whatever lies there to take part in the silo's life.
    private static void SenseAway(IServiceCollection services)
    {
        var registered = services.Last(static service => service.ServiceType == typeof(IGrainStorage) && Equals(service.ServiceKey, MetadataStore.ProviderName));
        if (registered.KeyedImplementationFactory is not { } make)
            throw new InvalidOperationException("Orleans registers its grain storage in another way than expected.");
        services.Remove(registered);
        services.AddKeyedSingleton<IGrainStorage>(MetadataStore.ProviderName, (provider, key) =>
        {
            var storage = (IGrainStorage)make(provider, key);
            return provider.GetRequiredService<PostgreSqlStore>() is { IsChosen: true } postgreSql
                ? new AwaySensingStorage(storage, postgreSql.Where, provider.GetRequiredService<ILogger<AwaySensingStorage>>())
                : storage;
        });
    }

    // Logs keep an eighth, however many connect.
    private static DescriptorBudget ConnectionShare(DescriptorBudget whole) => whole.Within(Math.Max(1, whole.Limit - (whole.Limit / 8)));
}
