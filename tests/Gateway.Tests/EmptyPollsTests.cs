using Iggy.Gateway.Sessions;
using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Partitions;

namespace Iggy.Gateway.Tests;

/// <summary>Polls that found nothing and need not be asked again.</summary>
public sealed class EmptyPollsTests
{
    private static readonly PollRequest Request = new(new ConsumerKey(ConsumerKind.Consumer, 1), PollFrom.Next, 0, 10, true, MessageLayout.Classic, 3, 8, 1000);
    private static readonly PollResult Nothing = new(Refusal.None, 41, 0, null);

    private readonly EmptyPolls _polls = new();
    private readonly Watched _watch = new();
    private readonly IPartitionGrain _partition = Answering.As<IPartitionGrain>("", static () => throw new NotSupportedException());

    [Fact]
    public void TryAnswer_NothingChanged_IsTheSameAndSaysThatSomebodyReads()
    {
        Assert.False(_polls.TryAnswer(_partition, Request, default, out _));
        _polls.Note(_partition, Request, default, _watch, _watch.Changes, Nothing);
        Assert.True(_polls.TryAnswer(_partition, Request, default, out var found));
        Assert.Equal((Nothing, 1), (found, _watch.Uses));
    }

    [Fact]
    public void TryAnswer_SomethingChanged_AsksAgain()
    {
        _polls.Note(_partition, Request, default, _watch, _watch.Changes, Nothing);
        _watch.Changes++;
        Assert.False(_polls.TryAnswer(_partition, Request, default, out _));
        Assert.Same(_watch, _polls.WatchOf(_partition, Request, default));
        _polls.Note(_partition, Request, default, _watch, long.MinValue, Nothing);
        Assert.False(_polls.TryAnswer(_partition, Request, default, out _));
    }

    // Goal: only the very same poll is answered. Method: each of what makes it another one.
    [Fact]
    public void TryAnswer_AnotherPoll_AsksAgain()
    {
        _polls.Note(_partition, Request, default, _watch, _watch.Changes, Nothing);
        PollRequest[] others =
        [
            Request with { From = PollFrom.First }, Request with { Value = 1 }, Request with { Count = 11 }, Request with { PartitionId = 3 + EmptyPolls.MaxEntries },
            Request with { Consumer = new ConsumerKey(ConsumerKind.Consumer, 2) }, Request with { AutoCommit = false }, Request with { HeadroomBytes = 16 },
        ];
        Assert.All(others, other => Assert.False(_polls.TryAnswer(_partition, other, default, out _)));
        Assert.False(_polls.TryAnswer(Answering.As<IPartitionGrain>("", static () => throw new NotSupportedException()), Request, default, out _)); // the next of that name
        Assert.False(_polls.TryAnswer(_partition, Request, new GroupClaim(1, Guid.NewGuid(), 1), out _));
    }

    // Goal: who asks ever other partitions takes no more memory: the newest take the places of the oldest.
    [Fact]
    public void Note_MorePartitionsThanAreKept_KeepsTheNewest()
    {
        for (uint id = 0; id < 3 * EmptyPolls.MaxEntries; id++)
            _polls.Note(_partition, Request with { PartitionId = id }, default, _watch, _watch.Changes, Nothing);
        var known = Enumerable.Range(0, 3 * EmptyPolls.MaxEntries).Where(id => _polls.TryAnswer(_partition, Request with { PartitionId = (uint)id }, default, out _));
        Assert.Equal(Enumerable.Range(2 * EmptyPolls.MaxEntries, EmptyPolls.MaxEntries), known);
    }

    private sealed class Watched : IPartitionWatch
    {
        public long Changes { get; set; }

        public int Uses { get; private set; }

        public void Use() => Uses++;
    }
}
