using System.Collections.Immutable;

namespace Iggy.Grains.Catalog;

/// <summary>Gives ids the way clients expect: the lowest free number, from 0.</summary>
internal static class FreeIds
{
    /// <summary>The lowest number that no entry has, which is also the position at which the new entry keeps the list in order.</summary>
    /// <param name="count">Number of entries.</param>
    /// <param name="idAt">Id of the entry at a position; ascending, no number twice.</param>
    public static int Lowest(int count, Func<int, uint> idAt)
    {
        // In a list without gaps every entry's id is its position; the first that is higher stands after the lowest gap.
        var (low, high) = (0, count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (idAt(middle) > (uint)middle)
                high = middle;
            else
                low = middle + 1;
        }

        return low;
    }

    /// <summary>The lowest number that no entry has and that is not held back, and the position at which the new entry keeps the list in order.</summary>
    /// <param name="count">Number of entries.</param>
    /// <param name="idAt">Id of the entry at a position; ascending, no number twice.</param>
    /// <param name="heldBack">Ids that are free, but whose last bearer is not gone in all respects.</param>
    public static (uint Id, int Position) Lowest(int count, Func<int, uint> idAt, ImmutableArray<uint> heldBack)
    {
        var position = Lowest(count, idAt);
        for (var id = (uint)position; ; id++)
        {
            if (position < count && idAt(position) == id)
                position++;
            else if (!heldBack.Contains(id))
                return (id, position);
        }
    }
}
