using Iggy.Storage.Tests.Setup;

namespace Iggy.Storage.Tests.Replicas;

/// <summary>Stored offsets of replicas: numbered changes, whole tables, and a mark that never promises more than is there.</summary>
public class OffsetTableTests
{
    private static readonly ConsumerKey s_consumer = new(ConsumerKind.Consumer, 1), s_group = new(ConsumerKind.Group, 1);

    [Fact]
    public void Apply_ChangesInOrder_AreThereAfterADeathWithTheirNumber()
    {
        using var log = new TestLog(ReplicaLogs.Options);
        log.Log.ApplyOffset(new(4, 10), OffsetChange.Stored(s_consumer, 100));
        log.Log.ApplyOffset(new(4, 11), OffsetChange.Stored(s_group, 7));
        log.Kill();
        Assert.Equal(new OffsetsMark(4, 11), log.Log.OffsetsMark);
        Assert.True(log.Log.TryGetConsumerOffset(s_consumer, out var stored) && stored == 100); // though the log is empty

        log.Log.ApplyOffset(new(4, 12), OffsetChange.Deleted(s_consumer));
        log.Log.ApplyOffset(new(4, 13), OffsetChange.Deleted(s_consumer)); // nothing to delete, but counted
        log.Kill();
        Assert.Equal(new OffsetsMark(4, 13), log.Log.OffsetsMark);
        Assert.False(log.Log.TryGetConsumerOffset(s_consumer, out _));
        log.Log.RemarkOffsets(new(9, 13));
        Assert.Equal(new OffsetsMark(9, 13), log.Kill().Log.OffsetsMark);
        Assert.False(log.Logger.Has(TestLogger.SlotDamaged));
    }

    [Fact]
    public void Store_OnALeader_CountsEachChange()
    {
        using var log = ReplicaLogs.Leader();
        log.Append(Sent.Many(5, 10));
        log.Log.SetCommitted(5);
        log.Log.RemarkOffsets(new(2, 40));
        log.Log.StoreConsumerOffset(s_consumer, 1);
        log.Log.StoreConsumerOffset(s_consumer, 2);
        log.Log.DeleteConsumerOffset(s_consumer);
        log.Log.StoreConsumerOffset(s_group, 4);
        Assert.Equal(new OffsetsMark(2, 44), log.Log.OffsetsMark);
        Assert.Equal(new OffsetsMark(2, 44), log.Reopen().Log.OffsetsMark);
    }

    [Fact]
    public void Import_Table_ReplacesEverything()
    {
        using var one = ReplicaLogs.Leader();
        for (var i = 1u; i <= 40; i++)
            one.Log.ApplyOffset(new(1, i), OffsetChange.Stored(new(i % 2 == 0 ? ConsumerKind.Group : ConsumerKind.Consumer, i), i * 3));
        using var other = new TestLog(ReplicaLogs.Options);
        for (var i = 1u; i <= 90; i++)
            other.Log.ApplyOffset(new(1, i), OffsetChange.Stored(new(ConsumerKind.Group, 1000 + i), i));
        other.Log.ImportOffsets(one.Log.OffsetsMark with { Epoch = 3 }, one.Log.ExportOffsets());
        foreach (var log in new[] { other, other.Kill() })
        {
            Assert.Equal(one.Log.ExportOffsets(), log.Log.ExportOffsets());
            Assert.Equal(new OffsetsMark(3, 40), log.Log.OffsetsMark);
            Assert.Equal(default, log.Log.Losses);
        }
        other.Log.ApplyOffset(new(3, 41), OffsetChange.Stored(s_group, 5));
        Assert.Equal(new OffsetsMark(3, 41), other.Reopen().Log.OffsetsMark);
        other.Log.ImportOffsets(new(3, 41), []);
        Assert.Empty(other.Reopen().Log.ExportOffsets());
    }

    [Fact]
    public void Import_NoTable_IsRefusedAndChangesNothing()
    {
        using var log = new TestLog(ReplicaLogs.Options with { MaxConsumers = 3 });
        log.Log.ApplyOffset(new(1, 1), OffsetChange.Stored(s_consumer, 1));
        var stored = OffsetChange.Stored(s_group, 1);
        Assert.Throws<ArgumentException>(() => log.Log.ImportOffsets(new(2, 2), [stored, stored]));
        log.Kill(); // a change that failed ends the log
        Assert.Throws<ArgumentException>(() => log.Log.ImportOffsets(new(2, 2), [default]));
        log.Kill();
        Assert.Throws<ArgumentException>(() => log.Log.ImportOffsets(new(2, 2), new OffsetChange[4]));
        log.Kill();
        Assert.Equal(new OffsetsMark(1, 1), log.Log.OffsetsMark);
        Assert.Equal(1, log.Log.ConsumersCount);
    }

    // Goal: a death at any step leaves the old table or the new one, each with its own mark.
    [Fact]
    public void Import_KilledAtEveryStep_LeavesOneOfTheTwo()
    {
        var isDone = false;
        for (var step = 1; !isDone; step++)
        {
            using var log = new TestLog(ReplicaLogs.Options with { Durability = DurabilityMode.Always });
            for (var i = 1u; i <= 9; i++)
                log.Log.ApplyOffset(new(1, i), OffsetChange.Stored(new(ConsumerKind.Group, i), i));
            log.Log.SyncNow();
            log.Disk.Steps = 0;
            log.Disk.BeforeStep = number => _ = number == step ? throw new IOException("dead") : number;
            try
            {
                log.Log.ImportOffsets(new(5, 3), [OffsetChange.Stored(s_consumer, 77)]);
                isDone = true;
            }
            catch (IOException)
            {
                Assert.True(step < 20);
            }
            log.Disk.BeforeStep = null;
            log.Kill();
            var isNew = log.Log.OffsetsMark == new OffsetsMark(5, 3);
            Assert.Equal(isNew ? new OffsetsMark(5, 3) : new OffsetsMark(1, 9), log.Log.OffsetsMark);
            Assert.Equal(isNew ? 1 : 9, log.Log.ConsumersCount);
        }
    }
}
