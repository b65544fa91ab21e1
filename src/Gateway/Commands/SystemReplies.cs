using System.Net;
using Iggy.Gateway.Host;
using Iggy.Gateway.Listeners;
using Iggy.Gateway.Sessions;
using Iggy.Protocol;
using Iggy.Protocol.Classic;

namespace Iggy.Gateway.Commands;

/// <summary>What every door says of the server itself, in the records of the protocol.</summary>
internal static class SystemReplies
{
    public static StatsReply Stats(HostFigures.Figures host, CatalogTotals totals, uint clients)
    {
        var (name, version, kernel) = HostFigures.SystemNames();
        return new StatsReply
        {
            ProcessId = host.ProcessId,
            CpuPercent = host.ProcessCpuPercent,
            TotalCpuPercent = host.MachineCpuPercent,
            MemoryBytes = host.MemoryBytes,
            TotalMemoryBytes = host.MachineMemoryBytes,
            AvailableMemoryBytes = host.AvailableMemoryBytes,
            RunTimeMicros = host.RunTimeMicros,
            StartTimeMicros = host.StartedAtMicros,
            ReadBytes = host.ReadBytes,
            WrittenBytes = host.WrittenBytes,
            MessagesSizeBytes = totals.SizeBytes,
            StreamsCount = totals.Streams,
            TopicsCount = totals.Topics,
            PartitionsCount = totals.Partitions,
            SegmentsCount = totals.Segments,
            MessagesCount = totals.Messages,
            ClientsCount = clients,
            ConsumerGroupsCount = totals.ConsumerGroups,
            Hostname = Dns.GetHostName(),
            OsName = name,
            OsVersion = version,
            KernelVersion = kernel,
            ServerVersion = SystemCommands.CompatibleVersion,
            ServerSemver = SystemCommands.CompatibleSemver,
            ThreadsCount = host.Threads,
            FreeDiskBytes = host.FreeDiskBytes,
            TotalDiskBytes = host.DiskBytes,
        };
    }

    /// <summary>One node, whatever its address: with exactly one no client moves elsewhere.</summary>
    /// <param name="endpoints">Where it listens.</param>
    /// <param name="session">Who asks.</param>
    public static ClusterReply Cluster(GatewayEndpoints endpoints, Session session) => new("single-node",
    [
        new ClusterNode("iggy-node", OwnAddress.For(endpoints.Tcp?.Address, session.LocalAddress).ToString(), Port(endpoints.Tcp), Port(endpoints.Quic),
            Port(endpoints.Http), Port(endpoints.WebSocket), ClusterNodeRole.Leader, ClusterNodeStatus.Healthy),
    ]);

    private static ushort Port(IPEndPoint? endPoint) => (ushort)(endPoint?.Port ?? 0); // 0: that transport is off
}
