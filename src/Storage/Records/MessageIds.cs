using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Iggy.Storage.Records;

/// <summary>
/// Random UUIDs of version 4 without a system call or an allocation each: xoshiro256** from a seed of the operating system.
/// They have to be distinct, not secret. Not safe for several threads at once.
/// </summary>
internal sealed class MessageIds
{
    private ulong _a, _b, _c, _d;

    public MessageIds()
    {
        Span<ulong> seed = stackalloc ulong[4];
        RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(seed));
        (_a, _b, _c, _d) = (seed[0] | 1, seed[1], seed[2], seed[3]); // the generator must not start at all zeros
    }

    /// <summary>The 16 bytes of a UUID in text order, as two little-endian halves.</summary>
    public (ulong Low, ulong High) Next()
    {
        // Version in the upper half of byte 6, variant in the top bits of byte 8 (RFC 9562, 5.4).
        var first = (NextWord() & 0xFFFF_FFFF_FFFF_0FFF) | 0x4000;
        var second = (NextWord() & 0x3FFF_FFFF_FFFF_FFFF) | 0x8000_0000_0000_0000;
        return (BinaryPrimitives.ReverseEndianness(first), BinaryPrimitives.ReverseEndianness(second));
    }

    private ulong NextWord()
    {
        var word = BitOperations.RotateLeft(_b * 5, 7) * 9;
        var shifted = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= shifted;
        _d = BitOperations.RotateLeft(_d, 45);
        return word;
    }
}
