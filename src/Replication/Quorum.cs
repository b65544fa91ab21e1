namespace Iggy.Replication;

/// <summary>Majorities.</summary>
public static class Quorum
{
    /// <summary>Most voters of a partition.</summary>
    public const int MaxVoters = 7;

    /// <summary>How many of so many make a majority.</summary>
    public static int Majority(int voters) => (voters / 2) + 1;

    /// <summary>The greatest position that a majority has reached.</summary>
    /// <param name="positions">One for each voter; sorted when the call returns.</param>
    public static ulong Reached(Span<ulong> positions)
    {
        positions.Sort();
        return positions[^Majority(positions.Length)];
    }
}
