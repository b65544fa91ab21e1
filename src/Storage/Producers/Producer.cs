using System.Runtime.InteropServices;
using Iggy.Storage.Records;

namespace Iggy.Storage.Producers;

/// <summary>Messages of one producer that lie one behind the other, by number and by offset: 16 bytes in the file.</summary>
/// <param name="BaseSequence">Of the first one.</param>
/// <param name="Count">How many.</param>
/// <param name="BaseOffset">Of the first one.</param>
[StructLayout(LayoutKind.Sequential, Pack = 1, Size = SizeInBytes)]
internal readonly record struct ProducedRange(uint BaseSequence, uint Count, ulong BaseOffset)
{
    public const int SizeInBytes = 16;
}

/// <summary>One producer of a partition.</summary>
internal sealed class Producer(ulong id)
{
    /// <summary>Most ranges that are remembered: as many as one connection may have batches under way. A producer that is alone has one, however far it comes.</summary>
    public const int MaxRanges = 256;

    // So that the distance between two numbers of a range is below half of the circle.
    private const uint MostInRange = 1 << 29;

    private readonly Queue<ProducedRange> _older = new();
    private ProducedRange _newest;

    /// <summary>Drawn by the client.</summary>
    public ulong Id { get; } = id;

    /// <summary>Of its newest batch.</summary>
    public ushort Epoch { get; private set; }

    /// <summary>The number to come.</summary>
    public uint NextSequence => ProducerSection.Add(_newest.BaseSequence, _newest.Count);

    /// <summary>The newest ones, in their order.</summary>
    public IEnumerable<ProducedRange> Ranges => _newest.Count == 0 ? _older : _older.Append(_newest);

    /// <summary>How many there are.</summary>
    public int RangesCount => _older.Count + (_newest.Count > 0 ? 1 : 0);

    /// <summary>Takes messages in that are in the log.</summary>
    public void Note(in ProducerSection section, uint count, ulong baseOffset)
    {
        if (section.Epoch != Epoch)
        {
            _older.Clear();
            (_newest, Epoch) = (default, section.Epoch);
        }
        Add(new(section.BaseSequence, count, baseOffset));
    }

    /// <summary>As it was written down.</summary>
    public static Producer Restore(ulong id, ushort epoch, ReadOnlySpan<ProducedRange> ranges)
    {
        var producer = new Producer(id) { Epoch = epoch };
        foreach (var range in ranges)
            producer.Add(range);
        return producer;
    }

    /// <summary>Where a message lies.</summary>
    /// <returns>False when it is too old to be remembered.</returns>
    public bool TryFind(uint sequence, out ulong offset)
    {
        if (TryFindIn(_newest, sequence, out offset))
            return true;
        foreach (var range in _older)
        {
            if (TryFindIn(range, sequence, out offset))
                return true;
        }
        return false;
    }

    /// <summary>Forgets messages from an offset on.</summary>
    /// <returns>Whether any are left.</returns>
    public bool CutAt(ulong nextOffset)
    {
        var kept = Ranges.Where(range => range.BaseOffset < nextOffset).ToArray();
        _older.Clear();
        _newest = default;
        foreach (var range in kept)
            Add(range with { Count = (uint)Math.Min(range.Count, nextOffset - range.BaseOffset) });
        return kept.Length > 0;
    }

    private void Add(ProducedRange range)
    {
        var isSequel = _newest.Count > 0 && range.BaseSequence == NextSequence && range.BaseOffset == _newest.BaseOffset + _newest.Count
            && _newest.Count + (ulong)range.Count <= MostInRange;
        if (isSequel)
        {
            _newest = _newest with { Count = _newest.Count + range.Count };
            return;
        }
        if (_newest.Count > 0)
            _older.Enqueue(_newest);
        if (_older.Count >= MaxRanges)
            _older.Dequeue();
        _newest = range;
    }

    private static bool TryFindIn(in ProducedRange range, uint sequence, out ulong offset)
    {
        var place = (sequence - range.BaseSequence) & ProducerSection.MaxSequence;
        offset = range.BaseOffset + place;
        return place < range.Count;
    }
}
