using System.Diagnostics;
using Iggy.Storage.Context;
using Iggy.Storage.Files;
using Iggy.Storage.Log;
using Iggy.Storage.Segments;
using Iggy.Storage.Tests.Setup;

namespace Iggy.Storage.Tests;

/// <summary>Files that somebody deleted, emptied or exchanged: each is told, and no offset is given twice.</summary>
public class LossTests
{
    private const ulong Messages = 17; // segments from 0, 7 and 14
    private static readonly ConsumerKey s_one = new(ConsumerKind.Consumer, 1);

    [Fact]
    public void Open_LastSegmentGoneAfterADeath_GoesOnAboveEveryOffsetThatWasGiven()
    {
        using var log = Filled();
        log.Kill(() => File.Delete(log.LogFile(14)));
        var next = Assert.Single(log.Log.Damage).LastOffset + 1;
        Assert.InRange(next, Messages, Messages + Inventory.OffsetsAhead);
        Check(log, lost: new DamagedRange(14, next - 1), next);
    }

    [Fact]
    public void Open_LastSegmentGoneAfterAClose_GoesOnBehindItsLastMessage()
    {
        using var log = Filled();
        log.Log.Dispose();
        log.Kill(() => File.Delete(log.LogFile(14)));
        Check(log, lost: new DamagedRange(14, Messages - 1), Messages);
    }

    // As a tool does that copies a log file and empties it.
    [Fact]
    public void Open_LastSegmentEmptied_GoesOnBehindItsLastMessage()
    {
        using var log = Filled();
        log.Log.Dispose();
        log.Kill(() => File.WriteAllBytes(log.LogFile(14), []));
        Assert.True(log.Logger.Has(TestLogger.HeadDamaged));
        Check(log, lost: new DamagedRange(14, Messages - 1), Messages, stretches: 0);
    }

    [Fact]
    public void Open_LastTwoSegmentsGone_GoesOnBehindTheLastMessage()
    {
        using var log = Filled();
        log.Log.Dispose();
        log.Kill(() =>
        {
            File.Delete(log.LogFile(7));
            File.Delete(log.LogFile(14));
        });
        Assert.Equal([new DamagedRange(7, Messages - 1)], log.Log.Damage);
        Assert.Equal(Messages, log.Append(Sent.Of(1)));
    }

    [Fact]
    public void Open_FirstSegmentGone_NamesItsOffsetsUntilTheyAreDeleted()
    {
        using var log = Filled();
        log.Kill(() => File.Delete(log.LogFile()));
        Check(log, lost: new DamagedRange(0, 6), Messages);
        Assert.Equal(ReadStatus.Damaged, log.Log.Read(new ReadRequest(ReadFrom.First, 0, 10)).Status);
        Assert.Equal(1u, log.Log.DeleteSegments(1));
        Assert.Empty(log.Log.Damage);
        Assert.Equal(7UL, log.Offsets()[0]);
        Assert.Empty(log.Reopen().Log.Damage);
    }

    [Fact]
    public void Open_AllSegmentsGone_GoesOnBehindTheLastMessage()
    {
        using var log = Filled();
        log.Log.Dispose();
        log.Kill(() =>
        {
            foreach (var first in new ulong[] { 0, 7, 14 })
                File.Delete(log.LogFile(first));
        });
        Check(log, lost: new DamagedRange(0, Messages - 1), Messages, stretches: 2);
    }

    [Fact]
    public void Open_EmptyLogWithoutItsSegment_IsEmpty()
    {
        using var log = new TestLog();
        log.Kill().Kill(() => File.Delete(log.LogFile()));
        Assert.Equal(0UL, log.Append(Sent.Of(1)));
        Assert.Empty(log.Log.Damage);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(14)]
    public void Open_SegmentOfAnotherLogInItsPlace_IsPutAsideAndNotServed(ulong first)
    {
        using var log = Filled();
        using var other = Filled("topic/2", seed: 100);
        log.Log.Dispose();
        other.Log.Dispose();
        log.Kill(() => File.Copy(other.LogFile(first), log.LogFile(first), overwrite: true));
        Assert.Single(log.Logger.Events, one => one.Id == TestLogger.ForeignFile);
        Assert.Equal(1u, log.Log.Losses.ForeignFiles);
        Assert.True(File.Exists(Path.ChangeExtension(log.LogFile(first), "foreign")));
        Check(log, lost: new DamagedRange(first, Math.Min(first + 6, Messages - 1)), Messages);
    }

