namespace Iggy.Storage.Log;

/// <summary>How far consumers and groups have read.</summary>
public sealed partial class PartitionLog
{
    /// <summary>Looks a stored offset up.</summary>
    public bool TryGetConsumerOffset(ConsumerKey consumer, out ulong offset) => _offsets.TryGet(consumer, out offset);

    /// <summary>Stores an offset; going back is allowed. As durable as an append: <see cref="CommitAsync"/> waits for it too.</summary>
    public StoreOffsetStatus StoreConsumerOffset(ConsumerKey consumer, ulong offset)
    {
        if (_isClosed)
            return StoreOffsetStatus.Closed;
        if (_commit.HasFailed)
            return StoreOffsetStatus.Failed;
        if (offset >= _reader.VisibleEnd)
            return StoreOffsetStatus.OutOfRange;

        var status = _offsets.Store(consumer, offset);
        if (_offsets.TakeMade())
            _commit.MarkFolder(); // or the file is gone after a power failure; first, so that no sync takes the offsets without it
        if (status is StoreOffsetStatus.Stored)
            _commit.MarkOffsets();
        return status;
    }

    /// <summary>Forgets a stored offset.</summary>
    /// <returns>False when none was stored.</returns>
    /// <exception cref="IOException">The disk refused; it is still stored.</exception>
    public bool DeleteConsumerOffset(ConsumerKey consumer)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        var isDeleted = _offsets.Delete(consumer);
        if (isDeleted)
            _commit.MarkOffsets();
        return isDeleted;
    }
}
