namespace Iggy.Storage.Offsets;

/// <summary>Knows the smallest of many stored offsets at any time; a change costs the logarithm of their number and allocates nothing.</summary>
/// <remarks>A binary heap of slots, and where in it each slot stands.</remarks>
internal sealed class SmallestOffset
{
    private readonly List<(ulong Offset, int Slot)> _heap = [];
    private readonly List<int> _places = []; // by slot: its place in the heap + 1, or 0

    /// <summary>The smallest offset; null when there is none.</summary>
    public ulong? Value => _heap.Count == 0 ? null : _heap[0].Offset;

    /// <summary>Adds a slot's offset, or replaces it.</summary>
    public void Set(int slot, ulong offset)
    {
        while (_places.Count <= slot)
            _places.Add(0);
        var place = _places[slot] - 1;
        if (place < 0)
        {
            place = _heap.Count;
            _heap.Add(default);
        }
        Settle(place, (offset, slot));
    }

    /// <summary>Takes a slot out. It must be in.</summary>
    public void Remove(int slot)
    {
        var place = _places[slot] - 1;
        var last = _heap[^1];
        _places[slot] = 0;
        _heap.RemoveAt(_heap.Count - 1);
        if (place < _heap.Count)
            Settle(place, last);
    }

    public void Clear()
    {
        _heap.Clear();
        _places.Clear();
    }

    // Puts an entry into a free place and moves it up or down until the order holds.
    private void Settle(int place, (ulong Offset, int Slot) entry)
    {
        for (; place > 0 && _heap[(place - 1) / 2] is var above && entry.Offset < above.Offset; place = (place - 1) / 2)
            Put(place, above);
        for (var child = (2 * place) + 1; child < _heap.Count; child = (2 * place) + 1)
        {
            if (child + 1 < _heap.Count && _heap[child + 1].Offset < _heap[child].Offset)
                child++;
            if (_heap[child].Offset >= entry.Offset)
                break;
            Put(place, _heap[child]);
            place = child;
        }
        Put(place, entry);
    }

    private void Put(int place, (ulong Offset, int Slot) entry)
    {
        _heap[place] = entry;
        _places[entry.Slot] = place + 1;
    }
}
