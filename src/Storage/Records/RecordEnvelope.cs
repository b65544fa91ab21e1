using System.Runtime.InteropServices;

namespace Iggy.Storage.Records;

/// <summary>
/// What leads the body of a record whose frames are packed, encrypted or of a producer, in the clear: 8 bytes, little-endian; for an encrypted one the nonce
/// and the tag follow, and then for one of a producer its <see cref="ProducerSection"/>.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1, Size = SizeInBytes)]
internal struct RecordEnvelope
{
    public const int SizeInBytes = 8;
    public const int NoncePosition = SizeInBytes, NonceBytes = 12;                // @8
    public const int TagPosition = NoncePosition + NonceBytes, TagBytes = 16;     // @20
    public const int EncryptedSizeInBytes = TagPosition + TagBytes;               // 36

    public uint FramesSize;                   // @0   bytes of the frames, unpacked and decrypted
    public uint KeyId;                        // @4   0 when not encrypted

    /// <summary>Reads the size of the frames. What is not verified yet may be anything: <see cref="RecordHeader.CanHold"/>.</summary>
    public static uint FramesBytes(ReadOnlySpan<byte> body) => MemoryMarshal.Read<RecordEnvelope>(body).FramesSize;
}
