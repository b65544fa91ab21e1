using CsCheck;
using Iggy.Archive.Tiering;
using Iggy.Storage.Cold;

namespace Iggy.Archive.Tests;

/// <summary>The cache of blocks: bounded, and never a wrong byte.</summary>
public sealed class BlockCacheTests : IDisposable
{
    private const int Places = 4, BlockBytes = 64;
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"iggy-cache-{Guid.NewGuid():N}");

    // Goal: what is held stays, what comes out is what went in, there are never more blocks than places, and the one unused for longest goes. Method: random steps beside a list that says what must be there.
    [Fact]
    public void Steps_InAnyOrder_KeepWhatIsHeldAndTheNewest()
    {
        Gen.Select(Gen.Int[0, 9], Gen.Int[0, 2]).Array[1, 60].Sample(steps =>
        {
            using var cache = new BlockCache(_path + Guid.NewGuid().ToString("N"), Places, BlockBytes);
            var (held, used) = (new List<(int Number, IColdBlock Block)>(), new List<int>());
            foreach (var (number, step) in steps)
            {
                if (step == 2 && held.Count > 0)
                {
                    held[0].Block.Dispose();
                    if (!held.Skip(1).Any(one => one.Number == held[0].Number))
                    {
                        used.Remove(held[0].Number);
                        used.Add(held[0].Number);
                    }
                    held.RemoveAt(0);
                    continue;
                }
                var there = cache.TryHold(Id(number));
                Assert.Equal(used.Contains(number), there is not null);
                if (there is null)
                {
                    there = cache.AddAsync(Id(number), Bytes(number), CancellationToken.None).GetAwaiter().GetResult();
                    Assert.Equal(held.DistinctBy(static one => one.Number).Count() == Places, there is null);
                    if (there is null)
                        continue;
                    if (used.Count == Places)
                        used.Remove(used.First(one => held.TrueForAll(other => other.Number != one)));
                    used.Add(number);
                }
                Check(there, number);
                held.Add((number, there));
                Assert.InRange(cache.Count, 0, Places);
                held.ForEach(static one => Check(one.Block, one.Number));
            }
            held.ForEach(static one => one.Block.Dispose());
        }, iter: 500, threads: 1);
    }

    [Fact]
    public async Task Spoil_OfABlock_IsNobodysFromThenOn()
    {
        using var cache = new BlockCache(_path, Places, BlockBytes);
        var block = (await cache.AddAsync(Id(1), Bytes(1), TestContext.Current.CancellationToken))!;
        block.Spoil();
        Assert.Null(cache.TryHold(Id(1)));
        block.Dispose();
        using var again = await cache.AddAsync(Id(1), Bytes(1), TestContext.Current.CancellationToken);
        Check(cache.TryHold(Id(1))!, 1);
    }

    public void Dispose() => File.Delete(_path);

    private static BlockId Id(int number) => new("p/0", 10, 1, 5, number);

    private static byte[] Bytes(int number) => [.. Enumerable.Repeat((byte)(number + 1), BlockBytes - number)];

    private static void Check(IColdBlock block, int number)
    {
        var bytes = new byte[BlockBytes - number];
        Assert.Equal(bytes.Length, block.Read(bytes, 0));
        Assert.Equal(Bytes(number), bytes);
    }
}
