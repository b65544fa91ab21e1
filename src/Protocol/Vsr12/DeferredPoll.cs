using Iggy.Protocol.Classic;

namespace Iggy.Protocol.Vsr12;

/// <summary>How long a read may wait, and for what.</summary>
/// <param name="WaitMicros">Longest wait; 0 reads at once.</param>
/// <param name="MinCount">Messages that end the wait.</param>
/// <param name="MaxBytes">Most bytes of the reply's body; one larger message comes alone.</param>
/// <param name="TimeoutMicros">After which nobody waits for the reply any more.</param>
public readonly record struct ReadPatience(ulong WaitMicros, uint MinCount, uint MaxBytes, ulong TimeoutMicros)
{
    /// <summary>Bytes behind the body of a poll.</summary>
    public const int SizeInBytes = 24;

    /// <summary>Longest wait that may be asked for.</summary>
    public const ulong MostWaitMicros = 600_000_000;

    /// <summary>Longest time-out that may be asked for.</summary>
    public const ulong MostTimeoutMicros = 630_000_000;

    /// <summary>What the reply takes longer than the wait, at least.</summary>
    public const ulong SpareMicros = 1_000_000;

    /// <summary>The head of a poll's reply, of a batch and of a message: with less no message fits.</summary>
    public const uint LeastBytes = 344;

    /// <summary>Whether such a wait may be asked for.</summary>
    /// <param name="count">Most messages that are wanted.</param>
    /// <param name="demandsSpare">Whether the time-out must leave room also where nothing is waited for.</param>
    public bool IsValid(uint count, bool demandsSpare = false) =>
        WaitMicros <= MostWaitMicros && TimeoutMicros is >= 1 and <= MostTimeoutMicros
        && ((WaitMicros == 0 && !demandsSpare) || TimeoutMicros >= WaitMicros + SpareMicros)
        && MinCount >= 1 && MinCount <= count && MaxBytes >= LeastBytes;
}

/// <summary>A poll that may wait, as it lies in a body: a <see cref="PollMessagesView"/> and 24 bytes more, no less and no more. Its reply is that of a poll.</summary>
public readonly ref struct DeferredPollView
{
    /// <summary>What to read.</summary>
    public PollMessagesView Poll { get; private init; }

    /// <summary>How long to wait, and for what.</summary>
    public ReadPatience Patience { get; private init; }

    /// <summary>Reads a body.</summary>
    /// <returns><see cref="IggyError.None"/>, or as every <c>TryRead</c>; <see cref="IggyError.InvalidCommand"/> also for a wait that may not be asked for.</returns>
    public static IggyError TryRead(ReadOnlySpan<byte> body, out DeferredPollView request)
    {
        request = default;
        if (body.Length <= ReadPatience.SizeInBytes)
            return IggyError.InvalidCommand;
        if (PollMessagesView.TryRead(body[..^ReadPatience.SizeInBytes], out var poll, out var read) is var fault and not IggyError.None)
            return fault;
        var reader = new WireReader(body[^ReadPatience.SizeInBytes..]);
        request = new() { Poll = poll, Patience = new(reader.U64(), reader.U32(), reader.U32(), reader.U64()) };
        return read == body.Length - ReadPatience.SizeInBytes && request.Patience.IsValid(poll.Count) ? IggyError.None : IggyError.InvalidCommand;
    }

    /// <summary>Writes what <see cref="TryRead"/> reads.</summary>
    public static void Write(WireWriter writer, PollMessagesRequest poll, ReadPatience patience)
    {
        poll.Write(writer);
        writer.U64(patience.WaitMicros);
        writer.U32(patience.MinCount);
        writer.U32(patience.MaxBytes);
        writer.U64(patience.TimeoutMicros);
    }
}
