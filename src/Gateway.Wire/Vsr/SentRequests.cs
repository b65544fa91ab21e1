using Iggy.Protocol;

namespace Iggy.Gateway.Wire.Vsr;

/// <summary>What a number of a send or of a change of an offset is.</summary>
internal enum SentStanding : byte
{
    /** <summary>To be carried out.</summary> */ New,
    /** <summary>Asked before: its ticket has the answer, or will have it.</summary> */ Repeated,
    /** <summary>Below what is remembered.</summary> */ TooOld,
}

/// <summary>The newest numbered sends and changes of offsets of one session with their answers, so that a repeat over another connection gets the
/// answer and is not carried out again.</summary>
internal sealed class SentRequests
{
    /// <summary>Numbers that are remembered: four times as many as may be under way on one connection.</summary>
    public const int MaxEntries = 1024;

    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, SentTicket> _tickets = [];
    private readonly Queue<ulong> _order = new();
    private ulong _forgotten; // the highest number that was

    /// <summary>Judges a number; a new one is remembered from here on.</summary>
    public SentStanding Begin(ulong request, out SentTicket ticket)
    {
        lock (_lock)
        {
            if (_tickets.TryGetValue(request, out ticket!))
                return SentStanding.Repeated;
            if (request <= _forgotten)
                return SentStanding.TooOld;
            while (_order.Count >= MaxEntries)
            {
                var oldest = _order.Dequeue();
                if (_tickets.Remove(oldest))
                    _forgotten = Math.Max(_forgotten, oldest);
            }
            _order.Enqueue(request);
            _tickets[request] = ticket = new SentTicket();
            return SentStanding.New;
        }
    }

    /// <summary>Nothing is known of the numbers up to this one.</summary>
    public void ForgetTo(ulong request)
    {
        lock (_lock)
            _forgotten = Math.Max(_forgotten, request);
    }

    /// <summary>Notes how a request ended. One that was refused may be asked again.</summary>
    /// <param name="request">Its number.</param>
    /// <param name="ticket">From <see cref="Begin"/>.</param>
    /// <param name="error">What its reply says.</param>
    /// <param name="body">Of its reply.</param>
    /// <param name="isUnknown">Nobody knows what became of it.</param>
    public void End(ulong request, SentTicket ticket, IggyError error, ReadOnlySpan<byte> body, bool isUnknown)
    {
        if (error is not IggyError.None && !isUnknown)
        {
            lock (_lock)
                _tickets.Remove(request);
        }
        ticket.End(error, body.ToArray());
    }
}

/// <summary>The answer to one send or change of an offset, for whoever asks the same again.</summary>
internal sealed class SentTicket
{
    private readonly TaskCompletionSource<(IggyError Error, byte[] Body)> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Done with the request.</summary>
    public Task<(IggyError Error, byte[] Body)> Answer => _answer.Task;

    /// <summary>The answer is there.</summary>
    public void End(IggyError error, byte[] body) => _answer.TrySetResult((error, body));
}
