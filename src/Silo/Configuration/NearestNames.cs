namespace Iggy.Silo.Configuration;

/// <summary>Finds what somebody who mistyped a name may have meant.</summary>
internal static class NearestNames
{
    private const int Suggestions = 3;

    /// <summary><c> Nearest: A, B.</c>, or nothing when no name comes near.</summary>
    public static string Suggest(string name, IEnumerable<string> known)
    {
        var nearest = known
            .Select(candidate => (Name: candidate, Distance: Distance(name.ToUpperInvariant(), candidate.ToUpperInvariant())))
            .Where(candidate => candidate.Distance <= Math.Max(2, name.Length / 3))
            .OrderBy(candidate => candidate.Distance)
            .ThenBy(candidate => candidate.Name, StringComparer.Ordinal)
            .Take(Suggestions)
            .Select(candidate => candidate.Name);
        var list = string.Join(", ", nearest);
        return list.Length == 0 ? "" : $" Nearest: {list}.";
    }

    /// <summary>Levenshtein distance: how many letters to put in, take out or change.</summary>
    public static int Distance(string from, string to)
    {
        var row = new int[to.Length + 1];
        for (var j = 0; j <= to.Length; j++)
            row[j] = j;
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var change = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(change, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[to.Length];
    }
}
