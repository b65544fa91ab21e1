using Iggy.Storage.Replicas;
using Iggy.Storage.Tests.Setup;

namespace Iggy.Storage.Tests.Replicas;

/// <summary>What a replica promised is on disk before it says so, and a torn write leaves what was promised before.</summary>
public sealed class ReplicaFileTests : IDisposable
{
    private static readonly Guid s_boot = Guid.Parse("11111111-2222-3333-4444-555555555555");
    private readonly TestLog _log = new(ReplicaLogs.Options);

    private string FilePath => Path.Combine(_log.Folder, "replica.state");

    public void Dispose() => _log.Dispose();

    [Fact]
    public void Store_ThenOpen_GivesTheNewestWordsAndMap()
    {
        Assert.False(ReplicaFile.Exists(_log.Folder));
        using (var file = ReplicaFile.Create(_log.Folder, new ReplicaWords(0, 0, s_boot, false)))
        {
            for (var i = 1UL; i <= 5; i++)
            {
                file.Store(new ReplicaWords(i, i - 1, s_boot, i == 5));
                file.Store([.. Enumerable.Range(1, (int)i).Select(epoch => new EpochEntry((ulong)epoch, (ulong)epoch * 10))]);
            }
        }
        Assert.True(ReplicaFile.Exists(_log.Folder));
        using var again = ReplicaFile.Open(_log.Folder);
        Assert.Equal(new ReplicaWords(5, 4, s_boot, true), again.Words);
        Assert.Equal(new EpochEntry(5, 50), again.Epochs[^1]);
        Assert.Throws<ArgumentException>(() => again.Store(new EpochEntry[ReplicaFile.MaxEpochs + 1]));
        again.Store(new EpochEntry[ReplicaFile.MaxEpochs]);
    }

    // Goal: whichever byte of the newest write did not reach the disk, the older state is there. Method: each byte bent, one at a time.
    [Fact]
    public void Open_NewestWordsTornAtAnyByte_GivesTheOlderOnes()
    {
        using (var file = ReplicaFile.Create(_log.Folder, new ReplicaWords(1, 0, s_boot, false)))
        {
            file.Store(new ReplicaWords(2, 1, s_boot, false));
            file.Store([new EpochEntry(1, 0)]);
            file.Store([new EpochEntry(1, 0), new EpochEntry(2, 5)]);
        }
        var whole = File.ReadAllBytes(FilePath);
        for (var at = 0; at < 64; at++)
        {
            Bend(whole, at); // the second write is in the first slot
            using var file = ReplicaFile.Open(_log.Folder);
            Assert.Equal(1UL, file.Words.Promised);
        }
        for (var at = 4096; at < 4096 + 32 + 32; at++)
        {
            Bend(whole, at);
            using var file = ReplicaFile.Open(_log.Folder);
            Assert.Equal([new EpochEntry(1, 0)], file.Epochs);
            file.Store([new EpochEntry(1, 0), new EpochEntry(3, 7)]);
            file.Dispose();
            using var again = ReplicaFile.Open(_log.Folder);
            Assert.Equal(3UL, again.Epochs[^1].Epoch);
        }
    }

    // Goal: who does not know what it promised says nothing.
    [Fact]
    public void Open_NeitherSlotReadable_IsRefused()
    {
        using (var file = ReplicaFile.Create(_log.Folder, new ReplicaWords(1, 0, s_boot, false)))
            file.Store(new ReplicaWords(2, 1, s_boot, false));
        var bytes = File.ReadAllBytes(FilePath);
        (bytes[20], bytes[532]) = ((byte)~bytes[20], (byte)~bytes[532]);
        File.WriteAllBytes(FilePath, bytes);
        Assert.Throws<ReplicaFileDamagedException>(() => ReplicaFile.Open(_log.Folder));
        Assert.Throws<IOException>(() => ReplicaFile.Create(_log.Folder, default));
    }

    [Fact]
    public void Store_Words_SyncsBeforeItReturns()
    {
        using var file = ReplicaFile.Create(_log.Folder, new ReplicaWords(1, 0, s_boot, false), _log.Disk);
        var before = _log.Disk.Flushes;
        file.Store(new ReplicaWords(2, 1, s_boot, false));
        Assert.Equal(before + 1, _log.Disk.Flushes);
        file.Store([new EpochEntry(1, 0)]);
        Assert.Equal(before + 2, _log.Disk.Flushes);
        _log.Disk.BeforeFlush = () => throw new IOException("no");
        Assert.Throws<IOException>(() => file.Store(new ReplicaWords(3, 1, s_boot, false)));
        Assert.Equal(2UL, file.Words.Promised);
    }

    [Fact]
    public void Current_OfOneMachine_StaysTheSame() => Assert.Equal(MachineBoot.Current, MachineBoot.Current);

    private void Bend(byte[] whole, int at)
    {
        var bent = whole.ToArray();
        bent[at] ^= 0x55;
        File.WriteAllBytes(FilePath, bent);
    }
}
