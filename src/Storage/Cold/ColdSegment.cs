using System.Collections.Immutable;
using Iggy.Storage.Segments;

namespace Iggy.Storage.Cold;

/// <summary>A sealed segment of a log whose file lies in an archive and not in the log's folder any more. Only its index stays.</summary>
/// <param name="FirstOffset">Of its first message, also its name.</param>
/// <param name="Generation">Of the file.</param>
/// <param name="CreatedMicros">When the file was made.</param>
/// <param name="NextOffset">Offset after its last message.</param>
/// <param name="EndPosition">Bytes of the file.</param>
/// <param name="MessageBytes">Size of its messages as clients count it.</param>
/// <param name="Records">That its messages lie in.</param>
/// <param name="FirstMicros">Append time of its first message.</param>
/// <param name="LastMicros">Append time of its last one.</param>
/// <param name="Place">Where in the archive it lies.</param>
/// <param name="BlockHashes">XXH3-64 of each block of the file, by which whatever comes back is verified.</param>
public sealed record ColdSegment(ulong FirstOffset, uint Generation, ulong CreatedMicros, ulong NextOffset, uint EndPosition, ulong MessageBytes, uint Records,
    ulong FirstMicros, ulong LastMicros, ArchivePlace Place, ImmutableArray<ulong> BlockHashes)
{
    /// <summary>Bytes of a block, in which cold segments are fetched; the last one of a segment is shorter.</summary>
    public const int BlockBytes = 4 << 20;

    /// <summary>Blocks of a file.</summary>
    public static int BlocksOf(uint endPosition) => (int)(((long)endPosition + BlockBytes - 1) / BlockBytes);

    /// <summary>Bytes in a block.</summary>
    public int BytesOf(int block) => (int)Math.Min(BlockBytes, EndPosition - ((long)block * BlockBytes));

    internal Segment ToSegment() => new()
    {
        FirstOffset = FirstOffset,
        Generation = Generation,
        NextOffset = NextOffset,
        EndPosition = EndPosition,
        MessageBytes = MessageBytes,
        Records = Records,
        FirstTimestampMicros = FirstMicros,
        LastTimestampMicros = LastMicros,
        MayRebuildIndex = false,
    };

    internal static ColdSegment Of(Segment segment, ulong createdMicros, in ArchivePlace place, ImmutableArray<ulong> blockHashes) => new(
        segment.FirstOffset, segment.Generation, createdMicros, segment.NextOffset, segment.EndPosition, segment.MessageBytes, segment.Records,
        segment.FirstTimestampMicros, segment.LastTimestampMicros, place, blockHashes);
}

/// <summary>What an archive knows a segment's file by, beside its offset and generation.</summary>
/// <param name="Epoch">Of the run that uploaded it.</param>
/// <param name="Hash">XXH3-64 of the whole file.</param>
public readonly record struct ArchivePlace(uint Epoch, ulong Hash);
