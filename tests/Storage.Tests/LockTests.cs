using Iggy.Storage.Context;
using Iggy.Storage.Log;
using Iggy.Storage.Tests.Setup;

namespace Iggy.Storage.Tests;

/// <summary>One writer per partition.</summary>
public class LockTests
{
    [Fact]
    public void Open_Twice_IsRefusedAndNamesTheHolder()
    {
        using var log = new TestLog();
        log.Append(Sent.Of(1));
        var refused = Assert.Throws<PartitionLockedException>(() => PartitionLog.Open(log.Folder, log.Options, log.Clock, log.Logger, log.Disk));
        Assert.Contains($"process {Environment.ProcessId} on {Environment.MachineName}", refused.Message, StringComparison.Ordinal);
        Assert.Throws<PartitionLockedException>(() => PartitionLog.Delete(log.Folder));
        Assert.Equal(1UL, log.Append(Sent.Of(1)));
    }

    [Fact]
    public void Open_Again_TakesTheNextEpoch()
    {
        using var log = new TestLog();
        for (var epoch = 1u; epoch < 5; epoch++)
        {
            Assert.Equal(epoch, log.Log.Epoch);
            log.Kill();
        }
    }

    [Fact]
    public void Open_EpochBent_UsesOneAboveAllBefore()
    {
        using var log = new TestLog();
        log.Append(Sent.Of(1));
        log.Kill(() =>
        {
            var path = Path.Combine(log.Folder, "partition.lock");
            var bytes = File.ReadAllBytes(path);
            Array.Fill(bytes, (byte)0xEE);
            File.WriteAllBytes(path, bytes);
        });
        Assert.True(log.Log.Epoch > 1_000_000_000);
        Assert.Equal(1UL, log.Append(Sent.Of(1)));
        Assert.Equal([0UL, 1], log.Kill().Offsets());
    }

    [Fact]
    public void Exists_CreateAndDelete_FollowsThem()
    {
        var folder = Path.Combine(Path.GetTempPath(), "iggy-storage-tests", Guid.NewGuid().ToString("N"), "a");
        Assert.False(PartitionLog.Exists(folder));
        PartitionLog.Create(folder);
        PartitionLog.Create(folder);
        Assert.True(PartitionLog.Exists(folder));
        PartitionLog.Delete(folder);
        PartitionLog.Delete(folder);
        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public void Open_NeverCreated_Throws()
        => Assert.ThrowsAny<IOException>(() => PartitionLog.Open(Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("N")),
            new PartitionLogOptions(), TimeProvider.System, new TestLogger()));
}
