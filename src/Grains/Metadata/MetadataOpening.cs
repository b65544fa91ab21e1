using Iggy.Grains.Metadata.PostgreSql;
using Microsoft.Extensions.Logging;

namespace Iggy.Grains.Metadata;

/// <summary>Opens the metadata store of the data folder, once, before any grain can be called.</summary>
/// <remarks>A host may do it before it starts the silo, to hear what is wrong without the silo's account of it; the silo then finds it done.</remarks>
public sealed class MetadataOpening(DataFolderHolder holder, PostgreSqlStore postgreSql, SharedSecrets secrets, ILogger<MetadataOpening> logger)
{
    private bool _isOpen;

    /// <summary>Rows that are damaged, as far as the opening saw.</summary>
    public IReadOnlyList<string> DamagedRows { get; private set; } = [];

    /// <summary>Looks whether the store is there and as it was written, makes or updates its tables, and tells of damaged rows.</summary>
    /// <exception cref="MetadataStoreException">The server cannot start with it; the message says what to do.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        if (_isOpen)
            return;
        var folder = holder.Open();
        DamagedRows = postgreSql.IsChosen ? await postgreSql.OpenAsync(folder, cancellationToken) : await OpenFileAsync(folder, cancellationToken);
        await secrets.FetchAsync(folder, cancellationToken);
        foreach (var row in DamagedRows)
            logger.RowDamaged(row);
        _isOpen = true;
    }

    private static async Task<IReadOnlyList<string>> OpenFileAsync(DataFolder folder, CancellationToken cancellationToken)
    {
        MovedMark.RefuseMoved(folder);
        MetadataCheck.RefuseMissing(folder);
        await MetadataStore.InitializeAsync(folder.MetadataPath, cancellationToken);
        return await MetadataCheck.RunAsync(folder, cancellationToken);
    }
}
