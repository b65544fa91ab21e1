using Iggy.Storage.Context;
using Iggy.Storage.Tests.Setup;

namespace Iggy.Storage.Tests;

/// <summary>Stored offsets survive deaths, and one that does not takes no other with it.</summary>
public class ConsumerOffsetTests
{
    private static readonly ConsumerKey s_one = new(ConsumerKind.Consumer, 1);
    private static readonly ConsumerKey s_group = new(ConsumerKind.Group, 1);

    [Fact]
    public void Store_TwoKindsOfOneId_AreKeptApartAcrossADeath()
    {
        using var log = Filled();
        Assert.Equal(StoreOffsetStatus.Stored, log.Log.StoreConsumerOffset(s_one, 3));
        Assert.Equal(StoreOffsetStatus.Stored, log.Log.StoreConsumerOffset(s_group, 7));
        Assert.Equal(StoreOffsetStatus.Stored, log.Log.StoreConsumerOffset(s_one, 2)); // back is allowed
        log.Kill();
        Assert.True(log.Log.TryGetConsumerOffset(s_one, out var one) && one == 2);
        Assert.True(log.Log.TryGetConsumerOffset(s_group, out var group) && group == 7);
        Assert.Equal(3 * 32, new FileInfo(OffsetsFile(log)).Length);
    }

    [Fact]
    public void Store_OutsideTheLog_IsRefused()
    {
        using var log = new TestLog();
        Assert.Equal(StoreOffsetStatus.OutOfRange, log.Log.StoreConsumerOffset(s_one, 0));
        log.Append(Sent.Of(1));
        Assert.Equal(StoreOffsetStatus.OutOfRange, log.Log.StoreConsumerOffset(s_one, 1));
        Assert.Equal(StoreOffsetStatus.Stored, log.Log.StoreConsumerOffset(s_one, 0));
    }

    // A group that is kept elsewhere knows itself what its offsets mean: they are kept as they come and hold nothing back.
    [Fact]
    public void Store_OfAGroupThatIsKeptElsewhere_IsNotJudgedAndHoldsNothingBack()
    {
        var external = new ConsumerKey(ConsumerKind.External, 1);
        using var log = new TestLog();
        Assert.Equal(StoreOffsetStatus.Stored, log.Log.StoreConsumerOffset(external, 1_000_000));
        log.Append(Sent.Many(3, 1));
        Assert.Equal(StoreOffsetStatus.Stored, log.Log.StoreConsumerOffset(s_one, 2));
        Assert.Equal(StoreOffsetStatus.Stored, log.Log.StoreConsumerOffset(external, 0)); // far behind, were it one of ours
        Assert.Equal(0UL, log.Log.LagMessages);
        Assert.Equal(StoreOffsetStatus.Stored, log.Log.StoreConsumerOffset(external, 77));
        log.Kill();
        Assert.True(log.Log.TryGetConsumerOffset(external, out var stored) && stored == 77);
        Assert.Empty(log.Log.ListGroupOffsets());
        Assert.True(log.Log.DeleteConsumerOffset(external));
        Assert.False(log.Kill().Log.TryGetConsumerOffset(external, out _));
        Assert.True(log.Log.TryGetConsumerOffset(s_one, out stored) && stored == 2);
    }

    [Fact]
    public void Store_MoreConsumersThanAllowed_IsRefusedUntilOneGoes()
    {
        using var log = Filled(new PartitionLogOptions { MaxConsumers = 2 });
        log.Log.StoreConsumerOffset(s_one, 1);
        log.Log.StoreConsumerOffset(s_group, 1);
        Assert.Equal(StoreOffsetStatus.LimitReached, log.Log.StoreConsumerOffset(new ConsumerKey(ConsumerKind.Consumer, 2), 1));
        Assert.Equal(StoreOffsetStatus.Stored, log.Log.StoreConsumerOffset(s_one, 2));
        Assert.True(log.Log.DeleteConsumerOffset(s_one));
        Assert.False(log.Log.DeleteConsumerOffset(s_one));
        Assert.Equal(StoreOffsetStatus.Stored, log.Log.StoreConsumerOffset(new ConsumerKey(ConsumerKind.Consumer, 2), 1));
        Assert.Equal(3 * 32, new FileInfo(OffsetsFile(log)).Length); // the slot was used again
        Assert.False(log.Kill().Log.TryGetConsumerOffset(s_one, out _));
    }

    [Fact]
    public void Open_AnyByteOfASlotBent_LosesThatOneAndSaysSo()
    {
        using var log = Filled();
        log.Log.StoreConsumerOffset(s_one, 3);
        log.Log.StoreConsumerOffset(s_group, 7);
        log.Log.Dispose();
        var bytes = File.ReadAllBytes(OffsetsFile(log));
        for (var at = 32; at < 64; at++)
        {
            var bent = (byte[])bytes.Clone();
            bent[at] ^= 0x5A;
            log.Kill(() => File.WriteAllBytes(OffsetsFile(log), bent));
            Assert.True(log.Logger.Has(TestLogger.SlotDamaged));
            Assert.False(log.Log.TryGetConsumerOffset(s_one, out _));
            Assert.True(log.Log.TryGetConsumerOffset(s_group, out var group) && group == 7);
        }
        log.Kill(() => File.WriteAllBytes(OffsetsFile(log), bytes[..(64 + 9)])); // a torn new slot
        Assert.True(log.Logger.Has(TestLogger.SlotDamaged));
        Assert.True(log.Log.TryGetConsumerOffset(s_one, out var one) && one == 3);
    }

    [Fact]
    public void Open_HeaderBent_PutsTheFileAside()
    {
        using var log = Filled();
        log.Log.StoreConsumerOffset(s_one, 3);
        log.Kill(() =>
        {
            var bytes = File.ReadAllBytes(OffsetsFile(log));
            bytes[4] ^= 1;
            File.WriteAllBytes(OffsetsFile(log), bytes);
        });
        Assert.True(File.Exists(OffsetsFile(log) + ".damaged"));
        Assert.Equal(StoreOffsetStatus.Stored, log.Log.StoreConsumerOffset(s_one, 3));
    }

    [Fact]
    public void Open_OffsetAboveTheLog_IsClamped()
    {
        using var log = Filled();
        log.Log.StoreConsumerOffset(s_one, 9);
        log.Log.StoreConsumerOffset(s_group, 2);
        var image = File.ReadAllBytes(OffsetsFile(log));
        log.Log.TruncateAfter(5);
        log.Kill(() => File.WriteAllBytes(OffsetsFile(log), image));
        Assert.True(log.Logger.Has(TestLogger.OffsetClamped));
        Assert.True(log.Log.TryGetConsumerOffset(s_one, out var one) && one == 5);
        Assert.True(log.Log.TryGetConsumerOffset(s_group, out var group) && group == 2);
        log.Log.Purge();
        log.Kill(() => File.WriteAllBytes(OffsetsFile(log), image));
        Assert.False(log.Log.TryGetConsumerOffset(s_one, out _));
        Assert.Equal(0, log.Log.ConsumersCount);
    }

    private static string OffsetsFile(TestLog log) => Path.Combine(log.Folder, "consumers.offsets");

    private static TestLog Filled(PartitionLogOptions? options = null)
    {
        var log = new TestLog(options);
        log.Append(Sent.Many(10, 5));
        return log;
    }
}
