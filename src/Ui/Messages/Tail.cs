using Iggy.Grains.Interfaces.Partitions;

namespace Iggy.Ui.Messages;

/// <summary>Follows a topic: waits inside its partitions, which an append wakes, and reads what came. Only so much a second is read; what is more is jumped over and counted.</summary>
internal sealed class Tail(MessageReader reader, IReadOnlyList<uint> partitions, TimeProvider clock)
{
    /// <summary>Partitions that one page follows at most.</summary>
    public const int MostPartitions = 64;

    private const uint MostAtOnce = 50;
    private const int MostBytesAtOnce = 128 * 1024, GlimpseBytes = 2048;
    private static readonly TimeSpan _rest = TimeSpan.FromMilliseconds(250), _patience = TimeSpan.FromSeconds(15);

    private readonly Lock _lock = new();
    private TaskCompletionSource? _paused;

    /// <summary>What came.</summary>
    public TailBuffer Buffer { get; } = new();

    /// <summary>What is wanted of it.</summary>
    public MessageFilter Filter { get; set; } = MessageFilter.None;

    /// <summary>Whether nothing is read at the moment.</summary>
    public bool IsPaused => _paused is not null;

    /// <summary>Raised when something came.</summary>
    public event Action? Changed;

    /// <summary>Stops reading, or goes on.</summary>
    public void Pause(bool isPaused)
    {
        lock (_lock)
        {
            if (isPaused)
                _paused ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            else
                (Interlocked.Exchange(ref _paused, null))?.TrySetResult();
        }
    }

    /// <summary>Reads until it is ended.</summary>
    /// <exception cref="OperationCanceledException">It was ended.</exception>
    public async Task RunAsync(CancellationToken ended)
    {
        var next = new ulong[partitions.Count];
        for (var i = 0; i < next.Length; i++)
            next[i] = await reader.WaitAsync(partitions[i], 0, TimeSpan.Zero, ended);
        Changed?.Invoke();
        var waits = new Task<ulong>?[next.Length];
        while (true)
        {
            if (_paused is { } paused)
                await paused.Task.WaitAsync(ended);
            for (var i = 0; i < waits.Length; i++)
                waits[i] ??= reader.WaitAsync(partitions[i], next[i], _patience, ended);
            await Task.WhenAny(waits!).WaitAsync(ended);
            if (IsPaused)
                continue;
            var came = false;
            for (var i = 0; i < waits.Length; i++)
            {
                if (waits[i] is not { IsCompleted: true } done)
                    continue;
                waits[i] = null;
                if (await done <= next[i])
                    continue; // nobody wrote for a while
                next[i] = await TakeAsync(partitions[i], next[i], await done);
                came = true;
            }
            if (!came)
                continue;
            Changed?.Invoke();
            await Task.Delay(_rest, clock, ended);
        }
    }

    private async Task<ulong> TakeAsync(uint partitionId, ulong next, ulong end)
    {
        end = Math.Max(end, await reader.WaitAsync(partitionId, 0, TimeSpan.Zero)); // more may have come while this rested
        if (end - next > MostAtOnce)
        {
            Buffer.LeaveOut(end - next - MostAtOnce);
            next = end - MostAtOnce;
        }
        var batch = await reader.ReadAsync(partitionId, PollFrom.Offset, next, MostAtOnce, MostBytesAtOnce, GlimpseBytes);
        foreach (var message in batch.Messages)
        {
            if (Filter.Fits(message))
                Buffer.Add(message);
            else
                Buffer.Refuse();
            next = message.Offset + 1;
        }
        return batch.Messages.Count == 0 ? end : next;
    }
}
