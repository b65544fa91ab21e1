using System.Text;
using System.Text.Json.Nodes;
using Iggy.Grains.Hosting;
using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Grains.Interfaces.Users;
using Iggy.Grains.Metadata;
using Iggy.Grains.Streams;
using Iggy.Grains.Tests.Setup;
using Iggy.Testing;
using Microsoft.Data.Sqlite;
using Orleans.Storage;

namespace Iggy.Grains.Tests;

/// <summary>Directories in pages: what a change writes, what a death or damage leaves, and what earlier servers left.</summary>
public sealed class PagedStateTests : IDisposable
{
    private static readonly GrainId s_grain = GrainId.Create("stream", "1");
    private readonly string _folder = Server.NewFolder();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    // Goal: a change costs by its own size. Method: a storage that counts the bytes of rows; the directory is written once, then one topic more is made.
    [Fact]
    public async Task CreateTopic_AmongManyOthers_WritesNoMoreThanAmongFew()
    {
        var (few, many) = (await WrittenByACreationAsync(10), await WrittenByACreationAsync(10_000));
        TestContext.Current.TestOutputHelper?.WriteLine($"{few} bytes with 10 topics, {many} with 10,000");
        Assert.InRange(many, 1, 2 * few); // a page that is less full or fuller
        Assert.InRange(few, 1, 8 << 10);
    }

    // Goal: what earlier servers wrote is read, and becomes pages with the first change. Method: the rows are put back into the old shape by hand.
    [Theory]
    [InlineData(3)]
    [InlineData(40)]
    public async Task Start_DirectoriesOfAnEarlierServer_AreReadAndKeptByChanges(int count)
    {
        Assert.SkipWhen(TestStore.IsPostgreSql, "Earlier servers had SQLite.");
        string[] names = [.. Enumerable.Range(0, count).Select(static i => $"{i}")];
        Guid stream, topic;
        await using (var server = await Server.StartAsync(_folder))
        {
            await server.Users.EnsureRootAsync("iggy", "$2a$");
            foreach (var name in names.Skip(1))
                await server.Streams.CreateAsync(name);
            var (streamEntry, topicEntry) = await server.MakeTopicAsync("last");
            (stream, topic) = (streamEntry.Incarnation, topicEntry.Incarnation);
            foreach (var name in names.Skip(1))
            {
                await server.Stream(stream).CreateTopicAsync(name, Server.Defaults, 0);
                await server.Topic(topic).CreateGroupAsync(name);
                await server.Users.CreateAsync(new NewUser(name, "secret", Inactive: false, Permissions: null));
            }
        }
        MakeOld();

        for (var round = 0; round < 2; round++) // as it lies, and after a change
        {
            await using var server = await Server.StartAsync(_folder);
            Assert.Equal(count + round, (await server.Streams.ListAsync()).Length);
            Assert.Equal(count + round, (await server.Stream(stream).ListAsync()).Length);
            Assert.Equal(count - 1 + round, (await server.Topic(topic).ListGroupsAsync()).Length);
            Assert.Equal(count + round, (await server.Users.ListAsync()).Length);
            Assert.NotNull(await server.Users.FindByNameAsync("1"));
            Assert.Equal((uint)(count + round), (await server.Streams.CreateAsync($"new{round}")).Id);
            await server.Stream(stream).CreateTopicAsync($"new{round}", Server.Defaults, 0);
            await server.Topic(topic).CreateGroupAsync($"new{round}");
            Assert.Equal((uint)(count + round), (await server.Users.CreateAsync(new NewUser($"new{round}", "secret", Inactive: false, Permissions: null))).Entry.Id);
        }

        Assert.DoesNotContain("\"name\":\"1\"", Row("streams"), StringComparison.Ordinal); // it is in a page now
        Assert.Contains("\"name\":\"1\"", Row("streams.0"), StringComparison.Ordinal);
    }

    // A death between the directory's row and the page: who was told nothing lost nothing, and a removal that is noted counts.
    [Fact]
    public async Task Change_PageNotWritten_CreationIsNotThereAndANotedRemovalIsFinished()
    {
        await using (var server = await Server.StartAsync(_folder))
        {
            var kept = await server.Streams.CreateAsync("kept");
            var (gone, _) = await server.MakeTopicAsync("gone");
            server.BreakWrites("streams.0");
            await Server.RefusedAsync(Refusal.StorageFailed, () => server.Streams.CreateAsync("new").AsTask());
            Assert.Equal(["kept", "gone"], (await server.Streams.ListAsync()).Select(stream => stream.Name));
            await Server.RefusedAsync(Refusal.StorageFailed, () => server.Streams.RenameAsync(kept.Incarnation, "renamed").AsTask());
            await Server.RefusedAsync(Refusal.StorageFailed, () => server.Streams.DeleteAsync(gone.Incarnation).AsTask());
            Assert.Equal([kept], await server.Streams.ListAsync());
            server.MendWrites();
        }

        await using (var server = await Server.StartAsync(_folder))
        {
            Assert.Equal("kept", Assert.Single(await server.Streams.ListAsync()).Name);
            await server.Log.WaitForAsync(2103); // removed what was left
            Assert.Empty(server.PartitionFolders());
            Assert.Equal(1u, (await server.Streams.CreateAsync("new")).Id);
        }

        await using (var server = await Server.StartAsync(_folder))
            Assert.Equal(["kept", "new"], (await server.Streams.ListAsync()).Select(stream => stream.Name));
    }

