using System.IO.Hashing;
using Iggy.Archive.Manifests;

namespace Iggy.Archive.Stores;

/// <summary>Reads objects whose checksum is known.</summary>
public static class StoredBytes
{
    private const int Attempts = 3; // bytes that were spoilt on their way are right the next time

    /// <summary>Reads bytes into memory and verifies them.</summary>
    /// <exception cref="ArchiveDamagedException">They are not what was written.</exception>
    public static async Task<byte[]> ReadVerifiedAsync(this IArchiveStore store, string key, long at, int bytes, ulong hash, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var read = new byte[bytes];
            using var into = new FixedStream(read);
            await store.ReadAsync(key, at, bytes, into, cancellationToken);
            if (XxHash3.HashToUInt64(read) == hash)
                return read;
            if (attempt == Attempts)
                throw new ArchiveDamagedException($"{key}: {bytes} bytes at {at} do not match their checksum.");
        }
    }

    /// <summary>Reads a whole object into a file and verifies it.</summary>
    /// <exception cref="ArchiveDamagedException">It is not what was written.</exception>
    public static async Task DownloadVerifiedAsync(this IArchiveStore store, string key, long bytes, ulong hash, string path, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            await using var file = new FileStream(path, FileMode.Create, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0, useAsync: true);
            await store.ReadAsync(key, 0, bytes, file, cancellationToken);
            file.Position = 0;
            var sum = new XxHash3();
            await sum.AppendAsync(file, cancellationToken);
            if (sum.GetCurrentHashAsUInt64() == hash)
            {
                file.Flush(flushToDisk: true);
                return;
            }
            if (attempt == Attempts)
                throw new ArchiveDamagedException($"{key} does not match its checksum.");
        }
    }

    /// <summary>An array to be filled, which can be begun anew.</summary>
    private sealed class FixedStream(byte[] array) : MemoryStream(array)
    {
        public override void SetLength(long value)
        {
            // The array has the length that is wanted.
        }
    }
}
