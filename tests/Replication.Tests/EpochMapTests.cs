using CsCheck;

namespace Iggy.Replication.Tests;

/// <summary>Epoch maps against a list with an epoch for each message.</summary>
public sealed class EpochMapTests
{
    private static readonly Gen<ulong[]> s_logs = Gen.ULong[1, 5].Array[0, 12].Select(log => log.Order().ToArray());

    // Goal: two maps say the same of two logs as the logs themselves. Method: logs of rising epochs, a map of each.
    [Fact]
    public void CommonEnd_OfTwoLogs_IsWhereTheyPart() => Gen.Select(s_logs, s_logs).Sample((one, other) =>
    {
        var end = Math.Min(one.Length, other.Length);
        while (end > 0 && one[end - 1] != other[end - 1])
            end--;
        return EpochMap.CommonEnd(MapOf(one), (ulong)one.Length, MapOf(other), (ulong)other.Length) == (ulong)end;
    });

    // Goal: entries above the end of a log say nothing about it.
    [Fact]
    public void CommonEnd_WithEntriesAboveTheEnd_OverlooksThem() =>
        Assert.Equal(3ul, EpochMap.CommonEnd(Map((1, 0), (4, 3), (5, 9)), 3, Map((1, 0), (2, 3)), 8));

    // Goal: a log that was trimmed knows less, and never claims more.
    [Fact]
    public void CommonEnd_WhereOneHasForgotten_IsNothing() => Assert.Equal(0ul, EpochMap.CommonEnd(Map((5, 20)), 30, Map((3, 0), (6, 20)), 30));

    // Goal: a trimmed log stays where it begins, though nobody knows any more who wrote what lies before; but not beside one that begins later.
    [Theory]
    [InlineData(20, 60, 50)]
    [InlineData(51, 60, 0)]
    [InlineData(20, 49, 0)]
    public void KeepEnd_OfATrimmedLog_IsNotBeforeItsStart(ulong otherStart, ulong otherEnd, ulong keep) =>
        Assert.Equal(keep, EpochMap.KeepEnd(Map((9, 50)), 50, 55, Map((8, 20), (10, 50)), otherStart, otherEnd));

    // Goal: what a trimmed leader has forgotten its follower still knows.
    [Fact]
    public void Join_WithATrimmedMap_KeepsWhatLiesBelow() =>
        Assert.Equal(Map((1, 0), (7, 84), (8, 126)).Entries, Map((1, 0), (7, 84), (9, 100)).Join(100, Map((7, 84), (8, 126))).Entries);

    [Fact]
    public void EpochAt_AnyOffset_IsThatOfTheLog() => s_logs.Sample(log => log.Index().All(one => MapOf(log).EpochAt((ulong)one.Index) == one.Item));

    [Fact]
    public void CutTo_AnyEnd_IsTheMapOfTheCutLog() => Gen.Select(s_logs, Gen.Int[0, 12]).Sample((log, end) =>
        MapOf(log).CutTo((ulong)end).Entries.SequenceEqual(MapOf([.. log.Take(end)]).Entries));

    // Goal: however often leaders change, the map does not grow past its limit, and the newest stay.
    [Fact]
    public void Begin_MoreOftenThanTheLimit_ForgetsTheOldest()
    {
        var map = EpochMap.Empty;
        for (var epoch = 1ul; epoch <= EpochMap.MaxEntries + 10; epoch++)
            map = map.Begin(epoch, epoch);
        Assert.Equal(EpochMap.MaxEntries, map.Entries.Length);
        Assert.Equal(0ul, map.EpochAt(10));
        Assert.Equal(11ul, map.EpochAt(11));
        Assert.Equal((ulong)EpochMap.MaxEntries + 10, map.EpochAt(ulong.MaxValue));
    }

    // Goal: a leader that wrote nothing leaves no trace.
    [Fact]
    public void Begin_WhereTheLastOneWroteNothing_TakesItsPlace() => Assert.Equal(Map((1, 0), (3, 5)).Entries, Map((1, 0), (2, 5)).Begin(3, 5).Entries);

    [Theory]
    [InlineData(0, 0, 1, 1)] // no epoch 0
    [InlineData(2, 0, 2, 1)]
    [InlineData(1, 1, 2, 1)]
    [InlineData(2, 3, 3, 2)]
    public void TryCreate_EntriesThatDoNotRise_IsRefused(ulong epoch, ulong first, ulong nextEpoch, ulong nextFirst) =>
        Assert.Null(EpochMap.TryCreate([new(epoch, first), new(nextEpoch, nextFirst)]));

    private static EpochMap Map(params (ulong Epoch, ulong First)[] entries) => EpochMap.TryCreate([.. entries.Select(entry => new EpochStart(entry.Epoch, entry.First))])!;

    private static EpochMap MapOf(ulong[] log) =>
        Map([.. log.Index().GroupBy(one => one.Item).Select(group => (group.Key, (ulong)group.Min(one => one.Index)))]);
}
