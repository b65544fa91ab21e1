using K4os.Compression.LZ4;
using ZstdSharp;

namespace Iggy.Storage;

/// <summary>How the frames of a record are packed. The numbers are on disk.</summary>
public enum RecordCodec : byte
{
    /// <summary>As they are.</summary>
    None = 0,

    /// <summary>LZ4 block: little work, moderate gain.</summary>
    Lz4 = 1,

    /// <summary>Zstandard frame, level 3: more work, more gain.</summary>
    Zstd = 2,
}

/// <summary>The codecs behind one pair of calls. Neither allocates once its thread is warm.</summary>
internal static class RecordCodecs
{
    private const int ZstdLevel = 3;

    // Contexts of about a megabyte that serve one call at a time: one for each thread that packs, not one for each log.
    [ThreadStatic]
    private static Compressor? t_compressor;

    [ThreadStatic]
    private static Decompressor? t_decompressor;

    /// <summary>Packs bytes into a target that may be too small.</summary>
    /// <returns>Bytes written; 0 when they do not fit.</returns>
    public static int Pack(RecordCodec codec, ReadOnlySpan<byte> source, Span<byte> target)
    {
        if (codec is RecordCodec.Lz4)
            return Math.Max(0, LZ4Codec.Encode(source, target));
        t_compressor ??= new Compressor(ZstdLevel);
        return t_compressor.TryWrap(source, target, out var written) ? written : 0;
    }

    /// <summary>Unpacks bytes that must fill the target exactly.</summary>
    /// <returns>False when they do not.</returns>
    public static bool TryUnpack(RecordCodec codec, ReadOnlySpan<byte> source, Span<byte> target)
    {
        if (codec is RecordCodec.Lz4)
            return LZ4Codec.Decode(source, target) == target.Length;
        t_decompressor ??= new Decompressor();
        try
        {
            return t_decompressor.TryUnwrap(source, target, out var written) && written == target.Length;
        }
        catch (ZstdException) // not a Zstandard frame: the record is damaged, and the caller says so
        {
            return false;
        }
    }
}