    [Fact]
    public void Open_FolderOfAnotherLog_IsRefused()
    {
        using var log = Filled();
        log.Log.Dispose();
        Assert.Throws<ForeignLogException>(() => PartitionLog.Open(log.Folder, log.Options with { Name = "topic/2" }, log.Clock, log.Logger, log.Disk));
        Assert.Equal((int)Messages, log.Kill().Offsets().Length);
        Assert.Empty(log.Logger.Events);
    }

    public enum OffsetsLoss { Deleted, Emptied, Cut, Foreign }

    [Theory]
    [InlineData(OffsetsLoss.Deleted, 3)]
    [InlineData(OffsetsLoss.Emptied, 3)]
    [InlineData(OffsetsLoss.Cut, 1)]
    [InlineData(OffsetsLoss.Foreign, 3)]
    public void Open_StoredOffsetsLost_IsToldOnce(OffsetsLoss loss, uint lost)
    {
        using var log = Filled();
        using var other = Filled("topic/2");
        foreach (var one in new[] { log, other })
        {
            for (var id = 1u; id <= 3; id++)
                one.Log.StoreConsumerOffset(new ConsumerKey(ConsumerKind.Consumer, id), id);
        }
        var path = Path.Combine(log.Folder, "consumers.offsets");
        log.Kill(() =>
        {
            switch (loss)
            {
                case OffsetsLoss.Deleted:
                    File.Delete(path);
                    break;
                case OffsetsLoss.Foreign:
                    File.Copy(Path.Combine(other.Folder, "consumers.offsets"), path, overwrite: true);
                    break;
                default:
                    using (var file = SegmentFile.Open(path))
                        RandomAccess.SetLength(file, loss is OffsetsLoss.Cut ? 96 : 0);
                    break;
            }
        });
        Assert.Single(log.Logger.Events, one => one.Id == TestLogger.StoredOffsetsLost);
        Assert.InRange(log.Log.Losses.StoredOffsets, lost, lost + 1); // the header's place may be counted
        Assert.Equal(loss is OffsetsLoss.Cut, log.Log.TryGetConsumerOffset(s_one, out _));
        Assert.Equal(StoreOffsetStatus.Stored, log.Log.StoreConsumerOffset(s_one, 5));
        Assert.False(log.Kill().Logger.Has(TestLogger.StoredOffsetsLost));
        Assert.True(log.Log.TryGetConsumerOffset(s_one, out var stored) && stored == 5);
    }

    [Fact]
    public void Open_OneHalfOfTheInventoryBent_UsesTheOther()
    {
        using var log = Filled();
        log.Log.Dispose();
        foreach (var at in new[] { 1024, 1536 })
        {
            log.Kill(() =>
            {
                Overwrite(log, at, new byte[64]);
                File.Delete(log.LogFile());
            });
            Assert.Equal([new DamagedRange(0, 6)], log.Log.Damage);
        }
    }

    [Fact]
    public void Open_InventoryUnreadable_SaysSoAndMakesItAnew()
    {
        using var log = Filled();
        log.Kill(() => Overwrite(log, 1024, new byte[1024]));
        Assert.True(log.Logger.Has(TestLogger.InventoryUnreadable));
        Assert.Equal((int)Messages, log.Offsets().Length);
        log.Kill(() => File.Delete(log.LogFile()));
        Assert.Equal([new DamagedRange(0, 6)], log.Log.Damage);
    }

