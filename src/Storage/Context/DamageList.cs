using Microsoft.Extensions.Logging;

namespace Iggy.Storage.Context;

/// <summary>
/// Damage found so far, in offset order. Each range is logged once and remembered with the place where reading goes on,
/// so that polls do not search for it again. May be used by several threads.
/// </summary>
internal sealed class DamageList
{
    /// <summary>Damage comes from failing disks, a range at a time. Past this many, ranges are only found again, not remembered.</summary>
    internal const int MaxRanges = 4096;

    private readonly string _folder;
    private readonly ILogger _logger;
    private readonly DamageList? _source; // of a copy
    private readonly int _sourceEra;
    private readonly Lock _lock = new();
    private readonly List<Entry> _entries;
    private volatile int _count; // so that a log without damage, which is nearly every one, takes no lock for each record
    private int _era;            // changes when messages go: offsets may then be given again

    public DamageList(string folder, ILogger logger) => (_folder, _logger, _entries) = (folder, logger, []);

    private DamageList(DamageList source)
        => (_folder, _logger, _source, _sourceEra, _entries, _count) = (source._folder, source._logger, source, source._era, [.. source._entries], source._entries.Count);

    /// <param name="Range">The offsets.</param>
    /// <param name="ResumePosition">Where the next record starts, in the segment of the range.</param>
    internal readonly record struct Entry(DamagedRange Range, uint ResumePosition);

    /// <summary>The ranges, adjacent ones joined.</summary>
    public DamagedRange[] Ranges
    {
        get
        {
            var ranges = new List<DamagedRange>();
            lock (_lock)
            {
                foreach (var (range, _) in _entries)
                {
                    if (ranges.Count > 0 && ranges[^1].LastOffset + 1 == range.FirstOffset)
                        ranges[^1] = ranges[^1] with { LastOffset = range.LastOffset };
                    else
                        ranges.Add(range);
                }
            }
            return [.. ranges];
        }
    }

    /// <summary>A copy for somebody who reads beside the log. What is found there is found here too, unless messages went meanwhile.</summary>
    public DamageList Copy()
    {
        lock (_lock)
            return new DamageList(this);
    }

    public void Add(ulong firstOffset, ulong lastOffset, uint resumePosition, string reason)
    {
        if (_source is not null)
            _source.Add(firstOffset, lastOffset, resumePosition, reason, _sourceEra);
        Add(firstOffset, lastOffset, resumePosition, _source is null ? reason : null, _era);
    }

    public bool TryFind(ulong offset, out Entry entry)
    {
        entry = default;
        if (_count == 0)
            return false;
        lock (_lock)
        {
            var place = FindPlace(offset);
            entry = place < _entries.Count ? _entries[place] : default;
            return place < _entries.Count && entry.Range.FirstOffset <= offset;
        }
    }

    /// <summary>Forgets what lies wholly below or reaches to or above these offsets: it is not in the log any more.</summary>
    public void Keep(ulong firstOffset, ulong nextOffset)
    {
        lock (_lock)
        {
            _era++;
            _entries.RemoveAll(entry => entry.Range.LastOffset < firstOffset || entry.Range.LastOffset >= nextOffset);
            _count = _entries.Count;
        }
    }

    private void Add(ulong firstOffset, ulong lastOffset, uint resumePosition, string? reason, int era)
    {
        lock (_lock)
        {
            var place = FindPlace(firstOffset);
            var isKnown = place < _entries.Count && _entries[place].Range.FirstOffset <= lastOffset;
            if (isKnown || era != _era || _entries.Count == MaxRanges)
                return;
            if (reason is not null)
                _logger.Damaged(_folder, firstOffset, lastOffset, reason);
            _entries.Insert(place, new Entry(new DamagedRange(firstOffset, lastOffset), resumePosition));
            _count = _entries.Count;
        }
    }

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
