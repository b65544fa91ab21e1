using Iggy.Gateway.Limits;
using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Partitions;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Tests;

/// <summary>All replies together keep within their bound, and polls go on when it is reached.</summary>
public sealed class ReplyMemoryTests
{
    private const int Mebi = 1024 * 1024;

    private readonly ReplyMemory _memory = new(Options.Create(new FrameLimits { MaxReplyBytesInFlight = 16 * Mebi }));

    [Fact]
    public void Keep_SmallReply_TakesNothingAndAllocatesNothing()
    {
        var polled = Whole(100);
        Assert.Equal(0, Allocations.Least(() =>
        {
            for (var i = 0; i < 1000; i++)
            {
                Assert.True(_memory.TryEnter());
                var kept = _memory.KeepAsync(hasRoom: true, polled);
                Assert.True(kept.IsCompletedSuccessfully);
                Assert.Null(kept.GetAwaiter().GetResult());
            }
        }));
        Assert.Equal(8, Enumerable.Range(0, 20).Count(_ => _memory.TryEnter()));
    }

    // Goal: room that is not needed goes back at once, what is needed when the reply is sent.
    [Fact]
    public async Task Keep_LargerReply_TakesWhatItNeedsUntilItIsSent()
    {
        Assert.True(_memory.TryEnter());
        var room = await _memory.KeepAsync(hasRoom: true, Whole(Mebi));
        Assert.Equal(7, Enumerable.Range(0, 20).Count(_ => _memory.TryEnter())); // 1 + 7 times 2 of 16 MiB
        room!.Dispose();
        room.Dispose(); // once is enough
        _memory.Leave(hasRoom: true);
        Assert.Equal(2, Enumerable.Range(0, 20).Count(_ => _memory.TryEnter()));
    }

    // Goal: polls that find no room are answered with less, none of them waits.
    [Fact]
    public async Task Fit_RoomIsUsedUp_AsksForLess()
    {
        while (_memory.TryEnter())
            continue;
        var request = new PollRequest(default, PollFrom.First, 0, 10, false, MessageLayout.Classic, 0, 24, 100 * Mebi);
        Assert.Equal((2 * Mebi, 100 * Mebi), (ReplyMemory.Fit(request, hasRoom: true).WholeBytes, ReplyMemory.Fit(request, hasRoom: true).MaxBytes));
        var fitted = ReplyMemory.Fit(request, hasRoom: false);
        Assert.Equal((64 * 1024, 64 * 1024), (fitted.WholeBytes, fitted.MaxBytes));
        Assert.Null(await _memory.KeepAsync(hasRoom: false, Whole(64 * 1024)));
    }

    // Goal: a message that needs more than there is waits for its turn, also one above the whole bound, and holds nothing meanwhile.
    [Theory]
    [InlineData(10)]
    [InlineData(64)]
    public async Task Keep_LargeMessage_WaitsForItsTurn(int mebibytes)
    {
        var rooms = new List<ReplyRoom>();
        for (var i = 0; i < 8; i++)
        {
            Assert.True(_memory.TryEnter());
            if (i < 7)
                rooms.Add((await _memory.KeepAsync(hasRoom: true, Whole(2 * Mebi)))!);
        }
        var waiting = _memory.KeepAsync(hasRoom: true, Pieces(mebibytes * Mebi)).AsTask();
        Assert.False(waiting.IsCompleted);
        Assert.False(_memory.TryEnter()); // it would be overtaken for ever
        foreach (var room in rooms)
            room.Dispose();
        using (await waiting)
            Assert.Equal(mebibytes > 16 ? 0 : 3, Enumerable.Range(0, 20).Count(_ => _memory.TryEnter()));
    }

    private static PollResult Whole(int bytes) => new(Refusal.None, 0, 1, new PooledBytes(new byte[bytes], bytes, isRented: false));

    private static PollResult Pieces(int pieceBytes) => new(Refusal.None, 0, 1, null, new LargeReply(new ScriptedPieces(), pieceBytes, pieceBytes));
}
