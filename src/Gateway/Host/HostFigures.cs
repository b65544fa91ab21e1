using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Iggy.Primitives;

namespace Iggy.Gateway.Host;

/// <summary>Figures of this process and its machine for the statistics command, read when asked.</summary>
/// <remarks>CPU shares are averages since the call before, and since the start for the first. Where the system does not tell a figure
/// it is 0: a made-up one would be worse.</remarks>
internal sealed class HostFigures(TimeProvider clock)
{
    private readonly Lock _lock = new();
    private readonly long _startedTicks = clock.GetTimestamp();
    private readonly DateTimeOffset _startedAt = clock.GetUtcNow();
    private TimeSpan _processorTimeBefore;
    private long _ticksBefore;
    private (ulong Busy, ulong All) _machineBefore;

    /// <summary>One moment's figures. 100 percent of the process is one core fully used, of the machine every core.</summary>
    internal readonly record struct Figures(
        uint ProcessId, float ProcessCpuPercent, float MachineCpuPercent, ulong MemoryBytes, ulong MachineMemoryBytes,
        ulong AvailableMemoryBytes, ulong RunTimeMicros, ulong StartedAtMicros, ulong ReadBytes, ulong WrittenBytes, uint Threads,
        ulong FreeDiskBytes, ulong DiskBytes);

    /// <summary>Reads the figures.</summary>
    /// <param name="dataPath">A folder on the disk whose space is told.</param>
    public Figures Read(string dataPath)
    {
        using var process = Process.GetCurrentProcess();
        var memory = ProcFile.Fields("/proc/meminfo");
        var io = ProcFile.Fields("/proc/self/io");
        var disk = new DriveInfo(Path.GetFullPath(dataPath));
        var (processCpu, machineCpu) = CpuSinceLastCall(process.TotalProcessorTime);
        var uptime = clock.GetElapsedTime(_startedTicks);
        return new Figures(
            (uint)Environment.ProcessId, processCpu, machineCpu, (ulong)process.WorkingSet64,
            memory.TryGetValue("MemTotal", out var total) ? total * 1024 : (ulong)GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
            memory.GetValueOrDefault("MemAvailable") * 1024,
            (ulong)uptime.TotalMicroseconds, _startedAt.UnixMicros(),
            io.GetValueOrDefault("read_bytes"), io.GetValueOrDefault("write_bytes"), (uint)process.Threads.Count,
            (ulong)disk.AvailableFreeSpace, (ulong)disk.TotalSize);
    }

    /// <summary>Name, version and kernel of the operating system.</summary>
    public static (string Name, string Version, string Kernel) SystemNames()
    {
        var release = ProcFile.Assignments("/etc/os-release");
        return (
            release.GetValueOrDefault("NAME") ?? RuntimeInformation.OSDescription,
            release.GetValueOrDefault("VERSION_ID") ?? Environment.OSVersion.Version.ToString(),
            ProcFile.FirstLine("/proc/sys/kernel/osrelease") ?? Environment.OSVersion.VersionString);
    }

    private (float Process, float Machine) CpuSinceLastCall(TimeSpan processorTime)
    {
        lock (_lock)
        {
            var now = clock.GetTimestamp();
            var elapsed = clock.GetElapsedTime(_ticksBefore == 0 ? _startedTicks : _ticksBefore, now);
            var process = elapsed > TimeSpan.Zero ? 100 * (processorTime - _processorTimeBefore) / elapsed : 0;
            var machine = ProcFile.CpuTimes();
            var all = machine.All - _machineBefore.All;
            var share = all > 0 ? 100.0 * (machine.Busy - _machineBefore.Busy) / all : 0;
            (_processorTimeBefore, _ticksBefore, _machineBefore) = (processorTime, now, machine);
            return ((float)process, (float)share);
        }
    }
}

/// <summary>The few shapes of Linux's text files that the statistics read; empty on other systems.</summary>
internal static class ProcFile
{
    /// <summary><c>Name: number</c> lines.</summary>
    public static Dictionary<string, ulong> Fields(string path)
    {
        var fields = new Dictionary<string, ulong>();
        foreach (var line in Lines(path))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0)
                continue;
            var text = line.AsSpan(colon + 1).Trim();
            var end = text.IndexOf(' ');
            if (ulong.TryParse(end < 0 ? text : text[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var value))
                fields[line[..colon]] = value;
        }
        return fields;
    }

    /// <summary><c>Name: text</c> lines.</summary>
    public static Dictionary<string, string> Texts(string path)
    {
        var fields = new Dictionary<string, string>();
        foreach (var line in Lines(path))
        {
            if (line.Split(':', 2) is [var name, var text])
                fields[name] = text.Trim();
        }
        return fields;
    }

    /// <summary><c>NAME="text"</c> lines.</summary>
    public static Dictionary<string, string> Assignments(string path)
    {
        var fields = new Dictionary<string, string>();
        foreach (var line in Lines(path))
        {
            if (line.Split('=', 2) is [var name, var text])
                fields[name] = text.Trim('"');
        }
        return fields;
    }

    /// <summary>The first line, or null.</summary>
    public static string? FirstLine(string path) => Lines(path) is [var first, ..] ? first : null;

    /// <summary>Clock ticks of the whole machine since its start.</summary>
    public static (ulong Busy, ulong All) CpuTimes()
    {
        var (idle, all) = (0UL, 0UL);
        var columns = (FirstLine("/proc/stat") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        for (var i = 1; i < columns.Length; i++)
        {
            if (!ulong.TryParse(columns[i], NumberStyles.None, CultureInfo.InvariantCulture, out var ticks))
                break;
            all += ticks;
            if (i is 4 or 5) // idle, and idle while waiting for a disk
                idle += ticks;
        }
        return (all - idle, all);
    }

    private static string[] Lines(string path)
    {
        if (!OperatingSystem.IsLinux())
            return [];
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return []; // hardened containers hide some of these files; the figures are then 0
        }
    }
}
