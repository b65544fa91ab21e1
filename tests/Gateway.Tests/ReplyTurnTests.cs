using Iggy.Gateway.Wire.Transports;

namespace Iggy.Gateway.Tests;

/// <summary>Replies of several requests on one stream.</summary>
public sealed class ReplyTurnTests
{
    [Fact]
    public async Task Send_WhileAnotherReplyIsSent_LeavesTogetherWithTheOthers()
    {
        var stream = new SlowStream();
        using var turn = new ReplyTurn(stream);
        var first = turn.SendAsync(new byte[] { 1 }).AsTask();
        var joined = new byte[] { 2, 3, 4 }.Select(one => turn.SendAsync(new[] { one, one }).AsTask()).ToArray();
        Assert.Equal([[1]], stream.Writes);
        stream.Go();
        await first;
        await stream.IsWrittenAsync(2);
        Assert.Equal([2, 2, 3, 3, 4, 4], stream.Writes[1]); // one write
        Assert.DoesNotContain(joined, static one => one.IsCompleted);
        stream.Go();
        await Task.WhenAll(joined);
        stream.Go();
        await turn.SendAsync(new byte[] { 5 });
        Assert.Equal(3, stream.Writes.Count);
    }

    [Fact]
    public async Task Send_OfMoreThanMayWaitTogether_WaitsForATurnOfItsOwn()
    {
        var stream = new SlowStream();
        using var turn = new ReplyTurn(stream);
        var first = turn.SendAsync(new byte[1]).AsTask();
        var most = turn.SendAsync(new byte[ReplyTurn.MostJoinedBytes]).AsTask();
        var more = turn.SendAsync(new byte[2]).AsTask();
        var large = turn.SendAsync(new byte[ReplyTurn.MostJoinedBytes + 1]).AsTask();
        for (var i = 0; i < 4; i++)
        {
            await stream.IsWrittenAsync(i + 1);
            stream.Go();
        }
        await Task.WhenAll(first, most, more, large);
        Assert.Equal([1, ReplyTurn.MostJoinedBytes, 2, ReplyTurn.MostJoinedBytes + 1], stream.Writes.Select(static write => write.Length));
    }

    [Fact]
    public async Task Send_OnAStreamThatBreaks_TellsEachOfThem()
    {
        var stream = new SlowStream();
        using var turn = new ReplyTurn(stream);
        var all = Enumerable.Range(0, 3).Select(_ => turn.SendAsync(new byte[1]).AsTask()).ToArray();
        stream.Break();
        await stream.IsWrittenAsync(2);
        stream.Break();
        foreach (var one in all)
            await Assert.ThrowsAsync<IOException>(() => one);
    }

    private sealed class SlowStream : IByteStream
    {
        private readonly SemaphoreSlim _written = new(0), _go = new(0);
        private bool _isBroken;

        public List<byte[]> Writes { get; } = [];

        public void Go() => _go.Release();

        public void Break()
        {
            _isBroken = true;
            _go.Release();
        }

        public async Task IsWrittenAsync(int times)
        {
            while (Writes.Count < times)
                await _written.WaitAsync();
        }

        public async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, bool isEnd = true)
        {
            Writes.Add(bytes.ToArray());
            _written.Release();
            await _go.WaitAsync();
            if (_isBroken)
                throw new IOException("broken");
        }

        public ValueTask<int> ReceiveAsync(Memory<byte> into) => throw new NotSupportedException();

        public void AcknowledgeNow() => throw new NotSupportedException();

        public void StopReceiving() => throw new NotSupportedException();

        public void FinishSending() => throw new NotSupportedException();

        public ValueTask DisposeAsync() => default;
    }
}
