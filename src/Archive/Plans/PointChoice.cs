using Iggy.Archive.Layout;

namespace Iggy.Archive.Plans;

/// <summary>Picks points.</summary>
public static class PointChoice
{
    /// <summary>How much later than a moment a point must be to hold for sure what was appended up to it: an append gets its time before it is in the file.</summary>
    public const ulong SettleMicros = 2_000_000;

    /// <summary>The points that count, by time. A server that went on after another had taken its place wrote points that do not.</summary>
    public static IReadOnlyList<Point> Valid(IEnumerable<Point> points)
    {
        var valid = new List<Point>();
        var successor = ulong.MaxValue; // moment of the first point of a later epoch
        foreach (var epoch in points.GroupBy(static point => point.Manifest.Epoch).OrderByDescending(static epoch => epoch.Key))
        {
            var own = epoch.Where(point => point.Micros < successor).ToArray();
            valid.AddRange(own);
            if (own.Length > 0)
                successor = own.Min(static point => point.Micros);
        }
        valid.Sort(static (one, other) => one.Micros.CompareTo(other.Micros));
        return valid;
    }

    /// <summary>The point that says what there was at a moment, and those behind it that together have all messages up to it.</summary>
    /// <remarks>More than one where rounds are quick: what the first has may be deleted by the time of the one that is late enough.</remarks>
    /// <param name="valid">From <see cref="Valid"/>.</param>
    /// <param name="micros">The moment.</param>
    /// <returns>Null when the archive begins after it.</returns>
    public static (Point At, IReadOnlyList<Point> Later)? Around(IReadOnlyList<Point> valid, ulong micros)
    {
        var (at, later) = ((Point?)null, new List<Point>());
        foreach (var point in valid)
        {
            if (point.Micros <= micros)
            {
                at = point;
                continue;
            }
            later.Add(point);
            if (point.Micros > micros + SettleMicros)
                break;
        }
        return at is { } before ? (before, later) : null;
    }
}
