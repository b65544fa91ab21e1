using Iggy.Grains.Options;
using Iggy.Storage.AtRest;
using Microsoft.Extensions.Options;

namespace Iggy.Grains.Metadata;

/// <summary>The data folder of this host: taken once, by whoever needs it first, and given back when the silo has stopped.</summary>
/// <remarks>A host that must look into the folder before the silo starts calls <see cref="Open"/> itself; the silo then finds it taken.</remarks>
public sealed class DataFolderHolder(IOptions<StorageOptions> options, IOptions<EncryptionOptions> encryption, TimeProvider clock) : IDisposable
{
    private readonly Lock _gate = new();
    private DataFolder? _folder;

    /// <summary>Takes the folder, or returns it when it is taken.</summary>
    /// <exception cref="DataFolderInUseException">Another server holds it.</exception>
    /// <exception cref="EncryptionKeyException">What is in it needs other keys than the configured ones.</exception>
    /// <exception cref="IOException">It cannot be made or written.</exception>
    /// <exception cref="UnauthorizedAccessException">As above.</exception>
    public DataFolder Open()
    {
        lock (_gate)
            return _folder ??= Take();
    }

    /// <summary>Closes the metadata store and gives the folder back. May be repeated.</summary>
    public void Close()
    {
        lock (_gate)
        {
            if (_folder is null)
                return;
            MetadataStore.Close(_folder.MetadataPath);
            _folder.Dispose();
            _folder = null;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Close();

    private DataFolder Take()
    {
        var folder = DataFolder.Open(options.Value.DataPath, clock);
        try
        {
            EncryptionKeyRegister.Check(folder.Root, encryption.Value.CreateKeys());
            return folder;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }
}
