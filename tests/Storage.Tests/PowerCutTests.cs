using Iggy.Storage.Context;
using Iggy.Storage.Files;
using Iggy.Storage.Log;
using Iggy.Storage.Tests.Setup;
using Microsoft.Extensions.Time.Testing;

namespace Iggy.Storage.Tests;

/// <summary>
/// What a power cut leaves, on a disk that keeps what was synced and any pages of the rest, in any order. Method: random appends, commits
/// and stored offsets, rolls among them; the cut comes before a random step of the disk; then the log is opened on what is left.
/// </summary>
public sealed class PowerCutTests : IDisposable
{
    private const int Cycles = 12;
    private static readonly ConsumerKey s_consumer = new(ConsumerKind.Consumer, 3);
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "iggy-storage-tests", Guid.NewGuid().ToString("N"));
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
    private readonly List<Sent> _sent = []; // by offset
    private TestLogger _logger = new();
    private int _acknowledged, _cuts;
    private ulong? _stored;                 // acknowledged
    private bool _isRetained;               // the oldest segments go, and no offset is stored, which would hold them
    private Task _removal = Task.CompletedTask;
    private ulong _firstOffset;             // of what was left then

    public void Dispose()
    {
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }

    // Goal: nothing acknowledged is lost, and what was not acknowledged is whole or not there at all: a power cut leaves no damage.
    [Theory]
    [MemberData(nameof(Seeds))]
    public Task Open_AfterAPowerCutWithAlways_HasEverythingAcknowledgedAndNoDamage(int seed) =>
        CutAsync(new PartitionLogOptions { Durability = DurabilityMode.Always }, seed);

    // Goal: the same where only the owner of the log waits for the disk, whatever the server does elsewhere.
    [Theory]
    [InlineData(DurabilityMode.None, 1)]
    [InlineData(DurabilityMode.None, 2)]
    [InlineData(DurabilityMode.None, 3)]
    [InlineData(DurabilityMode.Interval, 1)]
    [InlineData(DurabilityMode.Interval, 2)]
    [InlineData(DurabilityMode.Interval, 3)]
    public Task Open_AfterAPowerCutWhereEachAppendIsSynced_HasEverythingAcknowledgedAndNoDamage(DurabilityMode durability, int seed) =>
        CutAsync(new PartitionLogOptions { Durability = durability, SyncsEachAppend = true }, seed);

    // Goal: the same while files of old segments are being deleted, of which one becomes the next segment's.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public Task Open_AfterAPowerCutBesideRetention_HasWhatWasToStayAndNoDamage(int seed)
    {
        _isRetained = true;
        return CutAsync(new PartitionLogOptions { Durability = DurabilityMode.Always }, seed);
    }

    private async Task CutAsync(PartitionLogOptions options, int seed)
    {
        var random = new Random(seed);
        LogFolder.Create(_folder, PhysicalDisk.Instance);
        for (var cycle = 0; cycle < Cycles; cycle++)
        {
            var acknowledged = await RunUntilCutAsync(random, options);
            using var log = Open(options, new CutDisk(_folder, new Random(random.Next())));
            var found = ReadAll(log, acknowledged.Messages, isDamageAllowed: false, $"cycle {cycle}");
            _sent.RemoveRange(found, _sent.Count - found);
            Assert.Equal((ulong)_sent.Skip((int)log.Stats.FirstOffset).Sum(message => (long)message.ClassicBytes), log.Stats.MessageBytes); // counted again where the slot told too much
            if (acknowledged.Stored is { } stored)
                Assert.True(log.TryGetConsumerOffset(s_consumer, out var kept) && kept >= stored, $"cycle {cycle}: stored {stored}, kept {kept}");
            Assert.False(_logger.Has(TestLogger.StoredOffsetsLost), $"cycle {cycle}");
            Assert.Equal(default, log.Losses);
            _acknowledged = _sent.Count; // read, and there: what is served may not go again by a mere stop
            Close(log, random);
        }
    }

    // Goal: what was flushed is there; of the rest each offset is right, or damaged and told so, and is never given to another message.
    [Theory]
    [InlineData(DurabilityMode.None, 1)]
    [InlineData(DurabilityMode.None, 2)]
    [InlineData(DurabilityMode.None, 3)]
    [InlineData(DurabilityMode.Interval, 1)]
    [InlineData(DurabilityMode.Interval, 2)]
    [InlineData(DurabilityMode.Interval, 3)]
    public async Task Open_AfterAPowerCutWithoutAlways_HasWhatWasFlushedAndNamesWhatIsLost(DurabilityMode durability, int seed)
    {
        var (random, options) = (new Random(seed), new PartitionLogOptions { Durability = durability });
        LogFolder.Create(_folder, PhysicalDisk.Instance);
        for (var cycle = 0; cycle < Cycles; cycle++)
        {
            var acknowledged = await RunUntilCutAsync(random, options);
            using var log = Open(options, new CutDisk(_folder, new Random(random.Next())));
            _ = ReadAll(log, acknowledged.Messages, isDamageAllowed: true, $"cycle {cycle}");
            // What lies behind the damage is not asked for again: offsets before it were.
            _acknowledged = 0;
            log.Purge();
            await log.FlushAsync(toDisk: true);
            _sent.Clear();
            log.Dispose();
        }
    }

    // Goal: a hole above the synced position is cut only where nothing behind it was acknowledged.
    [Fact]
    public async Task Open_DamageBelowTheSyncedPosition_IsDamageStill()
    {
        using var log = new TestLog(new PartitionLogOptions { Durability = DurabilityMode.Always });
        for (var i = 0; i < 3; i++)
        {
            log.Append(Sent.Of(30, i));
            await log.Log.CommitAsync();
        }
        log.Kill(() => Bend(log.LogFile(), 4096 + 70)); // the newest slot tells that the first two are on disk
        Assert.Equal([new DamagedRange(0, 0)], log.Log.Damage);
        Assert.Equal([1UL, 2], log.Offsets(ReadFrom.Offset, 1));
        Assert.False(log.Logger.Has(TestLogger.UnsyncedCut));

        log.Kill(() => Bend(log.LogFile(), 4096 + (2 * 144) + 70)); // the third one is above it
        Assert.True(log.Logger.Has(TestLogger.UnsyncedCut));
        Assert.Equal(2UL, log.Append(Sent.Of(30)));
    }

    // The seal is gone as well, but the segment behind it was synced, and with it this one.
    [Fact]
    public async Task Open_DamageAboveTheSyncedPositionBeforeASyncedSegment_IsDamageAndNothingIsCut()
    {
        using var log = new TestLog(new PartitionLogOptions { Durability = DurabilityMode.Always, SegmentBytes = 512 });
        for (var i = 0; i < 4; i++)
        {
            log.Append(Sent.Of(600, i)); // two in a segment
            await log.Log.CommitAsync();
        }
        Assert.Equal(3u, log.Log.Stats.SegmentsCount);
        log.Append(Sent.Of(600, 4));
        await log.Log.CommitAsync();
        log.Append(Sent.Of(600, 5)); // its slot tells that the one before is on disk
        log.Kill(() =>
        {
            Bend(log.LogFile(2), 512 + 56);
            Bend(log.LogFile(2), 4096 + 712 + 70);
        });
        Assert.Equal([new DamagedRange(3, 3)], log.Log.Damage);
        Assert.Equal([4UL, 5], log.Offsets(ReadFrom.Offset, 4));
    }

    [Fact]
    public async Task Dispose_Always_TellsWhatIsSynced()
    {
        using var log = new TestLog(new PartitionLogOptions { Durability = DurabilityMode.Always });
        log.Append(Sent.Of(30));
        await log.Log.CommitAsync();
        log.Log.Dispose();
        Bend(log.LogFile(), 4096 + 70);
        Assert.Equal([new DamagedRange(0, 0)], log.Reopen().Log.Damage);
    }

    // A log that acknowledged without syncs: the first opening that syncs starts from what it found, and damage from before stays damage.
    [Theory]
    [InlineData(DurabilityMode.None)]
    [InlineData(DurabilityMode.Interval)]
    public async Task Open_AlwaysAfterAnotherDurability_CutsNothingOfIt(DurabilityMode before)
    {
        using var log = new TestLog(new PartitionLogOptions { Durability = before });
        log.Append(Sent.Of(30, 0));
        log.Append(Sent.Of(30, 1));
        log.Options = log.Options with { Durability = DurabilityMode.Always };
        log.Kill(() => Bend(log.LogFile(), 4096 + 70));
        Assert.Equal([new DamagedRange(0, 0)], log.Log.Damage);
        Assert.Equal([1UL], log.Offsets(ReadFrom.Offset, 1));

        log.Append(Sent.Of(30, 2)); // its sync does not end
        log.Kill(() => Bend(log.LogFile(), 4096 + (2 * 144) + 70));
        Assert.True(log.Logger.Has(TestLogger.UnsyncedCut));
        Assert.Equal([1UL], log.Offsets(ReadFrom.Offset, 1));
        Assert.Equal(2UL, log.Append(Sent.Of(30)));
        await log.Log.CommitAsync();
    }

    public static TheoryData<int> Seeds() => [.. Enumerable.Range(1, 16)];

    // Appends, commits and stores until the power goes. Files are then what the disk kept.
    private async Task<(int Messages, ulong? Stored)> RunUntilCutAsync(Random random, PartitionLogOptions options)
    {
        var disk = new CutDisk(_folder, new Random(random.Next()));
        var log = Open(options, disk);
        var cut = new TaskCompletionSource<(Dictionary<string, byte[]> Left, int Messages, ulong? Stored)>(TaskCreationOptions.RunContinuationsAsynchronously);
        disk.CutAfter(random.Next(1, 60), left => cut.TrySetResult((left, Volatile.Read(ref _acknowledged), _stored)));
        while (!cut.Task.IsCompleted)
            await StepAsync(log, disk, random);

        var (files, messages, stored) = await cut.Task;
        await _removal;
        log.Abandon();
        foreach (var path in Directory.GetFiles(_folder))
            File.Delete(path);
        foreach (var (path, bytes) in files)
            File.WriteAllBytes(path, bytes);
        _cuts++;
        return (messages, stored);
    }

    private async Task StepAsync(PartitionLog log, CutDisk disk, Random random)
    {
        Append(log, random);
        if (random.Next(4) == 0)
            disk.WriteBack();
        if (_isRetained && random.Next(3) == 0)
        {
            await _removal;
            var removal = log.TakeOldest((uint)random.Next(1, 4));
            (_removal, _firstOffset) = (Task.Run(removal.Run), log.Stats.FirstOffset);
        }
        ulong? stored = !_isRetained && random.Next(4) == 0 ? (ulong)_sent.Count - 1 : null; // never back, so that more is never wrong
        if (stored is { } offset)
            Assert.Equal(StoreOffsetStatus.Stored, log.StoreConsumerOffset(s_consumer, offset));
        if (!_isRetained && random.Next(4) == 0) // others come, so that the file grows
            Assert.Equal(StoreOffsetStatus.Stored, log.StoreConsumerOffset(new ConsumerKey(ConsumerKind.Group, (uint)random.Next(100)), (ulong)_sent.Count - 1));
        if (random.Next(3) == 0)
            return; // more of them in one sync

        var count = _sent.Count;
        var sync = log.CommitAsync(toDisk: true).AsTask();
        for (var beside = random.Next(3); beside > 0; beside--)
            Append(log, random);
        await sync;
        _stored = stored ?? _stored;
        Volatile.Write(ref _acknowledged, count);
    }

    private void Append(PartitionLog log, Random random)
    {
        var batch = Enumerable.Range(0, random.Next(1, 5)).Select(i => Sent.Of(random.Next(1, 1500), _sent.Count + i + (1000 * _cuts))).ToArray();
        if (random.Next(8) == 0)
            batch[^1] = batch[^1] with { OriginMicros = 7_200_000_000 }; // does not fit one record with the others
        Assert.Equal(AppendStatus.Appended, log.Append(MessageLayout.Classic, Batches.Classic(batch), (uint)batch.Length).Status);
        _sent.AddRange(batch);
        _clock.Advance(TimeSpan.FromMicroseconds(7));
    }

    private PartitionLog Open(PartitionLogOptions options, IDisk disk)
    {
        _logger = new TestLogger();
        return PartitionLog.Open(_folder, options with { SegmentBytes = 6 << 10 }, _clock, _logger, disk);
    }

    private int ReadAll(PartitionLog log, int acknowledged, bool isDamageAllowed, string when)
    {
        var next = (int)log.Stats.NextOffset;
        // Where nothing is synced the cut may take the newest segment whole: then the log goes on above every offset that was given.
        var most = _sent.Count + (isDamageAllowed ? (int)Inventory.OffsetsAhead : 0);
        Assert.True(next >= acknowledged && next <= most, $"{when}: {acknowledged} acknowledged, {next} found, {_sent.Count} sent");
        Assert.InRange(log.Stats.FirstOffset, 0UL, _firstOffset);
        for (var offset = (int)log.Stats.FirstOffset; offset < next;)
        {
            var read = log.Read(new ReadRequest(ReadFrom.Offset, (ulong)offset, 1000));
            if (read.Status is ReadStatus.Damaged && isDamageAllowed)
            {
                Assert.True(offset >= acknowledged, $"{when}: {offset} is damaged, {acknowledged} were on disk");
                offset = (int)read.LastOffset + 1;
                continue;
            }
            Assert.True(read.Status is ReadStatus.Ok, $"{when}: {offset} is {read.Status}; {acknowledged} acknowledged, {next} found; {string.Join('\n', _logger.Events)}");
            foreach (var message in Replies.Take(read, MessageLayout.Classic))
            {
                Assert.Equal((ulong)offset, message.Offset);
                Assert.Equal((_sent[offset].Id, _sent[offset].OriginMicros), (message.Id, message.OriginMicros));
                Assert.True(_sent[offset].Payload.AsSpan().SequenceEqual(message.Payload), $"{when}: message {offset}");
                offset++;
            }
        }
        return next;
    }

    // Cleanly, or not: then the next opening finds it as the cut and the recovery left it.
    private void Close(PartitionLog log, Random random)
    {
        if (random.Next(2) == 0)
            log.Dispose();
        else
        {
            log.Abandon();
            _acknowledged = 0;
        }
        _stored = null;
    }

    private static void Bend(string path, long position)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        var one = new byte[1];
        RandomAccess.Read(file, one, position);
        one[0] ^= 0x5A;
        RandomAccess.Write(file, one, position);
    }
}
