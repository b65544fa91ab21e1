using Iggy.Protocol;
using Microsoft.Extensions.Time.Testing;

namespace Iggy.Orleans.Streaming.Tests;

/// <summary>A queue's memory alone: what it keeps, where cursors start, how far all are.</summary>
public sealed class PartitionQueueTests
{
    private const ulong Incarnation = 7;

    private readonly FakeTimeProvider _clock = new();
    private readonly StreamId _one = StreamId.Create("n", "one");
    private readonly StreamId _other = StreamId.Create("n", "other");
    private readonly PartitionQueue _queue;
    private readonly List<QueueCursor> _reads = [];

    public PartitionQueueTests()
    {
        _queue = new("p", new IggyStreamOptions { CacheMessages = 10 }, _clock) { StartRead = _reads.Add };
        _queue.Begin(Incarnation, 0);
    }

    [Fact]
    public void Memory_NobodyNeedsIt_KeepsTheNewest()
    {
        Add(_one, 0, 100);
        Assert.Equal(10, _queue.Count);
        Assert.True(_queue.HasRoom());
        Assert.Equal(100UL, _queue.Delivered().Offset);
    }

    // Goal: one that stands still is waited for a while, then it reads by itself, and holds nobody up until it has caught up.
    [Fact]
    public void Memory_SomebodyNeedsIt_WaitsAndThenGoesOn()
    {
        var cursor = Cursor(_one, Token(0));
        Add(_one, 0, 15);
        Assert.False(_queue.HasRoom());
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(_queue.HasRoom());
        Assert.Equal(10, _queue.Count);
        Assert.Equal(0UL, _queue.Delivered().Offset);
        Add(_one, 15, 100);
        Assert.True(_queue.HasRoom());
        Assert.Equal(10, _queue.Count);

        Assert.False(cursor.MoveNext());
        Assert.Equal(PollingStrategy.FromOffset(0), _queue.NextRead(Assert.Single(_reads)));
    }

    // Goal: removal of what a stream has not is no reason to read.
    [Fact]
    public void Cursor_OfAStreamWithoutMessages_StaysWithMemory()
    {
        var cursor = Cursor(_other, null);
        Assert.False(cursor.MoveNext());
        Add(_one, 0, 100);
        Add(_other, 100, 1);
        Assert.True(cursor.MoveNext());
        Assert.Equal(100, cursor.GetCurrent(out _)!.SequenceToken.SequenceNumber);
        Assert.Empty(_reads);
    }

    [Fact]
    public void Cursor_OfAnEventsToken_StartsWithIt()
    {
        Add(_one, 0, 5);
        Assert.Equal([2, 3, 4], All(Cursor(_one, Token(2))));
    }

    [Fact]
    public void Cursor_OfADeliveredMessage_StartsBehindIt()
    {
        Add(_one, 0, 5);
        var cursor = Cursor(_one, Token(2));
        Assert.True(cursor.MoveNext());
        Assert.Equal([3, 4], All(Cursor(_one, (IggyStreamToken)cursor.GetCurrent(out _)!.SequenceToken)));
    }

    [Fact]
    public void Cursor_WithoutToken_GetsWhatComes()
    {
        Add(_one, 0, 5);
        var cursor = Cursor(_one, null);
        Add(_one, 5, 2);
        Assert.Equal([5, 6], All(cursor));
    }

    [Fact]
    public void Cursor_BeforeMemory_ReadsByItself()
    {
        Add(_one, 0, 100);
        Assert.False(Cursor(_one, Token(50)).MoveNext());
        Assert.Single(_reads);
        Assert.False(Cursor(_one, IggyStreamToken.Earliest).MoveNext());
        Assert.Equal(PollingStrategy.First, _queue.NextRead(_reads[1]));
    }

    // Goal: what is stored as delivered was: a message that is handed out is not until the next is asked for.
    [Fact]
    public void Delivered_WithCursors_IsWhatAllHave()
    {
        var cursor = Cursor(_one, Token(0));
        Add(_one, 0, 3);
        Add(_other, 3, 3);
        Assert.Equal(0UL, _queue.Delivered().Offset);
        cursor.MoveNext();
        Assert.Equal(0UL, _queue.Delivered().Offset);
        cursor.MoveNext();
        Assert.Equal(1UL, _queue.Delivered().Offset);
        Assert.Equal([2], All(cursor));
        Assert.Equal(6UL, _queue.Delivered().Offset);
        Add(_one, 6, 1);
        Assert.Equal(6UL, _queue.Delivered().Offset);
        cursor.Dispose();
        Assert.Equal(7UL, _queue.Delivered().Offset);
    }

    // Goal: a topic that was made anew is told to who reads, and read from its start.
    [Fact]
    public void Begin_OfAnotherHistory_IsToldOnceAndReadFromItsStart()
    {
        var cursor = Cursor(_one, Token(0));
        Add(_one, 0, 3);
        Assert.Equal([0, 1, 2], All(cursor));
        _queue.Begin(Incarnation + 1, 0);
        Assert.Equal(_one, Assert.Single(_queue.TakeWakeUps()).StreamId);
        var told = Assert.Throws<IggyEventsExpiredException>(() => cursor.MoveNext());
        Assert.Equal((3UL, Incarnation), (told.Requested.Offset, told.Requested.Incarnation));
        cursor.Dispose();
        _queue.AddToCache([new QueuedMessage(_one, Incarnation, 3, [1], null), new QueuedMessage(_one, Incarnation + 1, 0, [1], null)]);
        Assert.Equal([0], All(Cursor(_one, Token(2))));
    }

    [Fact]
    public void Tokens_OfOneHistory_AreInOrder()
    {
        IggyStreamToken[] tokens = [IggyStreamToken.Earliest, IggyStreamToken.AtTime(DateTimeOffset.UnixEpoch.AddDays(1)), IggyStreamToken.AtOffset(5), Token(0), new(Incarnation, 0, 1), new(Incarnation, 0, IggyStreamToken.WholeMessage), Token(1), new(Incarnation + 1, 0, 0)];
        Assert.Equal(tokens, tokens.Reverse().Order());
        Assert.Throws<ArgumentOutOfRangeException>(() => Token(0).CompareTo(new global::Orleans.Providers.Streams.Common.EventSequenceTokenV2(1)));
    }

    // Goal: any producer lands right. Method: the mapper against the hash of message keys.
    [Fact]
    public void Mapper_OfAStream_IsTheHashOfItsKey()
    {
        var mapper = new PartitionQueueMapper("p", 7);
        Assert.Equal(7, mapper.GetAllQueues().Distinct().Count());
        for (var i = 0; i < 100; i++)
            Assert.Equal(Hashes.PartitionForKey(System.Text.Encoding.UTF8.GetBytes($"key-{i}"), 7), mapper.GetQueueForStream(StreamId.Create("n", $"key-{i}")).GetNumericId());
    }

    private QueueCursor Cursor(StreamId stream, IggyStreamToken? token) => (QueueCursor)_queue.GetCacheCursor(stream, token);

    private static IggyStreamToken Token(ulong offset) => new(Incarnation, offset, 0);

    private void Add(StreamId stream, ulong from, int count) =>
        _queue.AddToCache([.. Enumerable.Range(0, count).Select(i => new QueuedMessage(stream, Incarnation, from + (ulong)i, [1], null))]);

    private static List<long> All(QueueCursor cursor)
    {
        var offsets = new List<long>();
        while (cursor.MoveNext())
            offsets.Add(cursor.GetCurrent(out _)!.SequenceToken.SequenceNumber);
        return offsets;
    }
}
