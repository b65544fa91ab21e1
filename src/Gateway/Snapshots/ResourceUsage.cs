using System.Globalization;
using Iggy.Gateway.Host;
using Iggy.Protocol;

namespace Iggy.Gateway.Snapshots;

/// <summary>Processor, memory and disk, of this server and its machine.</summary>
internal sealed class ResourceUsage(HostFigures host, DataDisk disk) : ISnapshotPart
{
    public SnapshotType Type => SnapshotType.ResourceUsage;

    public void Write(TextWriter output)
    {
        var figures = host.Read(disk.Path);
        var (name, version, kernel) = HostFigures.SystemNames();
        var collector = GC.GetGCMemoryInfo();
        Line("system", $"{name} {version}, kernel {kernel}");
        Line("cores", $"{Environment.ProcessorCount}");
        Line("load averages", $"{ProcFile.FirstLine("/proc/loadavg") ?? "unknown"}");
        Line("machine cpu percent", $"{figures.MachineCpuPercent:F1}");
        Line("machine memory bytes", $"{figures.MachineMemoryBytes}");
        Line("machine memory available bytes", $"{figures.AvailableMemoryBytes}");
        Line("disk bytes", $"{figures.DiskBytes}");
        Line("disk free bytes", $"{figures.FreeDiskBytes}");
        Line("process id", $"{figures.ProcessId}");
        Line("process up seconds", $"{figures.RunTimeMicros / 1_000_000}");
        Line("process cpu percent of one core", $"{figures.ProcessCpuPercent:F1}");
        Line("process memory bytes", $"{figures.MemoryBytes}");
        Line("process threads", $"{figures.Threads}");
        Line("process read bytes", $"{figures.ReadBytes}");
        Line("process written bytes", $"{figures.WrittenBytes}");
        Line("managed heap bytes", $"{collector.HeapSizeBytes}");
        Line("managed memory committed bytes", $"{collector.TotalCommittedBytes}");
        Line("collections", $"{GC.CollectionCount(0)} of generation 0, {GC.CollectionCount(1)} of 1, {GC.CollectionCount(2)} of 2");
        Line("collector pause percent", $"{collector.PauseTimePercentage:F2}");
        Line("thread pool", $"{ThreadPool.ThreadCount} threads, {ThreadPool.PendingWorkItemCount} waiting, {ThreadPool.CompletedWorkItemCount} done");

        void Line(string what, FormattableString value) => output.Write($"{what + ":",-34}{value.ToString(CultureInfo.InvariantCulture)}\n");
    }
}
