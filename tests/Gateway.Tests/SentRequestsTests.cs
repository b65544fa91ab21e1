using Iggy.Gateway.Wire.Vsr;
using Iggy.Protocol;

namespace Iggy.Gateway.Tests;

/// <summary>The numbers of sends that a session remembers.</summary>
public class SentRequestsTests
{
    [Fact]
    public async Task Begin_OfMoreThanAreRemembered_ForgetsTheOldest()
    {
        var sent = new SentRequests();
        for (var number = 1UL; number <= SentRequests.MaxEntries + 10; number++)
        {
            Assert.Equal(SentStanding.New, sent.Begin(number, out var ticket));
            sent.End(number, ticket, IggyError.None, [(byte)number], isUnknown: false);
        }
        Assert.Equal(SentStanding.TooOld, sent.Begin(10, out _));
        Assert.Equal(SentStanding.Repeated, sent.Begin(11, out var kept));
        Assert.Equal([11], (await kept.Answer).Body);
    }

    [Fact]
    public void Numbers_OfTheOlderLine_AreRememberedUpToTheirLimitAndByTheirBytes()
    {
        var sent = new SentNumbers();
        for (var number = 1UL; number <= SentNumbers.MaxEntries + 10; number++)
            sent.Note(number, [(byte)number], isUnknown: number == 11);
        Assert.Null(sent.Find(10, [10]));
        Assert.True(sent.Find(11, [11])!.Value.IsUnknown);
        Assert.False(sent.Find(12, [12])!.Value.IsUnknown);
        Assert.Null(sent.Find(12, [13])); // something else under a number that is used again
    }

    [Fact]
    public async Task Begin_OfARepeat_WaitsForTheFirstAndMayTryAgainWhereThatWasRefused()
    {
        var sent = new SentRequests();
        Assert.Equal(SentStanding.New, sent.Begin(7, out var first));
        Assert.Equal(SentStanding.Repeated, sent.Begin(7, out var second));
        Assert.False(second.Answer.IsCompleted);
        sent.End(7, first, IggyError.HistoryUnavailable, [], isUnknown: false);
        Assert.Equal(IggyError.HistoryUnavailable, (await second.Answer).Error);
        Assert.Equal(SentStanding.New, sent.Begin(7, out var third));
        sent.End(7, third, IggyError.TransientNotCommitted, [], isUnknown: true);
        Assert.Equal(SentStanding.Repeated, sent.Begin(7, out _)); // what may have been done is not done again
    }
}
