using System.Diagnostics;

namespace Iggy.Silo.Hosting;

/// <summary>When this program began. Not the process's own start time: a script that builds first and then becomes the server keeps its.</summary>
internal static class ProgramStart
{
    private static readonly long s_timestamp = Stopwatch.GetTimestamp();

    /// <summary>Since then.</summary>
    public static TimeSpan Elapsed => Stopwatch.GetElapsedTime(s_timestamp);

    /// <summary>Called first of all.</summary>
    public static void Note() => _ = Elapsed;
}
