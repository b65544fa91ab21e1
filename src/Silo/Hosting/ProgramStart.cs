using System.Diagnostics;

namespace Iggy.Silo.Hosting;

/// <summary>When this program began. Not the process's own start time: a script that builds first and then becomes the server keeps its.</summary>
internal static class ProgramStart
{
    private static readonly long s_timestamp = Stopwatch.GetTimestamp();

    /// <summary>Since then.</summary>
    public static TimeSpan Elapsed => Stopwatch.GetElapsedTime(s_timestamp);

    /// <summary>Whether the server is up. Until then whatever fails ends the program, which tells it itself: in one line if it was foreseen.</summary>
    public static bool IsOver { get; private set; }

    /// <summary>Called when the server is up.</summary>
    public static void NoteOver() => IsOver = true;

    /// <summary>Whether the server has been told to stop: grains are then asked to move to another node, of which there is none.</summary>
    public static bool IsStopping { get; private set; }

    /// <summary>Called when the server begins to stop.</summary>
    public static void NoteStopping() => IsStopping = true;

    /// <summary>Called first of all.</summary>
    public static void Note() => _ = Elapsed;
}
