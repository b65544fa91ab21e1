using System.Collections.Immutable;
using Iggy.Storage.Context;

namespace Iggy.Storage.Cold;

/// <summary>The cold segments of an open log: they end where the segments in its folder begin.</summary>
internal sealed class ColdSet
{
    public ColdSet(ImmutableArray<ColdSegment> segments) => Take(segments);

    /// <summary>Ascending, without a gap.</summary>
    public ImmutableArray<ColdSegment> Segments { get; private set; }

    public int Count => Segments.Length;

    public ulong FirstOffset => Segments[0].FirstOffset;

    public ulong MessageBytes { get; private set; }

    public ulong Records { get; private set; }

    /// <summary>Reads the list of a log that is being opened, and brings the folder into order after a death.</summary>
    /// <param name="context">Of the log.</param>
    /// <param name="firstOffset">Of the segments in the folder.</param>
    public static ColdSet Open(LogContext context, ulong firstOffset)
    {
        var path = context.Folder.ColdListPath;
        if (!File.Exists(path))
            return new ColdSet([]);
        try
        {
            var all = ColdList.Read(context.Folder.Path, ulong.MaxValue, context.LogId);
            var below = ColdList.Read(context.Folder.Path, firstOffset, context.LogId);
            if (!below.IsEmpty && below[^1].NextOffset < firstOffset)
            {
                context.Logger.ColdPartLost(path, below[0].FirstOffset, firstOffset - 1, "it does not reach up to the segments in the folder");
                return new ColdSet([]);
            }
            if (below.Length < all.Length)
                ColdList.Write(context.Folder, context.LogId, below, context.Disk); // a death came before a file went, or the log was purged: the rest must not come back
            return new ColdSet(below);
        }
        catch (InvalidDataException wrong)
        {
            context.Disk.Rename(path, path + ".damaged");
            context.Logger.ColdPartLost(path, 0, firstOffset == 0 ? 0 : firstOffset - 1, wrong.Message);
            return new ColdSet([]);
        }
    }

    /// <summary>Number of the segment that holds an offset below the end of the last one.</summary>
    public int Find(ulong offset)
    {
        var (low, high) = (0, Segments.Length - 1);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (Segments[middle].NextOffset > offset)
                high = middle;
            else
                low = middle + 1;
        }
        return low;
    }

    /// <summary>Number of the first segment with a message at or after a time; the count when there is none.</summary>
    public int FindTime(ulong micros)
    {
        var number = 0;
        while (number < Segments.Length && Segments[number].LastMicros < micros)
            number++;
        return number;
    }

    /// <summary>The oldest segment.</summary>
    /// <param name="barrier">Smallest stored offset, or null.</param>
    public SealedSegment Oldest(ulong? barrier) => new(FirstOffset, Segments[0].FirstMicros, Segments[0].LastMicros, IsHeld(Segments[0], barrier));

    /// <summary>How many of the oldest hold nothing newer than a time.</summary>
    public uint CountExpired(ulong newestMicros)
    {
        var count = 0;
        while (count < Segments.Length && Segments[count].LastMicros <= newestMicros)
            count++;
        return (uint)count;
    }

    public void Add(ColdSegment segment) => Take(Segments.Add(segment));

    public void Clear() => Take([]);

    /// <summary>Takes the oldest out whose messages all consumers have passed.</summary>
    /// <returns>Their first offsets.</returns>
    public ImmutableArray<ulong> TakeOldest(uint count, ulong? barrier)
    {
        var taken = 0;
        while (taken < Segments.Length && taken < count && !IsHeld(Segments[taken], barrier))
            taken++;
        if (taken == 0)
            return [];
        ImmutableArray<ulong> gone = [.. Segments.Take(taken).Select(static segment => segment.FirstOffset)];
        Take(Segments.RemoveRange(0, taken));
        return gone;
    }

    private void Take(ImmutableArray<ColdSegment> segments)
    {
        (Segments, MessageBytes, Records) = (segments, 0, 0);
        foreach (var segment in segments)
            (MessageBytes, Records) = (MessageBytes + segment.MessageBytes, Records + segment.Records);
    }

    private static bool IsHeld(ColdSegment segment, ulong? barrier) => barrier is { } limit && segment.NextOffset - 1 > limit;
}
