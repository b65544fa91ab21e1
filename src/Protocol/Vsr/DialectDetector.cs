using System.Buffers.Binary;

namespace Iggy.Protocol.Vsr;

/// <summary>What the first bytes of a connection tell.</summary>
public enum DialectSign
{
    /// <summary>More bytes are needed: <see cref="DialectDetector.LongSignBytes"/> of them.</summary>
    Undecided,

    /// <summary>The classic dialect.</summary>
    Classic,

    /// <summary>A classic frame that is none: it gets its answer, and the next eight bytes are looked at.</summary>
    ClassicWithoutCode,

    /// <summary>The newer dialect.</summary>
    Vsr,

    /// <summary>Neither: the connection is to be closed.</summary>
    Neither,
}

/// <summary>Tells the two dialects apart. In both the client speaks first, and its first frame has at least eight bytes.</summary>
/// <remarks>A classic frame begins with its length, at least 4, and its code; a frame of the newer dialect with a checksum that no released client
/// fills. No security hangs on the guess: both dialects begin without a login and judge everything themselves.</remarks>
public static class DialectDetector
{
    /// <summary>Bytes that are mostly enough.</summary>
    public const int ShortSignBytes = 8;

    /// <summary>Bytes that are always enough.</summary>
    public const int LongSignBytes = 64;

    private const uint CodeBytes = sizeof(uint);

    /// <summary>Judges the first bytes.</summary>
    /// <param name="first">At least <see cref="ShortSignBytes"/>.</param>
    /// <param name="maxFrameBytes">Longest frame that is taken in either dialect.</param>
    public static DialectSign Judge(ReadOnlySpan<byte> first, uint maxFrameBytes)
    {
        var (length, code) = (BinaryPrimitives.ReadUInt32LittleEndian(first), (CommandCode)BinaryPrimitives.ReadUInt32LittleEndian(first[sizeof(uint)..]));
        if (length == 0 && code is CommandCode.None)
            return DialectSign.Vsr;
        if (length < CodeBytes)
            return DialectSign.ClassicWithoutCode;
        // A known code with a length above all limits is a classic mistake, and gets the classic answer.
        if (code.IsClassic() || length <= LongSignBytes - CodeBytes)
            return DialectSign.Classic;
        if (first.Length < LongSignBytes)
            return DialectSign.Undecided;
        if (RequestHeader.IsSignature(first, maxFrameBytes))
            return DialectSign.Vsr; // of a client that fills the checksum
        return length <= maxFrameBytes ? DialectSign.Classic : DialectSign.Neither;
    }
}
