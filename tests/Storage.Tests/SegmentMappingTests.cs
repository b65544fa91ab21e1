using Iggy.Storage.Files;

namespace Iggy.Storage.Tests;

/// <summary>The mapped file of a segment, whose pages are made ready by another thread than the one that closes it.</summary>
public sealed class SegmentMappingTests
{
    private const uint Capacity = 4 << 20;

    [Fact]
    public async Task Dispose_BesideAPopulate_NeverFails()
    {
        var path = Path.GetTempFileName();
        try
        {
            for (var round = 0; round < 20; round++)
            {
                using var file = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite);
                var mapping = new SegmentMapping(file, Capacity);
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
