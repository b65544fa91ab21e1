using System.Diagnostics.Metrics;
using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Grains.Options;
using Iggy.Grains.Tests.Setup;
using Microsoft.Extensions.DependencyInjection;
using static Iggy.Grains.Tests.Setup.Messages;

namespace Iggy.Grains.Tests;

/// <summary>Readers that meet damage: told once, counted, and moved behind it where the server keeps their position.</summary>
public sealed class DamageTests
{
    private const int Passed = 2020;

    [Fact]
    public async Task Poll_NextAtDamage_IsToldOnceAndGoesOnBehindIt()
    {
        await using var server = await Server.StartAsync();
        using var skipped = new Skipped(server);
        var partition = await DamagedAsync(server, damaged: 2);
        Assert.Equal(0, skipped.Messages);

        Assert.Equal([0UL, 1], Offsets(await partition.PollAsync(Poll(PollFrom.Next, autoCommit: true))));
        Assert.Equal(Refusal.Damaged, (await partition.PollAsync(Poll(PollFrom.Next, autoCommit: true))).Refusal);
        Assert.Equal(2UL, (await partition.GetOffsetAsync(Consumer)).StoredOffset);
        Assert.Equal([3UL, 4, 5, 6, 7], Offsets(await partition.PollAsync(Poll(PollFrom.Next, autoCommit: true))));
        Assert.Contains("offsets 2 to 2", Assert.Single(server.Log.Of(Passed)), StringComparison.Ordinal);
        Assert.Equal(1, skipped.Messages);
    }

    [Fact]
    public async Task Poll_NextAtDamageWithNothingStored_GoesOnBehindItWithoutAutoCommitToo()
    {
        await using var server = await Server.StartAsync();
        var partition = await DamagedAsync(server, damaged: 0);

        Assert.Equal(Refusal.Damaged, (await partition.PollAsync(Poll(PollFrom.Next))).Refusal);
        Assert.Equal([1UL, 2, 3, 4, 5, 6, 7], Offsets(await partition.PollAsync(Poll(PollFrom.Next))));
    }

    [Fact]
    public async Task PollGroup_NextAtDamage_IsToldOnceAndGoesOnBehindIt()
    {
        await using var server = await Server.StartAsync();
        var partition = await DamagedAsync(server, damaged: 0);
        var claim = new GroupClaim(4, Guid.NewGuid(), Term: 1);
        await partition.AssignGroupAsync(claim);
        var poll = Poll(PollFrom.Next) with { Consumer = new ConsumerKey(ConsumerKind.Group, 4) };

        Assert.Equal(Refusal.Damaged, (await partition.PollGroupAsync(poll, claim)).Poll.Refusal);
        Assert.Equal([1UL, 2, 3, 4, 5, 6, 7], Offsets((await partition.PollGroupAsync(poll, claim)).Poll));
    }

    [Theory]
    [InlineData(PollFrom.Offset)]
    [InlineData(PollFrom.First)]
    [InlineData(PollFrom.Timestamp)]
    public async Task Poll_DamageAskedFor_IsToldEveryTimeAndMovesNobody(PollFrom from)
    {
        await using var server = await Server.StartAsync();
        using var skipped = new Skipped(server);
        var partition = await DamagedAsync(server, damaged: 0);
        for (var i = 0; i < 3; i++)
            Assert.Equal(Refusal.Damaged, (await partition.PollAsync(Poll(from, autoCommit: true))).Refusal);
        Assert.Equal(Refusal.ConsumerOffsetNotFound, (await partition.GetOffsetAsync(Consumer)).Refusal);
        Assert.Equal(0, skipped.Messages);
    }

    // A key that is missing is found again; what consumers were moved over would not be.
    [Fact]
    public async Task Poll_NextAtARecordOfAnotherKey_MovesNobody()
    {
        var folder = Server.NewFolder();
        string key;
        await using (var server = await StartAsync(folder, 1))
        {
            var partition = await server.MakePartitionAsync("s");
            key = partition.GetPrimaryKeyString();
            await partition.AppendAsync(Batch("first", "second"));
        }

        File.Delete(Path.Combine(folder, "encryption.keys"));
        await using (var server = await StartAsync(folder, 2))
        {
            for (var i = 0; i < 2; i++)
                Assert.Equal(Refusal.Damaged, (await server.Partition(key).PollAsync(Poll(PollFrom.Next))).Refusal);
            Assert.Empty(server.Log.Of(Passed));
        }
        Directory.Delete(folder, recursive: true);
    }

    private static Task<Server> StartAsync(string folder, byte key) => Server.StartAsync(folder, silo => silo.Services.Configure<EncryptionOptions>(options =>
        (options.Enabled, options.Key) = (true, Convert.ToBase64String([.. Enumerable.Repeat(key, 32)]))));

    // Eight messages of 1000 bytes, one of them damaged.
    private static async Task<IPartitionGrain> DamagedAsync(Server server, int damaged)
    {
        var partition = await server.MakePartitionAsync($"s{Guid.NewGuid()}");
        for (var i = 0; i < 8; i++)
            await partition.AppendAsync(Batch(new string((char)('a' + i), 936)));
        await server.DeactivateAsync(partition);
        foreach (var path in Directory.GetFiles(server.Partitions, "*.log", SearchOption.AllDirectories))
        {
            var bytes = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
            var at = bytes.AsSpan().IndexOf(Enumerable.Repeat((byte)('a' + damaged), 900).ToArray());
            if (at < 0)
                continue;
            bytes[at] = (byte)'!';
            await File.WriteAllBytesAsync(path, bytes, TestContext.Current.CancellationToken);
        }
        return partition;
    }

    private static ulong[] Offsets(PollResult polled) => [.. Read(polled).Select(message => message.Offset)];

    /// <summary>The counter of one server.</summary>
    private sealed class Skipped : IDisposable
    {
        private readonly MeterListener _listener = new();
        private long _messages;

        public Skipped(Server server)
        {
            var meters = server.Services.GetRequiredService<IMeterFactory>();
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "iggy.damage.skipped" && instrument.Meter.Scope == meters)
                    listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>((_, value, _, _) => _messages = value);
            _listener.Start();
        }

        public long Messages
        {
            get
            {
                _listener.RecordObservableInstruments();
                return _messages;
            }
        }

        public void Dispose() => _listener.Dispose();
    }
}
