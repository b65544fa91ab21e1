namespace Iggy.Storage.Segments;

/// <summary>
/// Where the readers of a log got to: a consumer that asks for the next offset finds its record without a search. Holds the few
/// places used last; more consumers than places only cost searches.
/// </summary>
internal sealed class PositionCache
{
    private const int Places = 8;

    private readonly Place[] _places = new Place[Places];
    private int _next;

    private readonly record struct Place(Segment? Segment, ulong Offset, ulong BaseOffset, uint Position);

    /// <summary>Remembers the record that holds, or will hold, an offset.</summary>
    public void Add(Segment segment, ulong offset, ulong baseOffset, uint position)
    {
        _places[_next] = new Place(segment, offset, baseOffset, position);
        _next = (_next + 1) % Places;
    }

    public bool TryFind(Segment segment, ulong offset, out ulong baseOffset, out uint position)
    {
        foreach (ref readonly var place in _places.AsSpan())
        {
            if (place.Segment != segment || place.Offset != offset)
                continue;
            (baseOffset, position) = (place.BaseOffset, place.Position);
            return true;
        }
        (baseOffset, position) = (0, 0);
        return false;
    }

    /// <summary>Forgets everything: segments have changed.</summary>
    public void Clear() => Array.Clear(_places);
}
