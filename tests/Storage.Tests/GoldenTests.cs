using Iggy.Storage.Tests.Setup;

namespace Iggy.Storage.Tests;

/// <summary>Folders written by earlier builds stay readable. A new format version adds a folder; none is ever changed.</summary>
public class GoldenTests
{
    // Written by version 1: three appends of two messages, one sealed segment, one stored offset.
    [Fact]
    public void Open_FolderOfVersion1_ReadsEverythingInIt()
    {
        using var log = new TestLog(new PartitionLogOptions { SegmentBytes = 512 });
        foreach (var file in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Golden", "version1")))
            File.Copy(file, Path.Combine(log.Folder, Path.GetFileName(file)), overwrite: true);

        Assert.Equal(new LogStats(0, 6, 6, 6 * 264, 2, 5), log.Log.Stats);
        foreach (var layout in Enum.GetValues<MessageLayout>())
        {
            var messages = log.Read(layout: layout);
            for (var i = 0; i < 6; i++)
            {
                var sent = Sent.Of(200, i);
                Assert.Equal((ulong)i, messages[i].Offset);
                Assert.Equal(1767323045000000UL + (ulong)(i / 2), messages[i].TimestampMicros);
                Assert.Equal((sent.OriginMicros, sent.Id), (messages[i].OriginMicros, messages[i].Id));
                Assert.Equal(sent.Payload, messages[i].Payload);
            }
        }
        Assert.True(log.Log.TryGetConsumerOffset(new ConsumerKey(ConsumerKind.Group, 7), out var stored) && stored == 4);
        Assert.Empty(log.Log.Damage);
        Assert.Empty(log.Logger.Events);
    }

    // The same folder, written by this build: bytes may differ only by a new format version.
    [Fact]
    public void Write_SameCalls_GiveTheSameBytes()
    {
        using var log = new TestLog(new PartitionLogOptions { SegmentBytes = 512 });
        for (var i = 0; i < 6; i += 2)
        {
            log.Append(Sent.Of(200, i), Sent.Of(200, i + 1));
            log.Clock.Advance(TimeSpan.FromMicroseconds(1));
        }
        log.Log.StoreConsumerOffset(new ConsumerKey(ConsumerKind.Group, 7), 4);
        log.Log.Dispose();
        var golden = Path.Combine(AppContext.BaseDirectory, "Golden", "version1");
        if (Environment.GetEnvironmentVariable("IGGY_WRITE_GOLDEN") is { } target)
            Write(log.Folder, target);
        foreach (var file in Directory.GetFiles(golden))
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(log.Folder, Path.GetFileName(file))));
    }

    private static void Write(string folder, string target)
    {
        Directory.CreateDirectory(target);
        foreach (var file in Directory.GetFiles(folder, "0*").Append(Path.Combine(folder, "consumers.offsets")))
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)), overwrite: true);
    }
}
