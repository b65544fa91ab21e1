using Iggy.Storage.Files;

namespace Iggy.Storage.Tests;

/// <summary>Tests that would take guarded mappings away from others run alone.</summary>
[CollectionDefinition(nameof(MappingGuardTests), DisableParallelization = true)]
public sealed class MappingGuardCollection;

/// <summary>Memory whose file is cut under it. Each of these ends the test run with SIGBUS where the guard does not work.</summary>
[Collection(nameof(MappingGuardTests))]
public sealed class MappingGuardTests : IDisposable
{
    private const int PageBytes = 4096;
    private const uint Capacity = 16 * PageBytes;

    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 0)]
    [InlineData(true, PageBytes + 1)]
    public void Slice_FileCutUnderIt_GoesOnWithEmptyPagesAndTells(bool isWrite, long length)
    {
        using var file = File.OpenHandle(_path, FileMode.Create, FileAccess.ReadWrite);
        RandomAccess.SetLength(file, Capacity);
        using var mapping = SegmentMapping.TryMap(file, Capacity)!;
        using var other = SegmentMapping.TryMap(file, Capacity)!;
        var memory = mapping.Slice(0, (int)Capacity);
        memory.Fill(7);
        RandomAccess.SetLength(file, length);
        if (isWrite)
            memory[(5 * PageBytes)..].Fill(8);
        else
            Assert.Equal(-1, memory[(5 * PageBytes)..].IndexOfAnyExcept((byte)0));

        Assert.Equal((true, false), (mapping.HasLostPages, other.HasLostPages));
        Assert.Throws<FileCutException>(() => mapping.Slice(0, 1).Length);
        Assert.Throws<FileCutException>(mapping.ThrowIfPagesLost);
        Assert.Equal(length, RandomAccess.GetLength(file)); // what was written went nowhere
        Assert.Equal(1, other.Slice(0, 1).Length);
    }

    // One file's mapping is where another one's was: what happened to that does not count.
    [Fact]
    public void TryMap_AfterALossInAnother_TrustsTheNewOne()
    {
        for (var round = 0; round < 3; round++)
        {
            using var file = File.OpenHandle(_path, FileMode.Create, FileAccess.ReadWrite);
            using var mapping = SegmentMapping.TryMap(file, Capacity)!;
            Assert.False(mapping.HasLostPages);
            mapping.Slice(0, 1)[0] = 1; // the file is empty
            Assert.True(mapping.HasLostPages);
        }
    }

    [Fact]
    public void TryAdd_MoreThanTheTableHolds_IsRefusedAndLogsAreNotMapped()
    {
        using var file = File.OpenHandle(_path, FileMode.Create, FileAccess.ReadWrite);
        var added = new List<int>();
        try
        {
            while (MappingGuard.TryAdd(0, 0, out var number)) // a stretch that is nowhere
                added.Add(number);
            Assert.InRange(added.Count, 1, MappingGuard.MaxMappings);
            Assert.Null(SegmentMapping.TryMap(file, Capacity));
            MappingGuard.Remove(added[^1]);
            added.RemoveAt(added.Count - 1);
            using var mapping = SegmentMapping.TryMap(file, Capacity);
            Assert.NotNull(mapping);
        }
        finally
        {
            added.ForEach(MappingGuard.Remove);
        }
    }
}
