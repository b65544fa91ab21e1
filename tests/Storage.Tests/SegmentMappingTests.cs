using Iggy.Storage.Files;

namespace Iggy.Storage.Tests;

/// <summary>The mapped file of a segment, whose pages are made ready by another thread than the one that closes it.</summary>
public sealed class SegmentMappingTests
{
    private const uint Capacity = 4 << 20;

    // What is mapped and not in the file yet costs nothing in a copy of the file; it may be touched once the file is that long.
    [Fact]
    public void Slice_FileGrownAfterMapping_IsTheFile()
    {
        var path = Path.GetTempFileName();
        try
        {
            using var file = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite);
            using var mapping = SegmentMapping.TryMap(file, Capacity)!;
            Assert.Equal(0, RandomAccess.GetLength(file));
            Assert.True(PhysicalDisk.Instance.TryReserve(file, 0, Capacity));
            mapping.Slice(Capacity - 1, 1)[0] = 7;
            var read = new byte[1];
            Assert.Equal(1, RandomAccess.Read(file, read, Capacity - 1));
            Assert.Equal(7, read[0]);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task Dispose_BesideAPopulate_NeverFails()
    {
        var path = Path.GetTempFileName();
        try
        {
            for (var round = 0; round < 20; round++)
            {
                using var file = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite);
                RandomAccess.SetLength(file, Capacity);
                var mapping = SegmentMapping.TryMap(file, Capacity)!;
                Assert.True(mapping.TryPopulate(0, Capacity));
                using var started = new ManualResetEventSlim();
                var populating = Task.Run(() =>
                {
                    started.Set();
                    while (mapping.TryPopulate(0, Capacity))
                        continue;
                }, TestContext.Current.CancellationToken);
                started.Wait(TestContext.Current.CancellationToken);
                mapping.Dispose();
                await populating;
                Assert.False(mapping.TryPopulate(0, Capacity));
                Assert.Throws<ObjectDisposedException>(() => mapping.Slice(0, 1).Length);
            }
        }
        finally
        {
            File.Delete(path);
        }
    }
}
