using Iggy.Grains;
using Iggy.Grains.Metadata;
using Iggy.Grains.Options;
using Iggy.Silo.CommandLine;
using Iggy.Silo.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iggy.Silo.Hosting;

/// <summary>Takes the data folder before any service starts, so that a second server on it stops before it has done anything.</summary>
internal sealed partial class DataFolderSetup(
    ServerArguments arguments, DataFolderHolder holder, MetadataOpening metadata, IOptions<StorageOptions> options, IOptions<MetadataOptions> store,
    TimeProvider clock, ILogger<DataFolderSetup> logger) : IHostedLifecycleService
{
    /// <exception cref="DataFolderInUseException">Another server holds it.</exception>
    /// <exception cref="UnusableDataFolderException">It holds what is not ours.</exception>
    /// <exception cref="MetadataStoreException">The metadata is missing, damaged or of a newer server.</exception>
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        var path = options.Value.DataPath;
        DataFolderCheck.RefuseForeign(path);
        if (arguments.Fresh)
        {
            if (store.Value.Store is MetadataStoreKind.PostgreSql)
                throw new ConfigurationException(["--fresh removes what is in the data folder, not what is in PostgreSQL: empty the database and the folder yourself, together. Nothing was removed."]);
            DataFolderCheck.Wipe(path, clock);
            LogWiped(logger, path);
        }
        RuntimeConfigFile.Wipe(holder.Open().Root);
        await metadata.OpenAsync(cancellationToken);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(1910, LogLevel.Warning, "All data in {DataPath} was removed (--fresh)")]
    private static partial void LogWiped(ILogger logger, string dataPath);
}
