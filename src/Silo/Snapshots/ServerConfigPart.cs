using Iggy.Gateway.Snapshots;
using Iggy.Protocol;
using Iggy.Silo.Configuration;
using Microsoft.Extensions.Configuration;

namespace Iggy.Silo.Snapshots;

/// <summary>The configuration in force, secrets masked.</summary>
internal sealed class ServerConfigPart(IConfiguration configuration) : ISnapshotPart
{
    public SnapshotType Type => SnapshotType.ServerConfig;

    public void Write(TextWriter output)
    {
        output.Write($"# {ServerVersion.Text}\n");
        output.Write(ConfigurationReport.Write(configuration));
    }
}
