using System.Threading.Channels;
using Iggy.Gateway.Wire.Transports;

namespace Iggy.Gateway.Tests;

/// <summary>A connection whose client is the test: it hands in chunks of any size and reads what was sent.</summary>
internal sealed class ScriptedStream : IByteStream
{
    private readonly Channel<byte[]> _incoming = Channel.CreateUnbounded<byte[]>();
    private readonly MemoryStream _reply = new(); // as far as it was sent
    private readonly SemaphoreSlim _isSent = new(0);
    private ReadOnlyMemory<byte> _rest;

    /// <summary>All replies, back to back.</summary>
    public MemoryStream Sent { get; } = new();

    /// <summary>One entry for each write, of one answer or several.</summary>
    public List<byte[]> Replies { get; } = [];

    /// <summary>How often what came was acknowledged.</summary>
    public int AcknowledgedCount { get; private set; }

    /// <summary>Released each time what came is acknowledged.</summary>
    public SemaphoreSlim Acknowledged { get; } = new(0);

    public bool IsSendingFinished { get; private set; }

    /// <summary>Done when so many writes have been made. To be called for one after the other.</summary>
    public async Task IsSentAsync(int writes)
    {
        while (Replies.Count < writes)
            await _isSent.WaitAsync();
    }

    public void Client(params byte[][] chunks)
    {
        foreach (var chunk in chunks)
            _incoming.Writer.TryWrite(chunk);
    }

    public void AcknowledgeNow()
    {
        AcknowledgedCount++;
        Acknowledged.Release();
    }

    public void ClientLeaves() => _incoming.Writer.TryComplete();

    public async ValueTask<int> ReceiveAsync(Memory<byte> into)
    {
        if (_rest.IsEmpty)
        {
            if (!await _incoming.Reader.WaitToReadAsync() || !_incoming.Reader.TryRead(out var chunk))
                return 0;
            _rest = chunk;
        }
        var length = Math.Min(into.Length, _rest.Length);
        _rest[..length].CopyTo(into);
        _rest = _rest[length..];
        return length;
    }

    public ValueTask SendAsync(ReadOnlyMemory<byte> bytes, bool isEnd = true)
    {
        Sent.Write(bytes.Span);
        _reply.Write(bytes.Span);
        if (!isEnd)
            return default;
        Replies.Add(_reply.ToArray());
        _reply.SetLength(0);
        _isSent.Release();
        return default;
    }

    public void StopReceiving() => ClientLeaves();

    public void FinishSending() => IsSendingFinished = true;

    public ValueTask DisposeAsync() => default;
}
