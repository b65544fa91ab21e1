using System.Collections.Concurrent;
using System.Threading.Channels;

namespace Iggy.Links.Tests;

/// <summary>Remembers what came, and lets a test wait for it.</summary>
internal sealed class Recorder : ILinkHandler
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private readonly Channel<string> _events = Channel.CreateUnbounded<string>();

    public ConcurrentDictionary<LinkChannel, ConcurrentQueue<byte[]>> Frames { get; } = [];

    /// <summary>Called for each frame before it counts as handed on.</summary>
    public Action<LinkChannel, ReadOnlyMemory<byte>>? OnFrame { get; set; }

    public void Connected(ulong node) => _events.Writer.TryWrite($"connected {node}");

    public void Disconnected(ulong node) => _events.Writer.TryWrite($"disconnected {node}");

    public void Received(ulong node, LinkChannel channel, ReadOnlyMemory<byte> payload)
    {
        OnFrame?.Invoke(channel, payload);
        Frames.GetOrAdd(channel, _ => []).Enqueue(payload.ToArray());
        _events.Writer.TryWrite("frame");
    }

    public void Writable(ulong node, LinkChannel channel) => _events.Writer.TryWrite($"writable {channel.Number}");

    /// <summary>Waits for an event; those in front of it are left out.</summary>
    public async Task WaitForAsync(string wanted)
    {
        using var limit = new CancellationTokenSource(s_patience);
        try
        {
            while (await _events.Reader.ReadAsync(limit.Token) != wanted)
                continue;
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"'{wanted}' did not come.");
        }
    }

    public async Task WaitForFramesAsync(int count)
    {
        for (; count > 0; count--)
            await WaitForAsync("frame");
    }
}
