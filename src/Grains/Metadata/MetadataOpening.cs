using Microsoft.Extensions.Logging;

namespace Iggy.Grains.Metadata;

/// <summary>Opens the metadata store of the data folder, once, before any grain can be called.</summary>
/// <remarks>A host may do it before it starts the silo, to hear what is wrong without the silo's account of it; the silo then finds it done.</remarks>
public sealed class MetadataOpening(DataFolderHolder holder, ILogger<MetadataOpening> logger)
{
    private bool _isOpen;

    /// <summary>Rows that are damaged, as far as the opening saw.</summary>
    public IReadOnlyList<string> DamagedRows { get; private set; } = [];

    /// <summary>Looks whether the file is there and as it was written, makes or updates its tables, and tells of damaged rows.</summary>
    /// <exception cref="MetadataStoreException">The server cannot start with it; the message says what to do.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        if (_isOpen)
            return;
        var folder = holder.Open();
        MetadataCheck.RefuseMissing(folder);
        await MetadataStore.InitializeAsync(folder.MetadataPath, cancellationToken);
        DamagedRows = await MetadataCheck.RunAsync(folder, cancellationToken);
        foreach (var row in DamagedRows)
            logger.RowDamaged(row);
        _isOpen = true;
    }
}