    // An administrator made it anew: records of all openings before must not pass for left-overs of an older one.
    [Fact]
    public void Open_LockFileMadeAnew_TakesAnEpochAboveAllBefore()
    {
        using var log = Filled();
        log.Kill().Kill();
        log.Append(Sent.Of(1));
        log.Kill(() => File.WriteAllBytes(Path.Combine(log.Folder, "partition.lock"), []));
        Assert.True(log.Log.Epoch > 1_000_000_000);
        Assert.Equal((int)Messages + 1, log.Kill().Offsets().Length);
    }

    // Goal: what the log itself deletes is never taken for lost. Method: die before each step of a roll, of a deletion, open again, look.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Open_DeathAtAnyStepOfARollOrADeletion_MissesNothing(bool isRoll)
    {
        for (var step = 1; ; step++)
        {
            using var log = Filled(durability: DurabilityMode.Interval);
            log.Disk.Steps = 0;
            var deadly = step;
            log.Disk.BeforeStep = number => { if (number == deadly) throw new IOException("The process dies here."); };
            for (var i = 0; isRoll && i < 7; i++)
                log.Log.Append(MessageLayout.Classic, Batches.Classic(Sent.Of(1000 - 64)), 1);
            if (!isRoll)
                Record.Exception(() => log.Log.DeleteSegments(2));
            var isOver = log.Disk.Steps < deadly;
            log.Disk.BeforeStep = null;

            var next = log.Log.Stats.NextOffset;
            log.Kill();
            Assert.Empty(log.Log.Damage);
            Assert.Equal(default, log.Log.Losses);
            Assert.Equal(next, log.Append(Sent.Of(1)));
            if (isOver)
                break;
        }
    }

    [Fact]
    public void Open_AfterPurgeAndTruncation_MissesNothing()
    {
        using var log = Filled();
        log.Log.StoreConsumerOffset(s_one, 16);
        log.Log.TruncateAfter(6); // to the end of a segment
        Assert.Empty(log.Kill().Log.Damage);
        Assert.Equal(7UL, log.Append(Sent.Of(1)));
        log.Log.Purge();
        Assert.Empty(log.Kill().Log.Damage);
        Assert.Equal(default, log.Log.Losses);
        Assert.Equal(0UL, log.Append(Sent.Of(1)));
    }

    // The order of docs/OPERATIONS.md: the lock file, then what is there, the newest segment before the older ones.
    [Fact]
    public void Copy_OfAFolderInUse_OpensWithAllThatWasThereAtItsStart()
    {
        using var log = Filled();
        log.Log.StoreConsumerOffset(s_one, 16);
        using var copy = new TestLog(log.Options);
        Copy(Path.Combine(log.Folder, "partition.lock"), copy.Folder);
        foreach (var path in Directory.GetFiles(log.Folder).OrderDescending(StringComparer.Ordinal).Where(path => !path.EndsWith(".lock", StringComparison.Ordinal)))
        {
            Copy(path, copy.Folder);
            for (var i = 0; i < 5; i++)
                log.Append(Sent.Of(1000 - 64));
            log.Log.StoreConsumerOffset(s_one, log.Log.Stats.NextOffset - 1);
        }
        var offsets = copy.Offsets();
        Assert.InRange(offsets.Length, (int)Messages, 1000);
        Assert.Equal(offsets.Select((_, i) => (ulong)i), offsets);
        Assert.Empty(copy.Log.Damage);
        Assert.Equal(default, copy.Log.Losses);
        Assert.True(copy.Log.TryGetConsumerOffset(s_one, out var stored) && stored >= 16);
        Assert.Equal((ulong)offsets.Length, copy.Append(Sent.Of(1)));
    }

