using System.Buffers;

namespace Iggy.Gateway.Wire.Transports;

/// <summary>Whose turn it is to send on a stream that several requests answer on. Small replies that come while another is sent leave together in one write behind it.</summary>
internal sealed class ReplyTurn(IByteStream stream) : IDisposable
{
    /// <summary>Most bytes that wait together; a reply that does not fit waits for a turn of its own.</summary>
    public const int MostJoinedBytes = 64 * 1024;

    private readonly SemaphoreSlim _turn = new(1);
    private readonly Lock _lock = new();
    private JoinedReplies? _joined; // waits for a turn that is asked for already

    /// <summary>The stream.</summary>
    public IByteStream Stream => stream;

    /// <summary>Waits for a turn, which <see cref="Leave"/> gives back.</summary>
    public Task EnterAsync() => _turn.WaitAsync();

    /// <summary>Gives a turn back.</summary>
    public void Leave() => _turn.Release();

    /// <summary>Sends a whole reply, alone or with others.</summary>
    /// <param name="bytes">Borrowed until the task ends.</param>
    public ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        JoinedReplies? begun = null;
        Task? joined = null;
        lock (_lock)
        {
            if (_joined is null && _turn.Wait(0))
                joined = null;
            else if (bytes.Length > MostJoinedBytes || _joined?.Bytes + bytes.Length > MostJoinedBytes)
                return SendAfterAsync(bytes);
            else
                joined = (_joined ??= begun = new JoinedReplies()).Add(bytes.Span);
        }
        if (joined is null)
            return SendInTurnAsync(bytes); // outside the lock: sending may take long
        if (begun is not null)
            _ = SendJoinedAsync(begun);
        return new(joined);
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    private async ValueTask SendAfterAsync(ReadOnlyMemory<byte> bytes)
    {
        await _turn.WaitAsync();
        await SendInTurnAsync(bytes);
    }

    private async ValueTask SendInTurnAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await stream.SendAsync(bytes);
        }
        finally
        {
            _turn.Release();
        }
    }

    // Never fails: each reply hears for itself that the stream broke.
    private async Task SendJoinedAsync(JoinedReplies replies)
    {
        await _turn.WaitAsync();
        lock (_lock)
            _joined = null; // what comes from here on waits for the next turn
        Exception? failure = null;
        try
        {
            await stream.SendAsync(replies.All);
        }
        catch (Exception broken)
        {
            failure = broken;
        }
        _turn.Release(); // first: who hears of his reply may end the connection
        replies.End(failure);
    }

    private sealed class JoinedReplies
    {
        private readonly TaskCompletionSource _sent = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private byte[] _array = ArrayPool<byte>.Shared.Rent(4096);

        public int Bytes { get; private set; }

        public ReadOnlyMemory<byte> All => _array.AsMemory(0, Bytes);

        public Task Add(ReadOnlySpan<byte> reply)
        {
            if (_array.Length - Bytes < reply.Length)
            {
                var larger = ArrayPool<byte>.Shared.Rent(MostJoinedBytes);
                All.CopyTo(larger);
                ArrayPool<byte>.Shared.Return(_array);
                _array = larger;
            }
            reply.CopyTo(_array.AsSpan(Bytes));
            Bytes += reply.Length;
            return _sent.Task;
        }

        public void End(Exception? failure)
        {
            if (failure is not null)
            {
                _sent.SetException(failure); // the array is not given back: who broke off may still read it
                return;
            }
            ArrayPool<byte>.Shared.Return(_array);
            _sent.SetResult();
        }
    }
}
