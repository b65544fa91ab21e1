using System.Buffers;
using System.Runtime.InteropServices;
using Iggy.Storage.Records;

namespace Iggy.Storage.Deduplication;

/// <summary>
/// Takes messages out of a batch whose ids were appended lately, or came earlier in the same batch. An id of 0 asks for a new one, so it is never a
/// second one.
/// </summary>
internal sealed class DeduplicationFilter(DeduplicationWindow window) : IDisposable
{
    private readonly RecentIds _ids = new(window);
    private byte[]? _rented; // owned between Filter and Settle: the messages that are left
    private int _added;

    /// <summary>Remembers the id of a message that is in the log. To be called in the order of the log.</summary>
    public void Remember(ulong low, ulong high, ulong timestampMicros)
    {
        _ids.TryAdd(low, high, timestampMicros);
        _ids.Trim();
    }

    /// <summary>Takes what was remembered at a time that is still to come as remembered now, or it would be remembered until then.</summary>
    public void ClockWentBack(ulong nowMicros) => _ids.LimitTimes(nowMicros);

    /// <summary>Looks through a batch and remembers its ids for now: <see cref="Settle"/> has to follow.</summary>
    /// <param name="batch">Proven before.</param>
    /// <param name="messages">What is left, in the classic layout and valid until <see cref="Settle"/>, if anything was taken out.</param>
    /// <param name="count">Messages left.</param>
    /// <param name="nowMicros">Time of the append.</param>
    /// <returns>Whether anything was taken out.</returns>
    public bool Filter(IncomingBatch batch, ulong nowMicros, out ReadOnlySpan<byte> messages, out uint count)
    {
        _ids.Expire(nowMicros);
        var whole = batch;
        var bytes = 0;
        for (count = 0; !batch.IsEmpty; batch.Advance())
        {
            var message = Peek(ref batch);
            if (!IsNew(in message, nowMicros))
            {
                if (_rented is null)
                    bytes = CopyFirst(whole, count);
                continue;
            }
            count++;
            if (_rented is not null)
                bytes += Copy(in message, _rented.AsSpan(bytes));
        }
        messages = _rented.AsSpan(0, bytes);
        return _rented is not null;
    }

    /// <summary>Keeps or forgets the ids of the last batch.</summary>
    /// <param name="isAppended">Whether its messages are in the log.</param>
    public void Settle(bool isAppended)
    {
        if (isAppended)
            _ids.Trim();
        else
            _ids.TakeBack(_added);
        _added = 0;
        Dispose();
    }

    /// <summary>Gives the memory of the last batch back.</summary>
    public void Dispose()
    {
        if (_rented is not null)
            ArrayPool<byte>.Shared.Return(_rented);
        _rented = null;
    }

    private bool IsNew(in IncomingMessage message, ulong nowMicros)
    {
        if ((message.IdLow | message.IdHigh) == 0)
            return true;
        if (!_ids.TryAdd(message.IdLow, message.IdHigh, nowMicros))
            return false;
        _added++;
        return true;
    }

    private int CopyFirst(IncomingBatch batch, uint count)
    {
        _rented = ArrayPool<byte>.Shared.Rent(ClassicBytes(batch));
        var bytes = 0;
        for (; count > 0; count--, batch.Advance())
        {
            var message = Peek(ref batch);
            bytes += Copy(in message, _rented.AsSpan(bytes));
        }
        return bytes;
    }

    private static int ClassicBytes(IncomingBatch batch)
    {
        var bytes = 0;
        for (; !batch.IsEmpty; batch.Advance())
            bytes = checked(bytes + ClassicMessage.SizeInBytes + Peek(ref batch).Content.Length);
        return bytes;
    }

    private static IncomingMessage Peek(ref IncomingBatch batch)
        => batch.TryPeek(out var message) ? message : throw new InvalidOperationException("The batch changed while it was being appended.");

    private static int Copy(in IncomingMessage message, Span<byte> target)
    {
        var header = new ClassicMessage
        {
            IdLow = message.IdLow,
            IdHigh = message.IdHigh,
            OriginTimestampMicros = message.OriginTimestampMicros,
            UserHeadersBytes = message.UserHeadersBytes,
            PayloadBytes = message.PayloadBytes,
        };
        MemoryMarshal.Write(target, in header);
        message.Content.CopyTo(target[ClassicMessage.SizeInBytes..]);
        return ClassicMessage.SizeInBytes + message.Content.Length;
    }
}
