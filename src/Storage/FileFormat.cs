using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;

namespace Iggy.Storage;

/// <summary>What all files of a partition have in common. The layouts are described in <c>docs/formats/segment.md</c>.</summary>
internal static class FileFormat
{
    public const uint Version = 1;
    public const uint MaxEndPosition = uint.MaxValue - (64 << 10); // positions are u32

    public static ulong Checksum(ReadOnlySpan<byte> bytes) => XxHash3.HashToUInt64(bytes);

    /// <summary>Binds files to their log: what its name comes to; 0 for a log without one, whose files are not bound.</summary>
    public static ulong LogId(string name) => name.Length == 0 ? 0 : Checksum(Encoding.UTF8.GetBytes(name));

    /// <summary>Checksum of a block whose last 8 bytes are the checksum.</summary>
    public static ulong ChecksumOfBlock<T>(in T block) where T : unmanaged
    {
        var bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in block));
        return XxHash3.HashToUInt64(bytes[..^sizeof(ulong)]);
    }
}
