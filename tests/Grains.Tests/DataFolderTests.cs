using System.Globalization;
using Iggy.Grains.Metadata;
using Iggy.Grains.Tests.Setup;

namespace Iggy.Grains.Tests;

public sealed class DataFolderTests : IDisposable
{
    private readonly string _folder = Server.NewFolder();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Open_HeldFolder_NamesTheHolderUntilItIsGivenBack()
    {
        using (DataFolder.Open(_folder, TimeProvider.System))
        {
            var refused = Assert.Throws<DataFolderInUseException>(() => DataFolder.Open(_folder, TimeProvider.System));
            Assert.Contains(Environment.ProcessId.ToString(CultureInfo.InvariantCulture), refused.Holder, StringComparison.Ordinal);
            Assert.Contains(Environment.MachineName, refused.Message, StringComparison.Ordinal);
            Assert.Contains(_folder, refused.Message, StringComparison.Ordinal);
        }

        DataFolder.Open(_folder, TimeProvider.System).Dispose();
    }

    [Fact]
    public async Task Start_OnAHeldFolder_FailsWithTheTypedError()
    {
        await using var first = await Server.StartAsync(_folder);
        await first.Streams.CreateAsync("s");

        await Assert.ThrowsAsync<DataFolderInUseException>(() => Server.StartAsync(_folder));
        Assert.Single(await first.Streams.ListAsync()); // the first one is not disturbed
    }

    [Fact]
    public async Task Metadata_InitializedTwice_KeepsItsRowsAndSyncsEveryCommit()
    {
        var path = Path.Combine(_folder, "metadata.db");
        await MetadataStore.InitializeAsync(path, TestContext.Current.CancellationToken);
        using (var connection = new MetadataConnection(MetadataStore.ConnectionString(path)))
        {
            connection.Open();
            Assert.Equal(2, connection.Number("PRAGMA synchronous")); // FULL
            connection.Execute("INSERT INTO GrainState VALUES ('iggy', 'x', 0, 0, '', 1, NULL, '')");
        }

        await MetadataStore.InitializeAsync(path, TestContext.Current.CancellationToken);
        using (var connection = new MetadataConnection(MetadataStore.ConnectionString(path)))
        {
            connection.Open();
            Assert.Equal(1, connection.Number("SELECT count(*) FROM GrainState"));
            Assert.Equal(1, connection.Number("SELECT journal_mode = 'wal' FROM pragma_journal_mode"));
        }

        MetadataStore.Close(path);
    }

    [Fact]
    public async Task Metadata_OfANewerServerOrNotADatabase_IsRefused()
    {
        var newer = Path.Combine(_folder, "newer.db");
        using (var connection = new MetadataConnection(MetadataStore.ConnectionString(newer)))
        {
            connection.Open();
            connection.Execute($"PRAGMA user_version = {MetadataStore.SchemaVersion + 1};");
        }

        var garbage = Path.Combine(_folder, "garbage.db");
        await File.WriteAllTextAsync(garbage, new string('x', 10_000), TestContext.Current.CancellationToken);

        foreach (var path in new[] { newer, garbage })
        {
            var refused = await Assert.ThrowsAsync<MetadataStoreException>(() => MetadataStore.InitializeAsync(path, TestContext.Current.CancellationToken));
            Assert.Contains(path, refused.Message, StringComparison.Ordinal);
            MetadataStore.Close(path);
        }

        Assert.Equal(10_000, new FileInfo(garbage).Length);
    }
}
