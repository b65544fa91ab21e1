using System.IO.Hashing;
using Iggy.Archive.Layout;
using Iggy.Archive.Manifests;
using Iggy.Archive.Stores;

namespace Iggy.Archive.Backup;

/// <summary>Puts the small things of a round together into few objects: a request a partition would cost more than what it carries.</summary>
/// <remarks>One pack is filled at a time, and is written when the next slice does not fit; so memory is one pack, however many partitions there are.</remarks>
internal sealed class PackWriter(IArchiveStore store, ArchiveKeys keys, uint epoch, ulong sequence, ArchiveMetrics metrics) : IDisposable
{
    /// <summary>Most bytes of a pack of many slices.</summary>
    public const int MaxBytes = 8 << 20;

    /// <summary>Most bytes of a slice, which has a pack to itself then: the largest file of stored offsets.</summary>
    public const int MaxSliceBytes = 64 << 20;

    private readonly SemaphoreSlim _turn = new(1, 1);
    private byte[] _buffer = [];
    private int _used;
    private uint _number;

    /// <summary>Adds bytes. They are in the store once <see cref="FlushAsync"/> has returned.</summary>
    public async Task<PackSlice> AddAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes.Length, MaxSliceBytes, nameof(bytes));
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (_used + bytes.Length > MaxBytes)
                await WriteAsync(cancellationToken);
            if (_buffer.Length < _used + bytes.Length)
                Array.Resize(ref _buffer, Math.Max(_used + bytes.Length, Math.Min(MaxBytes, 2 * _buffer.Length)));
            bytes.CopyTo(_buffer.AsMemory(_used));
            var slice = new PackSlice(new PackName(epoch, sequence, _number), (uint)_used, (uint)bytes.Length, XxHash3.HashToUInt64(bytes.Span));
            _used += bytes.Length;
            return slice;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Writes what is not in the store yet.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            await WriteAsync(cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        if (_used == 0)
            return;
        // Nobody else has this epoch, so what is there already came with an attempt whose answer was lost.
        await store.PutIfAbsentAsync(keys.Pack(new PackName(epoch, sequence, _number)), ObjectBody.Of(_buffer, _used), cancellationToken);
        metrics.NoteUploaded(_used);
        (_used, _number) = (0, _number + 1);
        if (_buffer.Length > MaxBytes)
            _buffer = [];
    }
}
