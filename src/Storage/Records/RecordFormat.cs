namespace Iggy.Storage.Records;

/// <summary>Constants of a record. The layout is described in <c>docs/formats/segment.md</c>.</summary>
internal static class RecordFormat
{
    public const uint Alignment = 8; // lets a search for the next record step by 8

    /// <summary>Body size at which a record is closed and the append goes on in a further one: bounds what a reader has to verify at once.</summary>
    public const int TargetBytes = 1 << 20;

    // Limits of one message: binary protocol 2.9. They bound a record, and so the scratch a reader rents for one.
    public const uint MaxPayloadBytes = 64_000_000;
    public const uint MaxUserHeadersBytes = 100_000;
    public const uint MaxFramesBytes = MessageFrame.SizeInBytes + MaxPayloadBytes + MaxUserHeadersBytes;
    public const uint MaxBytes = RecordHeader.SizeInBytes + RecordEnvelope.EncryptedSizeInBytes + MaxFramesBytes;

    /// <summary>Room for the head and the padding of a record at the target size.</summary>
    public const int MaxSlackBytes = 4096;

    public static uint Align(uint bytes) => (bytes + (Alignment - 1)) & ~(Alignment - 1);
}
