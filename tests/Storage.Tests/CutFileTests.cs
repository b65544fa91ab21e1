using Iggy.Storage.Context;
using Iggy.Storage.Segments;
using Iggy.Storage.Tests.Setup;

namespace Iggy.Storage.Tests;

/// <summary>A file that another program cuts while it is open: one log fails with a word, the process goes on.</summary>
public class CutFileTests
{
    public static TheoryData<long> Lengths => [0, 100, 4096, 4096 + 40, 64 << 10];

    // The mapping reaches behind the cut.
    [Theory]
    [MemberData(nameof(Lengths))]
    public void Append_FileCut_FailsThisLogOnly(long length)
    {
        using var log = Filled();
        using var other = Filled();
        Cut(log.LogFile(), length);
        Assert.Equal(AppendStatus.Failed, log.Log.Append(MessageLayout.Classic, Batches.Classic(Sent.Of(1)), 1).Status);
        Assert.Equal(ReadStatus.Failed, log.StatusAt(3));
        Assert.Single(log.Logger.Events, one => one.Id == TestLogger.LogFailed);
        Assert.Equal(40UL, other.Append(Sent.Of(1)));
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Read_FileCut_FailsThisLogOnly(long length)
    {
        using var log = Filled();
        Cut(log.LogFile(), length);
        Assert.Equal(ReadStatus.Failed, log.StatusAt(39));
        Assert.Equal(ReadStatus.Failed, log.Log.Read(new ReadRequest(ReadFrom.Timestamp, 0, 1)).Status);
        Assert.Single(log.Logger.Events, one => one.Id == TestLogger.LogFailed);
        Assert.Equal(AppendStatus.Failed, log.Log.Append(MessageLayout.Classic, Batches.Classic(Sent.Of(1)), 1).Status);
    }

    // With durability Always a close writes into the mapping what was synced.
    [Theory]
    [InlineData(DurabilityMode.None, 5000)]
    [InlineData(DurabilityMode.Always, 5000)]
    [InlineData(DurabilityMode.Always, 0)]
    public void Dispose_FileCut_MakesItNoLonger(DurabilityMode durability, long length)
    {
        using var log = Filled(new PartitionLogOptions { Durability = durability });
        Cut(log.LogFile(), length);
        log.Log.Dispose();
        Assert.Equal(length, new FileInfo(log.LogFile()).Length);
    }

    [Fact]
    public void Open_FileCutWhileOpen_ServesWhatIsLeft()
    {
        using var log = Filled();
        Cut(log.LogFile(), 64 << 10);
        Assert.Equal(ReadStatus.Failed, log.StatusAt(39));
        log.Kill();
        var left = (ulong)log.Offsets().Length;
        Assert.InRange(left, 10UL, 16UL);
        Assert.Equal([new DamagedRange(left, 39)], log.Log.Damage);
        Assert.Equal(40UL, log.Append(Sent.Of(1)));
    }

    // Goal: a cut that falls between the look at the file and the touch of its memory hurts this log alone. Method: another thread cuts while this one appends
    // and reads in turn; without the guard the first rounds end the test run with SIGBUS.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AppendAndRead_CutMeanwhile_FailsThisLogOnly(bool cannotMap)
    {
        using var other = new TestLog();
        var sent = Batches.Classic(Sent.Of(500));
        for (var round = 0; round < 60; round++)
        {
            using var log = Filled(cannotMap: cannotMap);
            using var isReady = new ManualResetEventSlim();
            var cutting = Task.Run(() =>
            {
                isReady.Wait(TestContext.Current.CancellationToken);
                Cut(log.LogFile(), 0);
            }, TestContext.Current.CancellationToken);
            var (status, read) = (AppendStatus.Appended, ReadStatus.Ok);
            for (var i = 0; status is AppendStatus.Appended && read is ReadStatus.Ok; i++)
            {
                if (i == 10 + round)
                    isReady.Set();
                status = log.Log.Append(MessageLayout.Classic, sent, 1).Status;
                read = log.StatusAt((ulong)i % 40);
            }
            await cutting;
            Assert.Equal((AppendStatus.Failed, ReadStatus.Failed), (log.Log.Append(MessageLayout.Classic, sent, 1).Status, log.StatusAt(0)));
            Assert.Equal((ulong)round, other.Append(Sent.Of(500)));
            log.Kill(); // opens what is left
        }
        Assert.Equal(60, other.Offsets().Length);
    }

    private static TestLog Filled(PartitionLogOptions? options = null, bool cannotMap = false)
    {
        var log = new TestLog(options);
        log.Disk.CannotMap = cannotMap;
        for (var i = 0; i < 40; i++)
            log.Append(Sent.Of(4000, i));
        return log;
    }

    // As logrotate's copytruncate does.
    private static void Cut(string path, long length)
    {
        using var file = SegmentFile.Open(path);
        RandomAccess.SetLength(file, length);
    }
}
