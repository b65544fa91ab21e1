using System.Buffers;
using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Partitions;

namespace Iggy.Grains.Partitions;

/// <summary>Sends that come from another server in parts, until their last part is here: a message between servers must not be as long as a send may be.</summary>
/// <remarks>Bounded together; whoever has no room is told to try again. What its sender left behind goes after <see cref="s_patience"/>.</remarks>
internal sealed class StagedSends(TimeProvider clock, long maxBytes = StagedSends.MaxBytes)
{
    /// <summary>The most that is held, all sends together.</summary>
    public const long MaxBytes = 512L * 1024 * 1024;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, Upload> _uploads = [];
    private long _bytes;

    /// <summary>Bytes that are held.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
                return _bytes;
        }
    }

    /// <summary>Takes the next part.</summary>
    /// <param name="upload">A number that its sender made for the send.</param>
    /// <param name="totalBytes">Of the whole send.</param>
    /// <param name="part">Copied.</param>
    public Refusal Add(Guid upload, int totalBytes, ReadOnlySpan<byte> part)
    {
        lock (_gate)
        {
            if (!_uploads.TryGetValue(upload, out var staged))
            {
                DropForgotten();
                if (totalBytes <= 0)
                    return Refusal.InvalidBatch;
                if (_bytes + totalBytes > maxBytes)
                    return Refusal.Unavailable;
                staged = new Upload(ArrayPool<byte>.Shared.Rent(totalBytes), totalBytes);
                _uploads.Add(upload, staged);
                _bytes += totalBytes;
            }
            if (totalBytes != staged.TotalBytes || part.Length > staged.TotalBytes - staged.Filled)
            {
                Drop(upload, staged);
                return Refusal.InvalidBatch;
            }
            part.CopyTo(staged.Rented.AsSpan(staged.Filled));
            staged.Filled += part.Length;
            staged.TouchedAt = clock.GetTimestamp();
            return Refusal.None;
        }
    }

    /// <summary>Hands a whole send over.</summary>
    /// <returns>Owned by the caller; null when it is not here, or not whole.</returns>
    public PooledBytes? Take(Guid upload)
    {
        lock (_gate)
        {
            if (!_uploads.Remove(upload, out var staged))
                return null;
            _bytes -= staged.TotalBytes;
            if (staged.Filled == staged.TotalBytes)
                return new PooledBytes(staged.Rented, staged.TotalBytes);
            ArrayPool<byte>.Shared.Return(staged.Rented);
            return null;
        }
    }

    private void DropForgotten()
    {
        foreach (var (upload, staged) in _uploads.ToArray()) // few: each is above 1 MiB
        {
            if (clock.GetElapsedTime(staged.TouchedAt) > s_patience)
                Drop(upload, staged);
        }
    }

    private void Drop(Guid upload, Upload staged)
    {
        _uploads.Remove(upload);
        _bytes -= staged.TotalBytes;
        ArrayPool<byte>.Shared.Return(staged.Rented);
    }

    private sealed class Upload(byte[] rented, int totalBytes)
    {
        public byte[] Rented { get; } = rented;
        public int TotalBytes { get; } = totalBytes;
        public int Filled { get; set; }
        public long TouchedAt { get; set; }
    }
}
