using Microsoft.Extensions.Logging;

namespace Iggy.Storage.Context;

/// <summary>
/// Damage found so far, in offset order. Each range is logged once and remembered with the place where reading goes on,
/// so that polls do not search for it again.
/// </summary>
internal sealed class DamageList(string folder, ILogger logger)
{
    // Damage comes from failing disks, a range at a time. Past this many, ranges are only found again, not remembered.
    private const int MaxRanges = 4096;

    private readonly List<Entry> _entries = [];

    /// <param name="Range">The offsets.</param>
    /// <param name="ResumePosition">Where the next record starts, in the segment of the range.</param>
    internal readonly record struct Entry(DamagedRange Range, uint ResumePosition);

    /// <summary>The ranges, adjacent ones joined.</summary>
    public DamagedRange[] Ranges
    {
        get
        {
            var ranges = new List<DamagedRange>();
            foreach (var (range, _) in _entries)
            {
                if (ranges.Count > 0 && ranges[^1].LastOffset + 1 == range.FirstOffset)
                    ranges[^1] = ranges[^1] with { LastOffset = range.LastOffset };
                else
                    ranges.Add(range);
            }
            return [.. ranges];
        }
    }

    public void Add(ulong firstOffset, ulong lastOffset, uint resumePosition, string reason)
    {
        var place = FindPlace(firstOffset);
        var isKnown = place < _entries.Count && _entries[place].Range.FirstOffset <= lastOffset;
        if (isKnown || _entries.Count == MaxRanges)
            return;
        logger.Damaged(folder, firstOffset, lastOffset, reason);
        _entries.Insert(place, new Entry(new DamagedRange(firstOffset, lastOffset), resumePosition));
    }

    public bool TryFind(ulong offset, out Entry entry)
    {
        var place = FindPlace(offset);
        entry = place < _entries.Count ? _entries[place] : default;
        return place < _entries.Count && entry.Range.FirstOffset <= offset;
    }

    /// <summary>Forgets what lies wholly below or reaches to or above these offsets: it is not in the log any more.</summary>
    public void Keep(ulong firstOffset, ulong nextOffset)
        => _entries.RemoveAll(entry => entry.Range.LastOffset < firstOffset || entry.Range.LastOffset >= nextOffset);

    // The first range that ends at or above an offset.
    private int FindPlace(ulong offset)
    {
        var (low, high) = (0, _entries.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_entries[middle].Range.LastOffset < offset)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }
}