    [Fact]
    public async Task Page_Damaged_HurtsItsEntriesAndNothingElse()
    {
        Guid hurt;
        await using (var server = await Server.StartAsync(_folder))
        {
            for (var i = 0; i < 17; i++)
                await server.Streams.CreateAsync($"{i}");
            hurt = (await server.Streams.ListAsync())[0].Incarnation;
            server.Sql("UPDATE GrainState SET Payload = substring(Payload, 1, 40) WHERE StateName = 'streams.0'");
        }

        await using (var server = await Server.StartAsync(_folder))
        {
            Assert.Equal("16", Assert.Single(await server.Streams.ListAsync()).Name);
            Assert.Contains("streams.0", Assert.Single(server.Log.Of(2104)), StringComparison.Ordinal);
            Assert.Equal(17u, (await server.Streams.CreateAsync("new")).Id); // no id that may be somebody's
            await Server.RefusedAsync(Refusal.StreamNotFound, () => server.Streams.DeleteAsync(hurt).AsTask());
            await server.Streams.RenameAsync((await server.Streams.ListAsync())[0].Incarnation, "renamed");
        }

        await using (var server = await Server.StartAsync(_folder))
            Assert.Equal(["renamed", "new"], (await server.Streams.ListAsync()).Select(stream => stream.Name));
    }

    private static async Task<long> WrittenByACreationAsync(int topics)
    {
        var storage = new CountingStorage();
        var directory = new PagedState<StreamState, TopicEntry>(new StoredRow<StreamState>(storage), storage, "stream", s_grain);
        await directory.ReadStateAsync();
        directory.State = directory.State with { Topics = [.. Enumerable.Range(0, topics).Select(Topic)] };
        await directory.WriteStateAsync();
        storage.Bytes = 0;
        directory.State = directory.State with { Topics = directory.State.Topics.Add(Topic(topics)) };
        await directory.WriteStateAsync();
        var written = storage.Bytes;
        await directory.ReadStateAsync();
        Assert.Equal(topics + 1, directory.State.Topics.Length);
        return written;

        static TopicEntry Topic(int id) => new((uint)id, Guid.CreateVersion7(), $"topic-{id}", 1_700_000_000_000_000, Server.Defaults);
    }

    private void MakeOld()
    {
        using var connection = Open(_folder);
        foreach (var (row, list) in new[] { ("streams", "streams"), ("stream", "topics"), ("users", "users"), ("topic", "groups") })
        {
            foreach (var (high, low, payload) in Rows(connection, row))
            {
                var state = JsonNode.Parse(Json(payload))!.AsObject();
                for (var page = 0; page < ((int?)state["pages"] ?? 0); page++)
                {
                    foreach (var (_, _, entries) in Rows(connection, $"{row}.{page}").Where(one => (one.High, one.Low) == (high, low)))
                    {
                        foreach (var entry in JsonNode.Parse(Json(entries))!["entries"]!.AsArray())
                            state[list]!.AsArray().Add(entry!.DeepClone());
                    }
                }
                state.Remove("pages");
                using var command = new SqliteCommand($"UPDATE GrainState SET Payload = @Payload WHERE StateName = '{row}' AND KeyHigh = {high} AND KeyLow = {low}", connection);
                command.Parameters.AddWithValue("@Payload", RowChecksum.Append(Encoding.UTF8.GetBytes(state.ToJsonString())));
                command.ExecuteNonQuery();
            }
            Execute(connection, $"DELETE FROM GrainState WHERE StateName LIKE '{row}.%'");
        }
    }

    private string Row(string name)
    {
        using var connection = Open(_folder);
        return Json(Rows(connection, name).Single().Payload);
    }

    private static string Json(byte[] payload)
    {
        Assert.True(RowChecksum.TryRemove(payload, out var json));
        return Encoding.UTF8.GetString(json);
    }

    private static List<(long High, long Low, byte[] Payload)> Rows(SqliteConnection connection, string name)
    {
        using var command = new SqliteCommand($"SELECT KeyHigh, KeyLow, Payload FROM GrainState WHERE StateName = '{name}'", connection);
        using var reader = command.ExecuteReader();
        var rows = new List<(long, long, byte[])>();
        while (reader.Read())
            rows.Add((reader.GetInt64(0), reader.GetInt64(1), (byte[])reader.GetValue(2)));
        return rows;
    }

    private static SqliteConnection Open(string folder)
    {
        var connection = new SqliteConnection($"Data Source={Path.Combine(folder, "metadata.db")};Pooling=False");
        connection.Open();
        return connection;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = new SqliteCommand(sql, connection);
        command.ExecuteNonQuery();
    }

    /// <summary>Rows in memory, as they would lie in a store.</summary>
    private sealed class CountingStorage : IGrainStorage
    {
        private readonly Dictionary<string, BinaryData> _rows = [];
        private readonly StateSerializer _serializer = new();

        public long Bytes { get; set; }

        public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            grainState.RecordExists = _rows.TryGetValue(stateName, out var row);
            grainState.State = row is null ? Activator.CreateInstance<T>() : _serializer.Deserialize<T>(row);
            return Task.CompletedTask;
        }

        public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            var row = _serializer.Serialize(grainState.State);
            (_rows[stateName], Bytes, grainState.RecordExists) = (row, Bytes + row.ToMemory().Length, true);
            return Task.CompletedTask;
        }

        public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => throw new NotSupportedException();
    }

    private sealed class StoredRow<TState>(IGrainStorage storage) : IPersistentState<TState>
    {
        private readonly GrainState<TState> _state = new();

        public TState State
        {
            get => _state.State!;
            set => _state.State = value;
        }

        public string? Etag => null;
        public bool RecordExists => _state.RecordExists;

        public Task ReadStateAsync() => storage.ReadStateAsync("row", s_grain, _state);
        public Task WriteStateAsync() => storage.WriteStateAsync("row", s_grain, _state);
        public Task ClearStateAsync() => throw new NotSupportedException();
    }
}
