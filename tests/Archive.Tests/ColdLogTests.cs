using CsCheck;
using Iggy.Archive.Tests.Setup;
using Iggy.Storage;
using Iggy.Storage.Cold;

namespace Iggy.Archive.Tests;

/// <summary>A log whose oldest segments are in an archive is the log that it was.</summary>
public sealed class ColdLogTests
{
    private static readonly ConsumerKey _group = new(ConsumerKind.Group, 1);

    // Goal: nobody can tell where a message lies. Method: a log is read in every way before any segment goes; then some go, and every read and figure is the same, also after a new opening.
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(1000)] // all sealed ones
    public void Read_InEveryWay_IsAsBeforeSegmentsWentCold(int cold)
    {
        using var folder = new ColdFolder();
        folder.Append(60);
        var (all, stats) = (folder.ReadAll(), folder.Log.Stats);
        Assert.Equal(60, all.Count);
        folder.MoveCold(cold);
        Assert.True(folder.Log.LocalFirstOffset > 0);
        for (var round = 0; round < 2; round++)
        {
            Assert.Equal(stats, folder.Log.Stats);
            Assert.Equal(all, folder.ReadAll());
            Assert.Equal(all[..5], folder.Read(ReadFrom.First, 0, 5));
            Assert.Equal(all[^45..], folder.Read(ReadFrom.Last, 0, 45)); // over the border
            foreach (var one in all)
            {
                Assert.Equal(one, folder.Read(ReadFrom.Offset, one.Offset, 1).Single());
                Assert.Equal(one, folder.Read(ReadFrom.Timestamp, one.Micros, 1).Single());
                Assert.Equal(one, folder.Read(ReadFrom.Timestamp, one.Micros - 1, 1).Single());
            }
            Assert.Empty(folder.Read(ReadFrom.Timestamp, all[^1].Micros + 1, 1));
            Assert.Empty(folder.Read(ReadFrom.Offset, 60, 1));
            Assert.True(folder.Fetched > 0);
            folder.Reopen();
        }
    }

    [Fact]
    public void Read_WithoutTheIndex_FindsTheSame()
    {
        using var folder = new ColdFolder();
        folder.Append(60);
        var all = folder.ReadAll();
        folder.MoveCold(1000);
        foreach (var index in Directory.EnumerateFiles(folder.Folder, "*.index"))
            File.Delete(index);
        Assert.Equal(all, folder.ReadAll());
        Assert.Equal(all[33], folder.Read(ReadFrom.Timestamp, all[33].Micros, 1).Single());
    }

    // Goal: whatever comes between the confirmation and the end of the deletion, each message is there once. Method: death before the list is written, and after it with the file still there.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Kill_WhileASegmentGoes_LosesAndDoublesNothing(bool isListed)
    {
        using var folder = new ColdFolder();
        folder.Append(40);
        var (all, stats) = (folder.ReadAll(), folder.Log.Stats);
        folder.MoveCold(2);
        var file = folder.Log.LocalFirstOffset;
        var path = Path.Combine(folder.Folder, $"{file:D20}.log");
        var bytes = Array.Empty<byte>();
        folder.MoveCold(1, removal =>
        {
            if (!isListed)
                return;
            bytes = File.ReadAllBytes(path);
            removal.Run();
        });
        if (isListed)
            File.WriteAllBytes(path, bytes); // as if its deletion had not come to the disk
        folder.Kill();
        Assert.Equal(file, folder.Log.LocalFirstOffset);
        Assert.Equal((stats, all), (folder.Log.Stats, folder.ReadAll()), Same);
        folder.MoveCold(1);
        folder.Reopen();
        Assert.Equal((stats, all), (folder.Log.Stats, folder.ReadAll()), Same);

        static bool Same((LogStats, List<Kept>) one, (LogStats, List<Kept>) other) => one.Item1 == other.Item1 && one.Item2.SequenceEqual(other.Item2);
    }

    [Fact]
    public void TakeOldest_TheLogsOwnRetention_TakesColdOnesFirstAndAsConsumersLet()
    {
        using var folder = new ColdFolder();
        folder.Append(60);
        var all = folder.ReadAll();
        folder.MoveCold(3);
        var second = folder.Log.LocalFirstOffset / 3; // segments are alike
        Assert.Equal(StoreOffsetStatus.Stored, folder.Log.StoreConsumerOffset(_group, second));
        folder.Log.TakeOldest(100).Run();
        Assert.Equal(second, folder.Log.Stats.FirstOffset);
        folder.Reopen();
        Assert.Equal((second, true), (folder.Log.OldestSealed!.Value.FirstOffset, folder.Log.OldestSealed.Value.IsHeld));
        Assert.Equal(all[(int)second..], folder.ReadAll());

        folder.Log.StoreConsumerOffset(_group, 59);
        folder.Log.TakeExpired(all[(int)folder.Log.LocalFirstOffset].Micros - 1).Run(); // the cold ones and no other
        Assert.Equal(folder.Log.LocalFirstOffset, folder.Log.Stats.FirstOffset);
        Assert.False(File.Exists(Path.Combine(folder.Folder, "cold.segments")));
        folder.Log.TakeOldest(1).Run();
        folder.Reopen();
        Assert.Equal(all[(int)folder.Log.Stats.FirstOffset..], folder.ReadAll());
    }

    [Fact]
    public void TakeCold_BeyondTheLimit_TheSegmentsStayInTheFolder()
    {
        using var folder = new ColdFolder { MaxCold = 3 };
        folder.Reopen();
        folder.Append(60);
        var all = folder.ReadAll();
        folder.MoveCold(2);
        var going = folder.Log.ListGoing(new LocalLimits(0, 0)).Single(); // of many
        folder.MoveCold(1000);
        Assert.Equal(going.NextOffset, folder.Log.LocalFirstOffset);
        Assert.Empty(folder.Log.ListGoing(new LocalLimits(0, 0)));
        Assert.Equal(all, folder.ReadAll());
        folder.MaxCold = 4;
        folder.Reopen();
        Assert.Single(folder.Log.ListGoing(new LocalLimits(0, 0)));
    }

    [Fact]
    public void Purge_OfALogWithAColdPart_LeavesNothingOfIt()
    {
        using var folder = new ColdFolder();
        folder.Append(60);
        folder.MoveCold(3);
        folder.Log.Purge();
        folder.Reopen();
        Assert.Equal(new LogStats(0, 0, 0, 0, 1, 0), folder.Log.Stats);
        Assert.Empty(Directory.EnumerateFiles(folder.Folder, "cold*"));
        folder.Append(30);
        Assert.Equal(30, folder.ReadAll().Count);
    }

    [Fact]
    public void Open_TheListIsSpoilt_SaysWhatIsOutOfTheLogAndGoesOn()
    {
        using var folder = new ColdFolder();
        folder.Append(60);
        var all = folder.ReadAll();
        folder.MoveCold(3);
        var list = Path.Combine(folder.Folder, "cold.segments");
        var bytes = File.ReadAllBytes(list);
        bytes[40] ^= 1;
        var quiet = new QuietLogger();
        folder.Logger = quiet;
        folder.Log.Dispose();
        File.WriteAllBytes(list, bytes);
        folder.Kill();
        Assert.Contains("does not match its checksum", Assert.Single(quiet.Warnings), StringComparison.Ordinal);
        Assert.Equal(all[(int)folder.Log.LocalFirstOffset..], folder.ReadAll());
        Assert.True(File.Exists(list + ".damaged"));
    }

    // Goal: wrong bytes are nobody's, and nobody is moved over what is only spoilt in the cache. Method: each bit of a block in turn, in effect.
    [Fact]
    public void Read_ABlockThatChangedInTheCache_IsRefusedForNowAndDropped()
    {
        using var folder = new ColdFolder();
        folder.Append(60);
        var all = folder.ReadAll();
        folder.MoveCold(1000);
        Gen.Int[4096, 5500].Sample(at =>
        {
            var before = folder.Spoilt;
            folder.Spoils = bytes => bytes[at % bytes.Length] ^= 0x10;
            try
            {
                var read = folder.Read(ReadFrom.First, 0, 3);
                Assert.Equal(all[..read.Count], read); // perhaps fewer, up to the spoilt one
                Assert.NotEmpty(read);
            }
            catch (ColdAwayException)
            {
                Assert.Equal(before + 1, folder.Spoilt);
            }
            folder.Spoils = null;
            Assert.Equal(all[..3], folder.Read(ReadFrom.First, 0, 3)); // nothing was remembered of it
        }, iter: 200, threads: 1);
        Assert.True(folder.Spoilt > 0);
    }

    [Fact]
    public void LagAfter_InTheColdPart_IsKnownWithoutAFetch()
    {
        using var folder = new ColdFolder();
        folder.Append(60);
        var all = folder.ReadAll();
        folder.MoveCold(1000);
        var lag = folder.Log.LagAfter(null);
        Assert.Equal((60UL, all[0].Micros), (lag.Messages, lag.OldestMicros));
        Assert.Equal((60UL - 31, 0), (folder.Log.LagAfter(30).Messages, folder.Fetched));
    }

    [Fact]
    public void CountGoing_ByBytesAndByAge_TakesTheOldestOnly()
    {
        LocalSegment[] segments = [new(0, 1, 10, 100, 1000), new(10, 2, 20, 100, 2000), new(20, 3, 30, 100, 3000)];
        Assert.Equal(0, ColdPlan.CountGoing(segments, 50, new LocalLimits(ulong.MaxValue, 0)));
        Assert.Equal(0, ColdPlan.CountGoing(segments, 50, new LocalLimits(350, 999)));
        Assert.Equal(1, ColdPlan.CountGoing(segments, 50, new LocalLimits(349, 0)));
        Assert.Equal(2, ColdPlan.CountGoing(segments, 50, new LocalLimits(349, 2000)));
        Assert.Equal(3, ColdPlan.CountGoing(segments, 50, new LocalLimits(0, 0)));
        Assert.Equal(0, ColdPlan.CountGoing([], 50, new LocalLimits(0, ulong.MaxValue)));
    }
}
