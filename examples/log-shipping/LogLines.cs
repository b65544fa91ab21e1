using System.Text;

namespace Iggy.Examples.LogShipping;

/// <summary>What this example knows of logs.</summary>
internal static class LogLines
{
    /// <summary>One byte for each character, both ways: whatever a log holds comes out as it went in.</summary>
    public static readonly Encoding Encoding = Encoding.Latin1;

    /// <summary>The package that a line is about: <c>2026-01-31 12:00:00 install curl:amd64 &lt;none&gt; 8.5.0</c> gives <c>curl</c>.</summary>
    /// <returns>1 to 255 characters.</returns>
    public static string KeyOf(string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var package = words.Skip(2).FirstOrDefault(word => word.IndexOf(':', StringComparison.Ordinal) > 0);
        var key = package?[..package.IndexOf(':', StringComparison.Ordinal)] ?? words.ElementAtOrDefault(2) ?? "-";
        return key[..Math.Min(key.Length, 255)];
    }
}
