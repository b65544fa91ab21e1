using System.IO.Compression;
using System.IO.Hashing;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Iggy.Archive.Manifests;

/// <summary>Bytes in the archive that are not what was written there, or not what this build can read. The message names the object.</summary>
public sealed class ArchiveDamagedException(string message) : Exception(message);

/// <summary>Manifests as bytes: JSON, packed with gzip. Whatever is read is checked before anything is made of it.</summary>
public static class ManifestCodec
{
    /// <summary>Most bytes of a manifest in the store.</summary>
    public const int MaxBytes = 64 << 20;

    /// <summary>Most bytes of a manifest when it is unpacked.</summary>
    public const int MaxTextBytes = 256 << 20;

    /// <summary>Packs a manifest.</summary>
    /// <returns>The bytes and their XXH3-64.</returns>
    public static (byte[] Bytes, ulong Hash) Write(Manifest manifest)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            JsonSerializer.Serialize(gzip, manifest, ManifestJson.Default.Manifest);
        var bytes = packed.ToArray();
        return bytes.Length <= MaxBytes
            ? (bytes, XxHash3.HashToUInt64(bytes))
            : throw new InvalidOperationException($"A manifest of {bytes.Length} bytes is larger than the {MaxBytes} that are read.");
    }

    /// <summary>Unpacks a manifest.</summary>
    /// <param name="bytes">As the store gave them.</param>
    /// <param name="hash">What they must come to.</param>
    /// <param name="key">For the error.</param>
    /// <exception cref="ArchiveDamagedException">It is not what was written, of a later version, or makes no sense.</exception>
    public static Manifest Read(byte[] bytes, ulong hash, string key)
    {
        if (XxHash3.HashToUInt64(bytes) != hash)
            throw new ArchiveDamagedException($"{key} does not match its checksum.");
        try
        {
            using var gzip = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
            var manifest = JsonSerializer.Deserialize(new BoundedStream(gzip), ManifestJson.Default.Manifest)
                ?? throw new ArchiveDamagedException($"{key} is empty.");
            ManifestCheck.Refuse(manifest, key);
            return manifest;
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidDataException or NotSupportedException)
        {
            throw new ArchiveDamagedException($"{key} cannot be read: {wrong.Message}");
        }
    }

    /// <summary>Ends with an error where a small object would unpack to more than is allowed.</summary>
    private sealed class BoundedStream(Stream inner) : Stream
    {
        private long _left = MaxTextBytes;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            var read = inner.Read(buffer);
            return (_left -= read) >= 0 ? read : throw new InvalidDataException($"it unpacks to more than {MaxTextBytes} bytes");
        }

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Manifest))]
internal sealed partial class ManifestJson : JsonSerializerContext;
