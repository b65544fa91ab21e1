using Iggy.Gateway.Snapshots;
using Iggy.Protocol;

namespace Iggy.Silo.Snapshots;

/// <summary>The last lines of the log.</summary>
internal sealed class ServerLogsPart(RecentLog log) : ISnapshotPart
{
    public SnapshotType Type => SnapshotType.ServerLogs;

    public void Write(TextWriter output)
    {
        foreach (var entry in log.Entries())
        {
            output.Write(entry);
            output.Write('\n');
        }
    }
}
