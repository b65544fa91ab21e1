namespace Iggy.Replication.Frames;

/// <summary>The first byte of a frame. Numbers are never reused.</summary>
internal enum FrameKind : byte
{
    Fence = 1,
    Fenced = 2,
    Fetch = 3,
    Fetched = 4,
    FetchOffsets = 5,
    OffsetsFetched = 6,
    Attach = 7,
    Attached = 8,
    Cut = 9,
    Data = 10,
    Roll = 11,
    Offset = 12,
    Trim = 13,
    Beat = 14,
    Ack = 15,
}
