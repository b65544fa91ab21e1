using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Iggy.Storage.Files;

/// <summary>The log's figures as its last user left them, behind the epochs in the lock file, so that nobody has to open the log to know them.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1, Size = SizeInBytes)]
internal struct SummaryBlock
{
    public const int SizeInBytes = 128;
    public const long FilePosition = 2048; // behind epochs and inventory
    private const uint ExpectedMagic = 0x534D5553; // "SUMS"

    public uint Magic, Epoch;                                      // @0   the opening that left them
    public ulong FirstOffset, NextOffset, MessagesCount;           // @8
    public ulong MessageBytes, LagMessages;                        // @32
    public uint SegmentsCount;                                     // @48
    public OldestFlags Oldest;                                     // @52  whether there is a sealed segment, then:
    public ulong OldestFirstOffset, OldestFirstMicros, OldestLastMicros; // @56
    public ulong Records;                                          // @80
    private readonly ulong _reserved0, _reserved1, _reserved2, _reserved3; // @88
    public ulong Checksum;                                         // @120

    /// <summary>What there is to say of the oldest sealed segment.</summary>
    [Flags]
    internal enum OldestFlags : uint
    {
        None = 0,
        IsThere = 1,
        IsHeld = 2,
    }

    public static void Write(SafeFileHandle file, in LogSummary summary, uint epoch)
    {
        var stats = summary.Stats;
        var block = new SummaryBlock
        {
            Magic = ExpectedMagic,
            Epoch = epoch,
            FirstOffset = stats.FirstOffset,
            NextOffset = stats.NextOffset,
            MessagesCount = stats.MessagesCount,
            MessageBytes = stats.MessageBytes,
            LagMessages = summary.LagMessages,
            SegmentsCount = stats.SegmentsCount,
            Records = summary.RecordsCount,
        };
        if (summary.OldestSealed is { } oldest)
        {
            block.Oldest = OldestFlags.IsThere | (oldest.IsHeld ? OldestFlags.IsHeld : 0);
            (block.OldestFirstOffset, block.OldestFirstMicros, block.OldestLastMicros) =
                (oldest.FirstOffset, oldest.FirstTimestampMicros, oldest.LastTimestampMicros);
        }
        block.Checksum = FileFormat.ChecksumOfBlock(in block);
        RandomAccess.Write(file, MemoryMarshal.AsBytes(new ReadOnlySpan<SummaryBlock>(in block)), FilePosition);
    }

    /// <returns>False when the block is missing, torn, or of another opening than the newest.</returns>
    public static bool TryRead(SafeFileHandle file, uint newestEpoch, out LogSummary summary)
    {
        var block = default(SummaryBlock);
        var isWhole = RandomAccess.Read(file, MemoryMarshal.AsBytes(new Span<SummaryBlock>(ref block)), FilePosition) == SizeInBytes;
        var isTrue = isWhole && block.Magic == ExpectedMagic && block.Checksum == FileFormat.ChecksumOfBlock(in block) && block.Epoch == newestEpoch;
        summary = isTrue ? block.ToSummary() : default;
        return isTrue;
    }

    private readonly LogSummary ToSummary() => new(
        new LogStats(FirstOffset, NextOffset, MessagesCount, MessageBytes, SegmentsCount, NextOffset == 0 ? 0 : NextOffset - 1),
        LagMessages, Records,
        Oldest.HasFlag(OldestFlags.IsThere)
            ? new SealedSegment(OldestFirstOffset, OldestFirstMicros, OldestLastMicros, Oldest.HasFlag(OldestFlags.IsHeld)) : null);
}
