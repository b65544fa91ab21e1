using Iggy.Storage.Context;
using Microsoft.Extensions.Logging.Abstractions;

namespace Iggy.Storage.Tests;

/// <summary>What is remembered of damage.</summary>
public sealed class DamageListTests
{
    // Goal: a disk that fails everywhere takes no more memory than the bound; what was found first stays known.
    [Fact]
    public void Add_MoreRangesThanAreKept_KeepsTheFirst()
    {
        var damage = new DamageList("log", NullLogger.Instance);
        for (ulong i = 0; i < DamageList.MaxRanges + 10; i++)
            damage.Add(10 * i, (10 * i) + 5, resumePosition: 0, "a test");
        Assert.Equal(DamageList.MaxRanges, damage.Ranges.Length);
        Assert.True(damage.TryFind(3, out var first));
        Assert.Equal(new DamagedRange(0, 5), first.Range);
        Assert.False(damage.TryFind(10 * DamageList.MaxRanges, out _));
        damage.Keep(0, 100);
        Assert.Equal(10, damage.Ranges.Length);
    }
}
