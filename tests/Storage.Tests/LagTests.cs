using Iggy.Storage.Context;
using Iggy.Storage.Log;
using Iggy.Storage.Tests.Setup;

namespace Iggy.Storage.Tests;

/// <summary>How far groups are behind, in messages and in time, of an open log and of its files.</summary>
public class LagTests
{
    private static readonly TimeSpan s_step = TimeSpan.FromSeconds(1);

    // Goal: the time of the oldest unread message is that message's, wherever it lies, and a closed log says the same as an open one. Method: a second between
    // batches over several segments, one group at every offset; its time is known from its batch.
    [Theory]
    [InlineData(1000)]
    [InlineData(1 << 20)]
    public void Lag_OfEveryOffset_IsThatOfTheFirstMessageBehindIt_OpenAndClosed(long segmentBytes)
    {
        const int Batches = 40, PerBatch = 3;
        using var log = new TestLog(new PartitionLogOptions { SegmentBytes = segmentBytes });
        var times = new List<ulong>();
        for (var i = 0; i < Batches; i++)
        {
            log.Append(Sent.Many(PerBatch, 64));
            times.Add(log.NowMicros);
            log.Clock.Advance(s_step);
        }
        for (var offset = 0u; offset < Batches * PerBatch; offset++)
            log.Log.StoreConsumerOffset(new(ConsumerKind.Group, offset), offset);
        log.Log.StoreConsumerOffset(new(ConsumerKind.Consumer, 7), 0); // no group
        Assert.Equal(Batches * PerBatch, log.Log.ListGroupOffsets().Length);

        var open = log.Log.ListGroupOffsets().ToDictionary(one => one.GroupId, one => log.Log.LagAfter(one.Offset));
        Assert.Equal(new ConsumerLag(Batches * PerBatch, times[0]), log.Log.LagAfter(null));
        foreach (var (group, lag) in open)
        {
            var left = (Batches * PerBatch) - 1 - group;
            Assert.Equal(left == 0 ? default : new ConsumerLag(left, times[(int)(group + 1) / PerBatch]), lag);
        }

        log.Log.Dispose();
        var files = Directory.GetFiles(log.Folder).ToDictionary(file => file, File.ReadAllBytes);
        Assert.True(PartitionLog.TryReadSummary(log.Folder, out var summary));
        var closed = PartitionLog.ReadLags(log.Folder, in summary);
        Assert.Equal(new ConsumerLag(Batches * PerBatch, times[0]), closed.Unread);
        Assert.Equal(open.OrderBy(one => one.Key), closed.Groups.OrderBy(one => one.Key));
        Assert.Equal(files.Keys.Order(), Directory.GetFiles(log.Folder).Order()); // looked at, not touched
        Assert.All(files, file => Assert.Equal(file.Value, File.ReadAllBytes(file.Key)));
    }

    // Goal: what is deleted is no lag.
    [Fact]
    public void Lag_BehindDeletedSegments_CountsWhatIsLeft()
    {
        using var log = new TestLog(new PartitionLogOptions { SegmentBytes = 1000 });
        for (var i = 0; i < 30; i++)
            log.Append(Sent.Many(3, 64));
        Assert.True(log.Log.DeleteSegments(3) > 0);
        Assert.Equal(log.Log.Stats.MessagesCount, log.Log.LagAfter(null).Messages);
        Assert.Equal(log.Log.Stats.MessagesCount, log.Log.LagAfter(0).Messages);
        log.Log.Dispose();
        Assert.True(PartitionLog.TryReadSummary(log.Folder, out var summary));
        Assert.Equal(summary.Stats.MessagesCount, PartitionLog.ReadLags(log.Folder, in summary).Unread.Messages);
    }

    // Goal: files that are no longer what they were give no time, and no wrong one. Method: each byte of the offsets file and of a record's head, one by one.
    [Fact]
    public void ReadLags_DamagedFiles_TellLessAndFailNowhere()
    {
        using var log = new TestLog();
        log.Append(Sent.Many(3, 64));
        log.Log.StoreConsumerOffset(new(ConsumerKind.Group, 1), 0);
        log.Log.Dispose();
        Assert.True(PartitionLog.TryReadSummary(log.Folder, out var summary));
        var whole = PartitionLog.ReadLags(log.Folder, in summary);
        foreach (var (file, from, to) in new[] { (Directory.GetFiles(log.Folder, "*.offsets").Single(), 0, 64), (Directory.GetFiles(log.Folder, "*.log").Single(), 4096, 4096 + 64) })
        {
            var bytes = File.ReadAllBytes(file);
            for (var i = from; i < to; i++)
            {
                bytes[i] ^= 0xFF;
                File.WriteAllBytes(file, bytes);
                bytes[i] ^= 0xFF;
                var lags = PartitionLog.ReadLags(log.Folder, in summary);
                Assert.True(lags.Groups.Count == 0 || lags.Groups[1].OldestMicros == 0 || lags.Groups[1] == whole.Groups[1]);
                Assert.True(lags.Unread.OldestMicros == 0 || lags.Unread == whole.Unread);
            }
            File.WriteAllBytes(file, bytes);
        }
        Assert.Equal(whole.Groups, PartitionLog.ReadLags(log.Folder, in summary).Groups);
    }
}
