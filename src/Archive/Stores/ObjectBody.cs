using System.IO.Hashing;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Iggy.Archive.Stores;

/// <summary>The bytes of an object that is to be written, and their MD5, which a store compares with what arrived: what is not whole is refused.</summary>
/// <param name="open">Gives a stream over them that can seek; called for each attempt, the caller disposes it.</param>
/// <param name="bytes">How many.</param>
/// <param name="md5">Of the bytes.</param>
public sealed class ObjectBody(Func<Stream> open, long bytes, byte[] md5)
{
    private const int ChunkBytes = 256 << 10;

    /// <summary>How many bytes.</summary>
    public long Bytes => bytes;

    /// <summary>Their MD5 as the header <c>Content-MD5</c> has it.</summary>
    public string Md5 => Convert.ToBase64String(md5);

    /// <summary>A stream over the bytes.</summary>
    public Stream Open() => open();

    /// <summary>Bytes in memory; not changed until the call that takes them is over.</summary>
    public static ObjectBody Of(byte[] bytes) => Of(bytes, bytes.Length);

    /// <summary>The first bytes of an array; not changed until the call that takes them is over.</summary>
    public static ObjectBody Of(byte[] bytes, int count) =>
        new(() => new MemoryStream(bytes, 0, count, writable: false), count, Digest(bytes.AsSpan(0, count)));

    // The store's own check of a transfer, as S3 has had it from the beginning; nothing secret rests on it. What an archive trusts is the XXH3 in its manifests.
#pragma warning disable CA5351
    /// <summary>Reads the beginning of a file once, for its name and for its transfer.</summary>
    /// <param name="file">Open.</param>
    /// <param name="bytes">How much of it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>XXH3-64 and MD5; null when the file is shorter.</returns>
    internal static (ulong Hash, byte[] Md5)? Digest(SafeFileHandle file, long bytes, CancellationToken cancellationToken)
    {
        var sum = new XxHash3();
        using var md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        var buffer = new byte[ChunkBytes];
        for (long at = 0; at < bytes;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var read = RandomAccess.Read(file, buffer.AsSpan(0, (int)Math.Min(buffer.Length, bytes - at)), at);
            if (read == 0)
                return null;
            sum.Append(buffer.AsSpan(0, read));
            md5.AppendData(buffer.AsSpan(0, read));
            at += read;
        }
        return (sum.GetCurrentHashAsUInt64(), md5.GetHashAndReset());
    }

    private static byte[] Digest(ReadOnlySpan<byte> bytes) => MD5.HashData(bytes);
#pragma warning restore CA5351
}
