namespace Iggy.Archive.Reports;

/// <summary>What reading a point through found.</summary>
/// <param name="Faults">What is missing or wrong, one line each, in order; the first <see cref="FaultLines.MaxLines"/> that were found.</param>
/// <param name="FaultsCount">How many there are in all.</param>
/// <param name="CheckedCount">How many objects and slices were read.</param>
public sealed record Verification(IReadOnlyList<string> Faults, long FaultsCount, long CheckedCount);

/// <summary>Collects faults from several threads: the first lines, and how many there are. A bucket that is gone has millions.</summary>
internal sealed class FaultLines
{
    /// <summary>How many lines are kept.</summary>
    public const int MaxLines = 1_000;

    private readonly Lock _gate = new();
    private readonly List<string> _lines = [];

    /// <summary>How many were added.</summary>
    public long Count { get; private set; }

    public void Add(string line)
    {
        lock (_gate)
        {
            Count++;
            if (_lines.Count < MaxLines)
                _lines.Add(line);
        }
    }

    /// <summary>What was kept, in order.</summary>
    public IReadOnlyList<string> Lines()
    {
        lock (_gate)
            return [.. _lines.Order(StringComparer.Ordinal)];
    }
}
