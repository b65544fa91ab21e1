using System.Collections.Immutable;

namespace Iggy.Replication;

/// <summary>Which leader's epoch each message was first written under: a row of (epoch, first offset), both rising.</summary>
/// <remarks>An epoch has one writer, so two logs with the same epoch at an offset are the same up to it. Entries may lie above the end of the log they
/// belong to: a follower takes its leader's map before it has the messages.</remarks>
public sealed class EpochMap
{
    /// <summary>Most entries of a map: so many leaders wrote what is retained. Beyond it the oldest is forgotten, and a log that parts there is copied anew.</summary>
    public const int MaxEntries = 4096;

    private readonly ImmutableArray<EpochStart> _entries;

    private EpochMap(ImmutableArray<EpochStart> entries) => _entries = entries;

    /// <summary>The map of a log that nobody wrote to.</summary>
    public static EpochMap Empty { get; } = new([]);

    /// <summary>The entries, oldest first.</summary>
    public ReadOnlySpan<EpochStart> Entries => _entries.AsSpan();

    /// <summary>A map of these entries.</summary>
    /// <returns>Null when they do not rise, or are too many.</returns>
    public static EpochMap? TryCreate(ReadOnlySpan<EpochStart> entries)
    {
        if (entries.Length > MaxEntries)
            return null;
        for (var i = 0; i < entries.Length; i++)
        {
            if (entries[i].Epoch == 0 || (i > 0 && (entries[i].Epoch <= entries[i - 1].Epoch || entries[i].First <= entries[i - 1].First)))
                return null;
        }
        return new([.. entries]);
    }

    /// <summary>The epoch that the message at an offset was written under; 0 when that is not known.</summary>
    public ulong EpochAt(ulong offset)
    {
        for (var i = _entries.Length - 1; i >= 0; i--)
        {
            if (_entries[i].First <= offset)
                return _entries[i].Epoch;
        }
        return 0;
    }

    /// <summary>The map of a log that ends here.</summary>
    public EpochMap CutTo(ulong end)
    {
        var count = _entries.Length;
        while (count > 0 && _entries[count - 1].First >= end)
            count--;
        return count == _entries.Length ? this : new(_entries[..count]);
    }

    /// <summary>The map of a log whose messages below an offset are gone.</summary>
    public EpochMap TrimTo(ulong start)
    {
        var count = 0;
        while (count + 1 < _entries.Length && _entries[count + 1].First <= start)
            count++;
        return count == 0 ? this : new(_entries[count..]);
    }

    /// <summary>The map once a new leader writes from here on. The log ends here.</summary>
    public EpochMap Begin(ulong epoch, ulong end)
    {
        var below = CutTo(end)._entries;
        if (below.Length == MaxEntries)
            below = below.RemoveAt(0);
        return new(below.Add(new(epoch, end)));
    }

    /// <summary>The map of a log that goes on as another does from here on; below they are the same, but the other may have forgotten who wrote it.</summary>
    public EpochMap Join(ulong end, EpochMap other)
    {
        var joined = CutTo(end)._entries.AddRange(other._entries.Where(entry => entry.First >= end));
        return new(joined.Length <= MaxEntries ? joined : joined[^MaxEntries..]);
    }

    /// <summary>Up to where a log can stay when it has to become a part of another, of a newer leader.</summary>
    /// <remarks>What it has trimmed was committed, so the other has or had the same there: it never has to go back behind its own start, even if no map reaches
    /// down to it any more. To begin anew in front of it would give up what others count on.</remarks>
    public static ulong KeepEnd(EpochMap own, ulong start, ulong end, EpochMap other, ulong otherStart, ulong otherEnd)
    {
        var common = CommonEnd(own, end, other, otherEnd);
        return common < start && otherStart <= start && start <= otherEnd ? start : common;
    }

    /// <summary>Up to where two logs are the same: the greatest offset whose message before it has the same epoch in both.</summary>
    /// <returns>0 when nothing says that they have anything in common.</returns>
    public static ulong CommonEnd(EpochMap one, ulong oneEnd, EpochMap other, ulong otherEnd)
    {
        var end = Math.Min(oneEnd, otherEnd);
        var (left, right) = (one.CutTo(end)._entries, other.CutTo(end)._entries);
        var (i, j) = (left.Length - 1, right.Length - 1);
        while (i >= 0 && j >= 0)
        {
            if (left[i].Epoch == right[j].Epoch)
                return end;
            // Both cover the message before end. Down to the nearer start of the two they differ.
            end = Math.Max(left[i].First, right[j].First);
            if (left[i].First == end)
                i--;
            if (right[j].First == end)
                j--;
        }
        return 0;
    }
}

/// <summary>The first offset that was written under an epoch.</summary>
public readonly record struct EpochStart(ulong Epoch, ulong First);
