using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Hosting;
using Iggy.Grains.Metadata;
using Iggy.Grains.Options;
using Iggy.Grains.Tests.Setup;
using Microsoft.Extensions.DependencyInjection;
using static Iggy.Grains.Tests.Setup.Messages;

namespace Iggy.Grains.Tests;

/// <summary>Metadata that is missing, old or damaged: never taken for an empty server, and one bad row hurts one stream.</summary>
public sealed class MetadataLossTests : IDisposable
{
    private readonly string _folder = Server.NewFolder();

    private string Metadata => Path.Combine(_folder, "metadata.db");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("deleted")]
    [InlineData("empty")]
    [InlineData("zeroed")]
    [InlineData("overwritten in the middle")]
    [InlineData("the directory row changed")]
    public async Task Start_MetadataGoneOrBroken_IsRefusedAndTouchesNothing(string how)
    {
        await MakeAsync("s");
        switch (how)
        {
            case "deleted": File.Delete(Metadata); break;
            case "empty": await File.WriteAllBytesAsync(Metadata, [], TestContext.Current.CancellationToken); break;
            case "zeroed": await File.WriteAllBytesAsync(Metadata, new byte[new FileInfo(Metadata).Length], TestContext.Current.CancellationToken); break;
            case "overwritten in the middle":
                using (var file = File.OpenHandle(Metadata, FileMode.Open, FileAccess.Write))
                    RandomAccess.Write(file, new byte[4096], 4096);
                break;
            default: Sql("UPDATE GrainState SET Payload = CAST(replace(CAST(Payload AS TEXT), 'pages', 'pagez') AS BLOB) WHERE StateName = 'streams'"); break;
        }

        var before = File.Exists(Metadata) ? await File.ReadAllBytesAsync(Metadata, TestContext.Current.CancellationToken) : null;
        var refused = await Assert.ThrowsAsync<MetadataStoreException>(StartAsync);
        Assert.Contains("etadata", refused.Message, StringComparison.Ordinal);
        Assert.Contains("backup", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.Exists(Metadata) ? await File.ReadAllBytesAsync(Metadata, TestContext.Current.CancellationToken) : null);
        Assert.Single(Directory.GetFiles(_folder, "*.log", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Start_MetadataOlderThanATopicWithMessages_IsRefusedUntilItsFolderIsMovedAway()
    {
        await MakeAsync("first");
        var old = await File.ReadAllBytesAsync(Metadata, TestContext.Current.CancellationToken);
        var known = Directory.GetDirectories(Path.Combine(_folder, "partitions")).Single();
        await MakeAsync("second");
        await File.WriteAllBytesAsync(Metadata, old, TestContext.Current.CancellationToken);

        var forgotten = Directory.GetDirectories(Path.Combine(_folder, "partitions")).Single(folder => folder != known);
        var refused = await Assert.ThrowsAsync<MetadataStoreException>(StartAsync);
        Assert.Contains(forgotten, refused.Message, StringComparison.Ordinal);

        Directory.Move(forgotten, Path.Combine(_folder, "moved"));
        await using var server = await StartAsync();
        Assert.Equal("first", Assert.Single(await server.Streams.ListAsync()).Name);
    }

    [Fact]
    public async Task Change_AfterACheckpoint_IsInTheDatabaseFileAlone()
    {
        await using var server = await Server.StartAsync(_folder, silo => silo.Services.Configure<StorageOptions>(options => options.MetadataCheckpointInterval = TimeSpan.FromHours(1)));
        await server.Streams.CreateAsync("s");
        MetadataStore.Checkpoint(Metadata);

        var copy = Server.NewFolder();
        File.Copy(Metadata, Path.Combine(copy, "metadata.db"));
        await using (var other = await Server.StartAsync(copy))
            Assert.Equal("s", Assert.Single(await other.Streams.ListAsync()).Name);
        Directory.Delete(copy, recursive: true);
    }

    [Fact]
    public async Task Checkpoint_WithoutBeingAsked_ComesByItself()
    {
        await using var server = await Server.StartAsync(_folder, silo => silo.Services.Configure<StorageOptions>(options => options.MetadataCheckpointInterval = TimeSpan.FromMilliseconds(100)));
        await server.Streams.CreateAsync("s");
        using var limit = new CancellationTokenSource(Server.Patience);
        while (new FileInfo(Metadata + "-wal").Length > 0) // each turn is a call that is answered, so the beat gets its share
        {
            limit.Token.ThrowIfCancellationRequested();
            await server.Streams.ListAsync();
        }
    }

    [Fact]
    public async Task Row_OfOneStreamDamaged_HurtsThatStreamOnly()
    {
        var (bad, good) = (await MakeAsync("bad"), await MakeAsync("good"));
        Sql($"UPDATE GrainState SET Payload = CAST(replace(CAST(Payload AS TEXT), 'pages', 'pagez') AS BLOB) WHERE StateName = 'stream' AND (KeyHigh, KeyLow) IN (SELECT KeyHigh, KeyLow FROM GrainState WHERE CAST(Payload AS TEXT) LIKE '%{bad.Topic:D}%')");

        await using var server = await StartAsync();
        Assert.Contains($"stream/{bad.Stream:N}", Assert.Single(server.Log.Of(2104).Take(1)), StringComparison.Ordinal);
        Assert.Equal(1, server.Services.GetRequiredService<IStorageHealth>().Findings.Partitions);
        Assert.Equal(["bad", "good"], (await server.Streams.ListAsync()).Select(stream => stream.Name));
        await Server.RefusedAsync(Refusal.StorageFailed, () => server.Stream(bad.Stream).ListAsync().AsTask());
        await Server.RefusedAsync(Refusal.StorageFailed, () => server.Stream(bad.Stream).CreateTopicAsync("t", Server.Defaults, 1).AsTask());
        Assert.Single(await server.Stream(good.Stream).ListAsync());
        await server.MakeTopicAsync("new");
        await server.Log.WaitForAsync(2137); // the walk at the start went on
        Assert.Empty(server.Log.Of(2130));

        // What may yet be saved was not written over.
        Sql("UPDATE GrainState SET Payload = CAST(replace(CAST(Payload AS TEXT), 'pagez', 'pages') AS BLOB) WHERE StateName = 'stream'");
        await server.DeactivateAsync(server.Stream(bad.Stream));
        Assert.Single(await server.Stream(bad.Stream).ListAsync());
    }

    [Fact]
    public void RowChecksum_AnyBitFlipped_IsSeen()
    {
        var json = """{"name":"örders","count":7}"""u8.ToArray();
        var row = RowChecksum.Append(json);
        Assert.True(RowChecksum.TryRemove(row, out var read));
        Assert.Equal(json, read.ToArray());
        Assert.True(RowChecksum.TryRemove(json, out _)); // as earlier servers wrote it
        for (var bit = 0; bit < row.Length * 8; bit++)
        {
            var changed = row.ToArray();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.True(!RowChecksum.TryRemove(changed, out var rest) || rest.SequenceEqual(json), $"bit {bit}"); // a digit may change its case
        }
        for (var length = 0; length < row.Length; length++)
            Assert.True(!RowChecksum.TryRemove(row.AsSpan(0, length), out var rest) || rest.SequenceEqual(json), $"{length} bytes");
    }

    [Fact]
    public async Task SpareSpace_GivenUp_IsTakenAgainWhenThereIsRoom()
    {
        await using var server = await StartAsync();
        var spare = server.Services.GetRequiredService<SpareSpace>();
        spare.TakeIfRoom(); // the beat may have
        var file = new FileInfo(Path.Combine(_folder, SpareFile.Name));
        Assert.Equal(SpareFile.Bytes, file.Length);
        Assert.True(spare.TryRelease());
        Assert.Single(server.Log.Of(2106));
        spare.TakeIfRoom();
        file.Refresh();
        Assert.Equal(SpareFile.Bytes, file.Length);
        Assert.True(SpareSpace.IsDiskFull(new InvalidOperationException("write", new Microsoft.Data.Sqlite.SqliteException("full", 13))));
        Assert.False(SpareSpace.IsDiskFull(new InvalidOperationException("write", new Microsoft.Data.Sqlite.SqliteException("busy", 5))));
    }

    private Task<Server> StartAsync() => Server.StartAsync(_folder);

    // A stream with a topic with a message, made by a server that then stops.
    private async Task<(Guid Stream, Guid Topic)> MakeAsync(string name)
    {
        await using var server = await StartAsync();
        var (stream, topic) = await server.MakeTopicAsync(name);
        var partition = server.Partition((await server.Topic(topic.Incarnation).ListPartitionsAsync())[0].Key);
        Assert.Equal(Refusal.None, (await partition.AppendAsync(Batch("a"))).Refusal);
        return (stream.Incarnation, topic.Incarnation);
    }

    private void Sql(string sql)
    {
        using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Metadata};Pooling=False");
        connection.Open();
        using var command = new Microsoft.Data.Sqlite.SqliteCommand(sql, connection);
        Assert.NotEqual(0, command.ExecuteNonQuery());
    }
}
