using CsCheck;
using Iggy.Storage.AtRest;
using Iggy.Storage.Context;
using Iggy.Storage.Log;
using Iggy.Storage.Records;
using Iggy.Storage.Segments;
using Iggy.Storage.Tests.Setup;
using Microsoft.Extensions.Logging.Abstractions;

namespace Iggy.Storage.Tests;

/// <summary>A message that comes again is dropped, whatever happens in between, and offsets stay dense.</summary>
public class DeduplicationTests
{
    private static readonly PartitionLogOptions s_options = new() { Deduplication = new DeduplicationWindow(10, TimeSpan.FromMinutes(1)) };

    [Theory]
    [InlineData(MessageLayout.Classic)]
    [InlineData(MessageLayout.Compact)]
    public void Append_SomeCameBefore_KeepsTheOthersWithDenseOffsets(MessageLayout layout)
    {
        using var log = new TestLog(s_options);
        Assert.Equal(0UL, log.Append(layout, [Message(1), Message(2)]));
        Assert.Equal(2UL, log.Append(layout, [Message(3), Message(1), Message(4), Message(2) with { Payload = [9] }]));
        Assert.Equal(4UL, log.Append(layout, [Message(5)]));
        Check(log, 1, 2, 3, 4, 5);
        Assert.Contains("2 of 4 messages", Assert.Single(log.Logger.Events, entry => entry.Id == 1020).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(MessageLayout.Classic)]
    [InlineData(MessageLayout.Compact)]
    public void Append_TwiceInOneBatch_KeepsTheFirst(MessageLayout layout)
    {
        using var log = new TestLog(s_options);
        log.Append(layout, [Message(1), Message(2), Message(1) with { Payload = [9] }, Message(3), Message(3)]);
        Check(log, 1, 2, 3);
        log.Append(layout, [Message(4), Message(4)]);
        Check(log, 1, 2, 3, 4);
    }

    [Theory]
    [InlineData(MessageLayout.Classic)]
    [InlineData(MessageLayout.Compact)]
    public void Append_AllCameBefore_IsFineAndWritesNothing(MessageLayout layout)
    {
        using var log = new TestLog(s_options);
        log.Append(layout, [Message(1), Message(2)]);
        var stats = log.Log.Stats;
        var result = log.Log.Append(layout, Batches.Of(layout, [Message(2), Message(1)]), 2);
        Assert.Equal(new AppendResult(AppendStatus.Appended, 2), result);
        Assert.Equal(stats, log.Log.Stats);
        Assert.Equal(2UL, log.Append(layout, [Message(3)]));
        Check(log, 1, 2, 3);
    }

    [Fact]
    public void Append_WithoutIds_NeverMatches()
    {
        using var log = new TestLog(s_options);
        for (var i = 0; i < 5; i++)
            log.Append(Message(0), Message(0), Message(7));
        Assert.Equal(11, log.Read().Count);
        Assert.Equal(11, log.Read().Select(message => message.Id).Distinct().Count());
    }

    // The two halves of an id and their order matter.
    [Fact]
    public void Append_IdsThatDifferInOneHalf_AreDifferent()
    {
        using var log = new TestLog(s_options);
        log.Append(Message(1), Message((UInt128)1 << 64), Message(((UInt128)1 << 64) + 1), Message(((UInt128)2 << 64) + 1));
        Assert.Equal(4, log.Read().Count);
    }

    [Fact]
    public void Append_WithoutTheOption_KeepsEverything()
    {
        using var log = new TestLog();
        log.Append(Message(1), Message(1));
        log.Append(Message(1));
        Check(log, 1, 1, 1);
    }

    [Fact]
    public void Window_Count_ForgetsTheOldest()
    {
        using var log = new TestLog(s_options);
        for (var i = 1; i <= 11; i++)
            log.Append(Message((UInt128)i));
        log.Append(Message(2)); // the oldest of ten
        log.Append(Message(1)); // the eleventh
        Assert.Equal([.. Enumerable.Range(1, 11), 1], log.Read().Select(message => (int)message.Id));
        CheckSameAfterReopen(log);
    }

    [Fact]
    public void Window_Time_ForgetsWhatIsExactlyThatOld()
    {
        using var log = new TestLog(s_options);
        log.Append(Message(1));
        log.Clock.Advance(TimeSpan.FromMinutes(1) - TimeSpan.FromMicroseconds(1));
        log.Append(Message(1), Message(2));
        log.Clock.Advance(TimeSpan.FromMicroseconds(1));
        log.Append(Message(1), Message(2));
        Check(log, 1, 2, 1);
        CheckSameAfterReopen(log);
    }

    // A batch that is larger than the window is still looked through as a whole.
    [Fact]
    public void Append_BatchAboveTheWindow_IsFreeOfDuplicates()
    {
        using var log = new TestLog(s_options);
        var ids = Enumerable.Range(1, 300).Concat(Enumerable.Range(1, 300)).Select(i => Message((UInt128)i)).ToArray();
        log.Append(ids);
        Assert.Equal(300, log.Read().Count);
        log.Append(Message(291), Message(290));
        Assert.Equal(290, (int)Assert.Single(log.Read(ReadFrom.Offset, 300)).Id);
    }

    public static TheoryData<RecordCodec, bool> Kinds { get; } = new() { { RecordCodec.None, false }, { RecordCodec.Zstd, false }, { RecordCodec.None, true }, { RecordCodec.Lz4, true } };

    // Goal: who opens the log knows what its last user knew. Method: after a clean close and after a death, over several segments.
    [Theory]
    [MemberData(nameof(Kinds))]
    public void Open_AfterACloseOrADeath_RemembersTheNewest(RecordCodec codec, bool isEncrypted)
    {
        using var log = new TestLog(s_options with { SegmentBytes = 512, Encryption = isEncrypted ? new EncryptionKeys([new(1, new byte[32])], 1) : null });
        log.Log.Codec = codec;
        for (var i = 1; i <= 30; i += 2)
            log.Append(CompressionTests.Text(i, 200) with { Id = (UInt128)i }, CompressionTests.Text(i, 200) with { Id = (UInt128)(i + 1) });
        Assert.True(log.Log.Stats.SegmentsCount > 5);
        foreach (var isDeath in new[] { false, true })
        {
            _ = isDeath ? log.Kill() : log.Reopen();
            log.Append(Enumerable.Range(21, 10).Select(i => Message((UInt128)i)).ToArray());
            Assert.Equal(30UL, log.Log.Stats.NextOffset);
        }
        log.Append(Message(20));
        Assert.Equal(31UL, log.Log.Stats.NextOffset);
    }

    [Fact]
    public void Open_AfterTheExpiry_RemembersNothing()
    {
        using var log = new TestLog(s_options);
        log.Append(Message(1));
        log.Clock.Advance(TimeSpan.FromMinutes(1));
        log.Reopen().Append(Message(1));
        Check(log, 1, 1);
    }

    [Fact]
    public void Open_PartOfTheTailExpired_RemembersTheRest()
    {
        using var log = new TestLog(s_options with { SegmentBytes = 512 });
        for (var i = 1; i <= 8; i++)
        {
            log.Append(CompressionTests.Text(i, 300) with { Id = (UInt128)i });
            log.Clock.Advance(TimeSpan.FromSeconds(10));
        }
        log.Reopen().Append(Enumerable.Range(1, 8).Select(i => Message((UInt128)i)).ToArray()); // 80 to 10 seconds old
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3], log.Read().Select(message => (int)message.Id));
    }

    [Fact]
    public void Open_TailThatIsDamaged_RemembersWhatCanBeRead()
    {
        using var log = new TestLog(s_options with { SegmentBytes = 64 << 10 });
        for (var i = 1; i <= 4; i++)
            log.Append(Message((UInt128)i));
        log.Kill(() =>
        {
            var bytes = File.ReadAllBytes(log.LogFile());
            bytes[SegmentFormat.HeadBytes + RecordFormat.Align(64 + 48 + 20) + 70] ^= 1; // in the body of the second record
            File.WriteAllBytes(log.LogFile(), bytes);
        });
        log.Append(Enumerable.Range(1, 4).Select(i => Message((UInt128)i)).ToArray());
        Assert.Equal(ReadStatus.Damaged, log.StatusAt(1));
        Assert.Equal(2, (int)Assert.Single(log.Read(ReadFrom.Offset, 4)).Id);
    }

    [Fact]
    public void Purge_ForgetsEverything()
    {
        using var log = new TestLog(s_options);
        log.Append(Message(1), Message(2));
        log.Log.Purge();
        Assert.Equal(0UL, log.Append(Message(1), Message(2)));
        Check(log, 1, 2);
        CheckSameAfterReopen(log);
    }

    [Fact]
    public void TruncateAfter_ForgetsWhatWasCut()
    {
        using var log = new TestLog(s_options);
        log.Append(Message(1), Message(2), Message(3));
        log.Log.TruncateAfter(0);
        log.Append(Message(1), Message(2), Message(4));
        Check(log, 1, 2, 4);
    }

    // Goal: a producer that tries again when there is space gets its message in.
    [Fact]
    public void Append_ThatFailed_IsNotRemembered()
    {
        using var log = new TestLog(s_options);
        log.Append(Message(1), Message(2));
        log.Disk.FullFrom = 0;
        var large = Enumerable.Range(3, 9).Select(i => Sent.Of(1 << 20) with { Id = (UInt128)i }).ToArray();
        for (var i = 0; i < 3; i++)
        {
            Sent[] batch = [Message(2), .. large, large[0]];
            Assert.Equal(AppendStatus.DiskFull, log.Log.Append(MessageLayout.Classic, Batches.Classic(batch), (uint)batch.Length).Status);
        }
        log.Disk.FullFrom = long.MaxValue;
        Assert.Equal(2UL, log.Append([Message(2), .. large, large[0]]));
        Assert.Equal(Enumerable.Range(1, 11), log.Read(count: 100).Concat(log.Read(ReadFrom.Offset, 11, 100)).Select(message => (int)message.Id));
        log.Append(Message(3), Message(11));
        Assert.Equal(11UL, log.Log.Stats.NextOffset);
    }

    [Theory]
    [InlineData(0, 1_000_000)]
    [InlineData(10, 0)]
    [InlineData(-1, -1)]
    public void Open_WindowOfNothing_IsRefused(int entries, long micros)
    {
        using var log = new TestLog(new PartitionLogOptions { Deduplication = new DeduplicationWindow(entries, TimeSpan.FromMicroseconds(micros)) });
        Assert.Throws<ArgumentOutOfRangeException>(() => log.Log);
        log.Options = new PartitionLogOptions();
    }

    // An OK to a repeated message promises what the first one's would have, though that may have died before its sync.
    [Fact]
    public async Task CommitAsync_OfARepeatedMessageAfterADeath_WaitsForASync()
    {
        using var log = new TestLog(s_options with { Durability = DurabilityMode.Always });
        log.Append(Message(1));
        log.Kill();
        var before = log.Disk.Flushes;
        log.Append(Message(1));
        await log.Log.CommitAsync();
        Assert.True(log.Disk.Flushes > before);
        Check(log, 1);
    }

    // Goal: window, log and restarts agree with a list that is searched from the end. Method: random batches of few ids, time steps and reopenings.
    [Fact]
    public void Append_RandomIdsTimesAndRestarts_KeepsWhatTheModelKeeps()
    {
        var step = Gen.Select(Gen.Int[0, 25].Array[1, 12], Gen.Int[0, 30], Gen.Int[0, 9], Gen.Bool);
        step.Array[1, 40].Sample(steps =>
        {
            using var log = new TestLog(s_options with { SegmentBytes = 512 });
            var kept = new List<(int Id, ulong At)>();
            foreach (var (ids, seconds, restart, isCompact) in steps)
            {
                log.Clock.Advance(TimeSpan.FromSeconds(seconds));
                if (restart == 0)
                    log.Reopen();
                else if (restart == 1)
                    log.Kill();
                var now = log.NowMicros;
                var window = kept.Where(one => one.At + 60_000_000 > now).TakeLast(10).Select(one => one.Id).ToHashSet();
                foreach (var id in ids)
                {
                    if (window.Add(id))
                        kept.Add((id, now));
                }
                log.Append(isCompact ? MessageLayout.Compact : MessageLayout.Classic, [.. ids.Select(id => Message((UInt128)(uint)id + 1))]);
            }
            Assert.Equal(kept.Select(one => one.Id + 1), log.Read().Select(message => (int)message.Id));
        }, iter: 60, threads: 1);
    }

    [Theory]
    [InlineData(MessageLayout.Classic)]
    [InlineData(MessageLayout.Compact)]
    public void Append_SteadyState_AllocatesNothing(MessageLayout layout)
    {
        using var log = new TestLog();
        var batches = Enumerable.Range(0, 40).Select(i => Batches.Of(layout, Enumerable.Range(i * 100, 100).Select(id => Sent.Of(100) with { Id = (UInt128)(uint)id + 1 }).ToArray())).ToArray();
        var half = Batches.Of(layout, Enumerable.Range(3950, 100).Select(id => Sent.Of(100) with { Id = (UInt128)(uint)(id % 4000) + 1 }).ToArray());
        var options = new PartitionLogOptions { Deduplication = new DeduplicationWindow(1000, TimeSpan.FromMinutes(1)) };
        using var partition = PartitionLog.Open(log.Folder, options, log.Clock, NullLogger.Instance, log.Disk);
        var rounds = 0UL;
        Assert.Equal(0, Allocations.Least(Work));
        Assert.Equal((rounds * 4000) + 50, partition.Stats.NextOffset); // half of the last one came before; the other half meets the first one again

        void Work()
        {
            rounds++;
            foreach (var batch in batches)
                partition.Append(layout, batch, 100);
            partition.Append(layout, half, 100);
            partition.Append(layout, half, 100); // nothing of it is new
        }
    }

    private static Sent Message(UInt128 id) => Sent.Of(20) with { Id = id };

    private static void Check(TestLog log, params int[] ids)
    {
        var served = log.Read();
        Assert.Equal(ids, served.Select(message => (int)message.Id));
        Assert.Equal(Enumerable.Range(0, ids.Length), served.Select(message => (int)message.Offset));
        Assert.All(served, message => Assert.Equal(20, message.Payload.Length));
    }

    private static void CheckSameAfterReopen(TestLog log)
    {
        var newest = log.Read()[^1];
        var next = log.Log.Stats.NextOffset;
        log.Kill().Append(Message(newest.Id));
        Assert.Equal(next, log.Log.Stats.NextOffset);
    }
}
