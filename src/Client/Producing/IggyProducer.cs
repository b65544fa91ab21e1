using System.Threading.Channels;
using Iggy.Protocol;

namespace Iggy.Client;

/// <summary>Sends in the background: messages are put into batches, batches leave one after the other, so their order is kept; up to <see cref="ProducerOptions.Window"/>
/// of them are under way at a time. What the connection loses is sent again. Any number of callers may use it at once.</summary>
/// <remarks>Made by <see cref="IggyClient.CreateProducer"/>. Dispose it to send what is left; the client stays open.</remarks>
public sealed class IggyProducer : IAsyncDisposable
{
    // What a message takes besides its bytes, so that empty ones are bounded too.
    private const int MessageOverheadBytes = 64;

    private readonly IggyClient _client;
    private readonly ProducerOptions _options;
    private readonly TimeProvider _clock;
    private readonly ByteBudget _room;
    private readonly Channel<Entry> _entries = Channel.CreateUnbounded<Entry>(new() { SingleReader = true }); // bounded by _room
    private readonly SendWindow _window;
    private readonly Task _sending;
    private Exception? _failure; // of a batch that was given up, until somebody was told

    internal IggyProducer(IggyClient client, ProducerOptions options, TimeProvider clock)
    {
        options.Validate();
        (_client, _options, _clock, _room) = (client, options, clock, new(options.BufferBytes));
        _window = new(client, options, clock, _room, TellLost);
        _sending = RunAsync();
    }

    /// <summary>Takes a message. It is complete once the message is in the buffer, not once it is sent: see <see cref="FlushAsync"/>.</summary>
    /// <param name="message">Its bytes must not change before it was sent.</param>
    /// <param name="cancellationToken">Ends the wait for room; the message was not taken then.</param>
    /// <exception cref="ProducerFullException">There is no room, and waiting was not wanted or took too long.</exception>
    /// <exception cref="IggyException">An earlier batch was given up, and nobody was told yet; this message was not taken.</exception>
    /// <exception cref="ObjectDisposedException">The producer is closed.</exception>
    public async ValueTask SendAsync(Message message, CancellationToken cancellationToken = default)
    {
        ThrowFailure();
        message = _client.Stamp(message); // the batch is sent from elsewhere, where this caller's span is not the present one
        var entry = new Entry(message, SizeOf(message), null);
        if (!_room.TryTake(entry.Bytes))
            await WaitForRoomAsync(entry.Bytes, cancellationToken);
        if (_entries.Writer.TryWrite(entry))
            return;
        _room.Return(entry.Bytes);
        throw new ObjectDisposedException(nameof(IggyProducer));
    }

    /// <summary>Sends everything that was taken before, without waiting for fuller batches.</summary>
    /// <param name="cancellationToken">Ends the wait; sending goes on.</param>
    /// <exception cref="IggyException">A batch was given up, and nobody was told yet.</exception>
    public async Task FlushAsync(CancellationToken cancellationToken = default)
    {
        var sent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (_entries.Writer.TryWrite(new(default, 0, sent)))
            await sent.Task.WaitAsync(cancellationToken);
        else
            await _sending.WaitAsync(cancellationToken); // closed: all that is left is on its way
        ThrowFailure();
    }

    /// <summary>Takes no more, and sends what is left.</summary>
    /// <exception cref="IggyException">A batch was given up, and nobody was told yet.</exception>
    public async ValueTask DisposeAsync()
    {
        _entries.Writer.TryComplete();
        await _sending;
        ThrowFailure();
    }

    private static long SizeOf(Message message) => (long)message.Payload.Length + message.UserHeaders.Length + MessageOverheadBytes;

    private async Task WaitForRoomAsync(long bytes, CancellationToken cancellationToken)
    {
        if (_options.WhenFull is WhenFull.Fail)
            throw new ProducerFullException($"The producer's buffer of {_options.BufferBytes} bytes (BufferBytes) is full.");
        if (_options.BlockTimeout is not { } timeout)
        {
            await _room.TakeAsync(bytes, cancellationToken);
            return;
        }

        using var limit = new CancellationTokenSource(timeout, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await _room.TakeAsync(bytes, either.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ProducerFullException($"The producer's buffer of {_options.BufferBytes} bytes (BufferBytes) had no room for {timeout} (BlockTimeout).", e);
        }
    }

    private async Task RunAsync()
    {
        await Task.Yield(); // the loop starts after the constructor
        while (await WaitForEntriesAsync(CancellationToken.None))
        {
            var batch = _window.NewBatch();
            var flushed = await FillAsync(batch);
            await _window.SendAsync(batch);
            if (flushed is null)
                continue;
            await _window.DrainAsync();
            flushed.SetResult();
        }
        await _window.DrainAsync();
    }

    // Batches under way are looked after meanwhile: one of them may have to be sent again.
    private async Task<bool> WaitForEntriesAsync(CancellationToken ended)
    {
        var entries = _entries.Reader.WaitToReadAsync(ended);
        if (entries.IsCompleted)
            return await entries;
        var waiting = entries.AsTask();
        while (_window.Oldest is { } oldest && await Task.WhenAny(waiting, oldest) == oldest)
            await _window.SettleAsync();
        return await waiting;
    }

    // Full, flushed, closed, or waited for long enough: whatever comes first. Returns who wants to know when all up to here were sent.
    private async Task<TaskCompletionSource?> FillAsync(SendBatch batch)
    {
        using var linger = new CancellationTokenSource(Timeout.InfiniteTimeSpan, _clock);
        var isWaiting = false;
        while (true)
        {
            while (_entries.Reader.TryPeek(out var entry))
            {
                if (batch.Messages.Count > 0 && entry.Flushed is null && batch.Bytes + entry.Bytes > _options.BatchBytes)
                    return null;
                _entries.Reader.TryRead(out _); // the one just seen: this is the only reader
                if (entry.Flushed is not null)
                    return entry.Flushed;
                batch.Add(entry.Message, entry.Bytes);
                if (batch.Messages.Count >= _options.BatchCount)
                    return null;
            }
            if (_options.Linger == TimeSpan.Zero)
                return null;
            if (!isWaiting)
                linger.CancelAfter(_options.Linger);
            isWaiting = true;
            try
            {
                if (!await WaitForEntriesAsync(linger.Token))
                    return null;
            }
            catch (OperationCanceledException)
            {
                return null;
            }
        }
    }

    // A callback that fails ends neither the producer nor the news that it got: the next send or flush throws both.
    private void TellLost(SendBatch batch, Exception reason)
    {
        try
        {
            if (_options.Lost is { } lost)
            {
                lost([.. batch.Messages], reason);
                return;
            }
        }
        catch (Exception thrown)
        {
            reason = new AggregateException(reason, thrown);
        }
        Interlocked.CompareExchange(ref _failure, reason, null);
    }

    private void ThrowFailure()
    {
        if (Interlocked.Exchange(ref _failure, null) is not { } failure)
            return;
        throw new IggyException(
            (failure as IggyException ?? failure.InnerException as IggyException)?.Error ?? IggyError.Disconnected, $"A batch of the producer was given up: {failure.Message}", failure);
    }

    /// <summary>A message, or the wish to have all before it sent.</summary>
    private readonly record struct Entry(Message Message, long Bytes, TaskCompletionSource? Flushed);
}
