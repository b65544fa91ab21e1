using Iggy.Archive.Layout;
using Iggy.Archive.Manifests;
using Iggy.Archive.Stores;
using Iggy.Storage.Copies;
using Microsoft.Win32.SafeHandles;

namespace Iggy.Archive.Backup;

/// <summary>Puts a sealed segment into the store as it lies.</summary>
internal sealed class SegmentUpload(IArchiveStore store, ArchiveKeys keys, uint epoch, ArchiveMetrics metrics)
{
    /// <summary>Uploads a file, if it is not there.</summary>
    /// <param name="partition">Its partition's key.</param>
    /// <param name="file">Open; the caller closes it.</param>
    /// <param name="facts">Of the sealed segment.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null when the file was used again for another segment meanwhile.</returns>
    public async Task<WholeFile?> RunAsync(string partition, SafeFileHandle file, SegmentFacts facts, CancellationToken cancellationToken)
    {
        if (ObjectBody.Digest(file, facts.EndPosition, cancellationToken) is not var (hash, md5)
            || PartitionFiles.ReadFacts(file, facts.FirstOffset) is not { IsSealed: true } after || after.Generation != facts.Generation)
            return null;

        var whole = new WholeFile(epoch, hash);
        var key = keys.Segment(partition, facts.FirstOffset, facts.Generation, epoch, hash);
        await foreach (var found in store.ListAsync(key, after: null, cancellationToken))
        {
            if (found.Key == key)
                return whole; // uploaded in a round that did not come to its manifest
        }
        // The store compares the MD5: bytes that change on the way, also because the file is used again, never get the name.
        await store.PutIfAbsentAsync(key, new ObjectBody(() => new FilePart(file, facts.EndPosition), facts.EndPosition, md5), cancellationToken);
        metrics.NoteUploaded(facts.EndPosition);
        return whole;
    }

    /// <summary>The beginning of an open file, which stays the caller's.</summary>
    private sealed class FilePart(SafeFileHandle file, long bytes) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length => bytes;

        public override long Position { get; set; }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            var read = RandomAccess.Read(file, buffer[..(int)Math.Min(buffer.Length, bytes - Position)], Position);
            Position += read;
            return read;
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await RandomAccess.ReadAsync(file, buffer[..(int)Math.Min(buffer.Length, bytes - Position)], Position, cancellationToken);
            Position += read;
            return read;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
        {
            SeekOrigin.Begin => offset,
            SeekOrigin.Current => Position + offset,
            _ => bytes + offset,
        };

        public override void Flush()
        {
            // Nothing is held back.
        }

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