    private static void Check(TestLog log, DamagedRange lost, ulong next, uint stretches = 1)
    {
        for (var round = 0; round < 2; round++) // told at every opening, as long as they are missing
        {
            Assert.Equal([lost], log.Log.Damage);
            Assert.True(log.Logger.Has(TestLogger.Damaged));
            Assert.Equal(stretches, log.Log.Losses.Segments);
            stretches = Math.Min(stretches, 1);
            Assert.Equal(ReadStatus.Damaged, log.StatusAt(lost.FirstOffset));
            Assert.Equal(ReadStatus.Damaged, log.StatusAt(lost.LastOffset));
            Assert.Equal(next, log.Log.Stats.NextOffset);
            if (lost.LastOffset + 1 < next)
                Assert.Equal(lost.LastOffset + 1, log.Offsets(ReadFrom.Offset, lost.LastOffset + 1)[0]);
            log.Kill();
        }
        Assert.Equal(next, log.Append(Sent.Of(1)));
        Assert.Equal([next], log.Offsets(ReadFrom.Offset, next));
    }

    private static TestLog Filled(string name = "topic/1", int seed = 0, DurabilityMode durability = DurabilityMode.None)
    {
        var log = new TestLog(new PartitionLogOptions { SegmentBytes = 5 << 10, Name = name, Durability = durability });
        for (var i = 0; i < (int)Messages; i++)
            log.Append(Sent.Of(1000 - 64, seed + i));
        Assert.Equal(3u, log.Log.Stats.SegmentsCount);
        return log;
    }

    // What the start of a server can afford: no log is opened for it.
    [Fact]
    public void Look_FolderWithAndWithoutItsFiles_SaysWhatOpeningWouldFind()
    {
        using var log = Filled();
        log.Log.StoreConsumerOffset(s_one, 3);
        Assert.Equal(FolderState.Whole, PartitionLog.Look(log.Folder)); // in use
        foreach (var name in new[] { log.LogFile(), log.LogFile(14), Path.Combine(log.Folder, "consumers.offsets") })
        {
            log.Kill().Log.Dispose();
            Assert.Equal(FolderState.Whole, PartitionLog.Look(log.Folder));
            File.Move(name, name + ".away");
            Assert.Equal(FolderState.Incomplete, PartitionLog.Look(log.Folder));
            File.Move(name + ".away", name);
        }
        File.Delete(Path.Combine(log.Folder, "partition.lock"));
        Assert.Equal(FolderState.Missing, PartitionLog.Look(log.Folder));
        Assert.Equal(FolderState.Missing, PartitionLog.Look(log.Folder + "-none"));
        log.Kill(() => File.WriteAllBytes(Path.Combine(log.Folder, "partition.lock"), []));
        Assert.Equal(FolderState.Whole, PartitionLog.Look(log.Folder));
    }

    [Fact]
    public void SegmentBytes_Changed_HoldsFromTheNextAppendOn()
    {
        using var log = new TestLog(new PartitionLogOptions { SegmentBytes = 1 << 20 });
        for (var i = 0; i < 3; i++)
            log.Append(Sent.Of(1000 - 64));
        log.Log.SegmentBytes = 2000;
        log.Append(Sent.Of(1000 - 64)); // the segment is above it, so it is sealed behind this one
        Assert.Equal(2u, log.Log.Stats.SegmentsCount);
        log.Log.SegmentBytes = 1 << 20;
        for (var i = 0; i < 10; i++)
            log.Append(Sent.Of(1000 - 64));
        Assert.Equal(2u, log.Log.Stats.SegmentsCount);
        Assert.Throws<ArgumentOutOfRangeException>(() => log.Log.SegmentBytes = 511);
        Assert.Throws<ArgumentOutOfRangeException>(() => log.Log.SegmentBytes = (1 << 30) + 1L);
    }

    private static void Copy(string path, string folder)
    {
        using var copying = Process.Start("cp", [path, folder]); // which takes no notice of the lock
        copying.WaitForExit();
    }

    private static void Overwrite(TestLog log, long position, ReadOnlySpan<byte> bytes)
    {
        using var file = SegmentFile.Open(Path.Combine(log.Folder, "partition.lock"));
        RandomAccess.Write(file, bytes, position);
    }
}
