using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Iggy.Client.Connections;

namespace Iggy.Client;

/// <summary>The batches of a producer that are under way: several at a time, in order.</summary>
/// <remarks>
/// All are on one connection, which carries them in their order. When it breaks, nobody knows how many of those without an answer are stored; it is some of the first,
/// and none behind one that is not. All of them are sent again in their order, on the next connection, and only when the last of them is known to have failed. So the
/// first copies are in order always, and repeats are of whole batches.
/// </remarks>
/// <param name="client">Sends.</param>
/// <param name="options">Of the producer.</param>
/// <param name="clock">For waits.</param>
/// <param name="room">Gets back what an answered batch took.</param>
/// <param name="lost">Is told of batches that are given up.</param>
internal sealed class SendWindow(IggyClient client, ProducerOptions options, TimeProvider clock, ByteBudget room, Action<SendBatch, Exception> lost)
{
    private readonly Queue<(SendBatch Batch, Task Answer)> _underWay = new(); // at most options.Window
    private readonly Stack<SendBatch> _spare = new(); // at most one more than the window
    private IOrderedSends? _sends;

    /// <summary>Completes when the oldest batch has its answer, or failed; null when none is under way.</summary>
    public Task? Oldest => _underWay.TryPeek(out var oldest) ? oldest.Answer : null;

    /// <summary>An empty batch, to be filled and sent.</summary>
    public SendBatch NewBatch() => _spare.TryPop(out var spare) ? spare : new SendBatch();

    /// <summary>Sends a batch, once there is room in the window. An empty one is done at once.</summary>
    public async Task SendAsync(SendBatch batch)
    {
        if (batch.Messages.Count == 0)
        {
            _spare.Push(batch);
            return;
        }
        if (options.MaxRetries > 0)
            NameAll(batch.Messages);
        while (_underWay.Count >= options.Window || Oldest is { IsCompleted: true })
            await SettleAsync();
        await StartAsync(batch);
    }

    /// <summary>Waits until none is under way.</summary>
    public async Task DrainAsync()
    {
        while (_underWay.Count > 0)
            await SettleAsync();
    }

    /// <summary>Waits for the answer to the oldest batch; sends all again that a broken connection left unanswered.</summary>
    public async Task SettleAsync()
    {
        var (batch, answer) = _underWay.Peek();
        try
        {
            await answer;
            Forget();
        }
        catch (Exception e) when (e is IggyConnectionException or TimeoutException)
        {
            await Task.WhenAll(_underWay.Select(static one => one.Answer)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _sends = null;
            if (batch.Tries > options.MaxRetries)
            {
                GiveUp(e);
                return;
            }
            await Task.Delay(options.RetryInterval, clock);
            var again = _underWay.Where(static one => !one.Answer.IsCompletedSuccessfully).Select(static one => one.Batch).ToArray();
            _underWay.Clear();
            foreach (var one in again)
                await StartAsync(one);
        }
        catch (Exception e) // refused, or whatever it was: the next batch may do better
        {
            GiveUp(e);
        }
    }

    private void GiveUp(Exception reason)
    {
        var (batch, _) = _underWay.Peek();
        lost(batch, reason);
        room.Return(batch.Bytes);
        Forget();
    }

    private void Forget()
    {
        var (batch, _) = _underWay.Dequeue();
        batch.Clear();
        _spare.Push(batch);
    }

    // A failure is told by the answer, in its turn.
    private async Task StartAsync(SendBatch batch)
    {
        batch.Tries++;
        Task answer;
        try
        {
            _sends ??= await client.OpenSendsAsync();
            answer = ReturnRoomAsync(batch, await client.StartSendAsync(_sends, options.Stream, options.Topic, options.Partitioning, batch.Messages));
        }
        catch (Exception e)
        {
            answer = Task.FromException(e);
        }
        _underWay.Enqueue((batch, answer));
    }

    private async Task ReturnRoomAsync(SendBatch batch, Task answer)
    {
        await answer;
        room.Return(batch.Bytes); // here, or whoever waits for it waits for the next batch to be full too
    }

    private static void NameAll(List<Message> messages)
    {
        Span<byte> bytes = stackalloc byte[16];
        foreach (ref var message in CollectionsMarshal.AsSpan(messages))
        {
            if (message.Id != UInt128.Zero)
                continue;
            RandomNumberGenerator.Fill(bytes);
            message = message with { Id = MemoryMarshal.Read<UInt128>(bytes) };
        }
    }
}

/// <summary>Messages that are sent together.</summary>
internal sealed class SendBatch
{
    /// <summary>The messages.</summary>
    public List<Message> Messages { get; } = [];

    /// <summary>What they take of the producer's buffer.</summary>
    public long Bytes { get; private set; }

    /// <summary>How often it was sent.</summary>
    public int Tries { get; set; }

    /// <summary>Adds a message.</summary>
    public void Add(Message message, long bytes)
    {
        Messages.Add(message);
        Bytes += bytes;
    }

    /// <summary>Empties it.</summary>
    public void Clear()
    {
        Messages.Clear();
        (Bytes, Tries) = (0, 0);
    }
}
