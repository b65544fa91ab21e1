namespace Iggy.Storage;

/// <summary>Numbers of a partition log at one moment.</summary>
/// <param name="FirstOffset">Oldest offset kept; equal to <paramref name="NextOffset"/> when no message is kept.</param>
/// <param name="NextOffset">Offset the next message gets.</param>
/// <param name="MessagesCount">Messages kept, damaged ones included.</param>
/// <param name="MessageBytes">Their size as clients count it: 64 bytes, payload and user headers each.</param>
/// <param name="SegmentsCount">Segments, the active one included.</param>
/// <param name="CurrentOffset">Offset of the newest message ever appended since the last purge, 0 when there was none.</param>
public readonly record struct LogStats(ulong FirstOffset, ulong NextOffset, ulong MessagesCount, ulong MessageBytes,
    uint SegmentsCount, ulong CurrentOffset);

/// <summary>Offsets that were acknowledged and cannot be read any more.</summary>
/// <param name="FirstOffset">First of them.</param>
/// <param name="LastOffset">Last of them.</param>
public readonly record struct DamagedRange(ulong FirstOffset, ulong LastOffset);
