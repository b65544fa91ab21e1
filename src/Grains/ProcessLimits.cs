using System.Globalization;

namespace Iggy.Grains;

/// <summary>What the operating system allows this process.</summary>
/// <param name="OpenFiles">Open files and sockets (RLIMIT_NOFILE; the runtime raises the soft limit to the hard one when it starts).</param>
/// <param name="Mappings">Stretches of mapped memory (<c>vm.max_map_count</c>).</param>
internal sealed record ProcessLimits(long OpenFiles, long Mappings)
{
    // Where the system sets no limit, or does not tell one. Also an upper bound: more would only be more idle logs open.
    private const long Most = 1 << 20;

    /// <summary>Read from <c>/proc</c>; elsewhere nothing limits but the bound above.</summary>
    public static ProcessLimits Read() => OperatingSystem.IsLinux()
        ? new ProcessLimits(OpenFilesIn(ReadText("/proc/self/limits")), NumberIn(ReadText("/proc/sys/vm/max_map_count")))
        : new ProcessLimits(Most, Most);

    /// <summary>The soft limit in a text as <c>/proc/self/limits</c> has it.</summary>
    internal static long OpenFilesIn(string limits)
    {
        const string Name = "Max open files";
        foreach (var line in limits.AsSpan().EnumerateLines())
        {
            if (line.StartsWith(Name, StringComparison.Ordinal))
                return NumberIn(line[Name.Length..]);
        }

        return Most;
    }

    // The first word. "unlimited" is no number, nor is an empty text.
    private static long NumberIn(ReadOnlySpan<char> text)
    {
        text = text.Trim();
        var end = text.IndexOf(' ');
        return long.TryParse(end < 0 ? text : text[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? Math.Min(number, Most) : Most;
    }

    private static string ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) // a container may hide it: then nothing is known
        {
            return "";
        }
    }
}
