using Iggy.Archive.Backup;
using Iggy.Archive.Stores;
using Iggy.Archive.Tiering;
using Iggy.Grains.Interfaces.Hosting;
using Iggy.Grains.Options;
using Iggy.Grains.Tiering;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Iggy.Archive;

/// <summary>Registration of the backup.</summary>
public static class ArchiveServiceCollectionExtensions
{
    /// <summary>Adds the backup, which is off while no bucket is named. To be called behind the grains and before the listeners, so that it stops between them.</summary>
    public static IServiceCollection AddIggyArchive(this IServiceCollection services)
    {
        services.AddOptions<ArchiveOptions>().BindConfiguration(ArchiveOptions.Section)
            .Validate<IOptions<MetadataOptions>>(static (archive, metadata) => !archive.IsOn || metadata.Value.Store is MetadataStoreKind.Sqlite,
                $"{ArchiveOptions.Section}:Bucket is given, but the metadata is in PostgreSQL, which has a backup of its own; allowed: one of both.")
            .ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ArchiveOptions>, ArchiveOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ArchiveMetrics>();
        services.TryAddSingleton<TierMetrics>();
        services.TryAddSingleton<ColdTier>();
        services.Replace(ServiceDescriptor.Singleton<IColdTier>(static provider => provider.GetRequiredService<ColdTier>()));
        services.TryAddSingleton<IArchiveHealth>(static provider => provider.GetRequiredService<ArchiveMetrics>());
        services.TryAddSingleton<Func<ArchiveOptions, IArchiveStore>>(static provider =>
        {
            var clock = provider.GetRequiredService<TimeProvider>();
            return options => new S3Store(options, clock);
        });
        services.AddHostedService<Archiver>();
        return services;
    }
}
