using System.Globalization;
using Iggy.Gateway.Host;
using Iggy.Protocol;

namespace Iggy.Gateway.Snapshots;

/// <summary>The processes that this server sees, from <c>/proc</c>; empty on systems without it.</summary>
/// <remarks>Names only: command lines and environments hold passwords.</remarks>
internal sealed class ProcessList : ISnapshotPart
{
    private const int MostProcesses = 20_000;

    public SnapshotType Type => SnapshotType.ProcessList;

    public void Write(TextWriter output)
    {
        output.Write($"{"pid",8} {"parent",8} {"state",-14} {"threads",8} {"resident kB",12}  name\n");
        if (!Directory.Exists("/proc"))
            return;
        var count = 0;
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (Path.GetFileName(folder) is not { } id || id.AsSpan().ContainsAnyExceptInRange('0', '9'))
                continue;
            if (++count > MostProcesses)
            {
                output.Write(string.Create(CultureInfo.InvariantCulture, $"... more than {MostProcesses} processes\n"));
                return;
            }
            var status = ProcFile.Texts(Path.Combine(folder, "status")); // empty where the process is gone by now
            if (status.Count > 0)
                output.Write($"{id,8} {Of("PPid"),8} {Of("State"),-14} {Of("Threads"),8} {Of("VmRSS").Replace(" kB", "", StringComparison.Ordinal),12}  {Of("Name")}\n");

            string Of(string field) => status.GetValueOrDefault(field, "");
        }
    }
}
