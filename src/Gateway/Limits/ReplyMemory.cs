using Iggy.Grains.Interfaces.Partitions;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Limits;

/// <summary>The memory of poll replies, over all connections: room is taken before a partition reads, and given back when the client has taken the reply.</summary>
/// <remarks>A poll never waits to be asked: where there is no room it reads no more than every connection may have. Only a message larger than that waits, first
/// come, first in; whoever is inside waits for nobody but its client, which is sent away when it takes nothing.</remarks>
internal sealed class ReplyMemory(IOptions<FrameLimits> limits)
{
    /// <summary>What a reply may have without room: as much as the connection's own buffer.</summary>
    public const int SmallBytes = 64 * 1024;

    /// <summary>The largest reply that a partition reads at once: a copy of it is short work for its turn, and longer ones are read beside it.</summary>
    public const int WholeBytes = 2 * 1024 * 1024;

    private readonly InFlightGate _gate = new(limits.Value.MaxReplyBytesInFlight);

    /// <summary>Takes room for a poll whose reply is not known yet.</summary>
    /// <returns>False when there is none.</returns>
    public bool TryEnter() => _gate.TryEnter(WholeBytes);

    /// <summary>Gives the room of a poll back that came to nothing.</summary>
    /// <param name="hasRoom">As <see cref="TryEnter"/> said.</param>
    public void Leave(bool hasRoom)
    {
        if (hasRoom)
            _gate.Leave(WholeBytes);
    }

    /// <summary>What a poll may ask for.</summary>
    public static PollRequest Fit(in PollRequest request, bool hasRoom) => hasRoom
        ? request with { WholeBytes = WholeBytes }
        : request with { WholeBytes = SmallBytes, MaxBytes = Math.Min(request.MaxBytes, SmallBytes) };

    /// <summary>Keeps the room that a reply needs, and gives the rest back. Waits where one message needs more.</summary>
    /// <returns>To be disposed when the reply is sent; null when it needs none.</returns>
    public ValueTask<ReplyRoom?> KeepAsync(bool hasRoom, in PollResult polled)
    {
        var bytes = polled.Messages?.Bytes.Length ?? polled.Large?.PieceBytes ?? 0;
        if (hasRoom && bytes is > SmallBytes and <= WholeBytes)
        {
            _gate.Leave(WholeBytes - bytes);
            return new(new ReplyRoom(_gate, bytes));
        }
        Leave(hasRoom); // also before a wait for more: nobody waits for room while holding some
        return bytes <= SmallBytes ? new((ReplyRoom?)null) : EnterAsync(bytes);
    }

    private async ValueTask<ReplyRoom?> EnterAsync(int bytes)
    {
        await _gate.EnterAsync(bytes);
        return new ReplyRoom(_gate, bytes);
    }
}

/// <summary>The room of one reply.</summary>
internal sealed class ReplyRoom(InFlightGate gate, int bytes) : IDisposable
{
    private int _bytes = bytes;

    /// <summary>Gives it back.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _bytes, 0) is > 0 and var held)
            gate.Leave(held);
    }
}
