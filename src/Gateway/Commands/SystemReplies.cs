using System.Net;
using Iggy.Gateway.Host;
using Iggy.Gateway.Listeners;
using Iggy.Gateway.Sessions;
using Iggy.Grains.Interfaces.Gateways;
using Iggy.Protocol;
using Iggy.Protocol.Classic;

namespace Iggy.Gateway.Commands;

/// <summary>What every front end says of the server itself, in the records of the protocol.</summary>
internal static class SystemReplies
{
    private const int MostNodes = 64; // one client refuses more

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

    /// <summary>Every server that clients can dial. Each names itself as the leader: clients walk to the one that they are told, and all would come to it.</summary>
    /// <param name="endpoints">Where this one listens.</param>
    /// <param name="session">Who asks.</param>
    /// <param name="advertised">The address of this one that clients are told; empty for the one that it listens on.</param>
    /// <param name="cluster">The cluster's name; empty for one server: with exactly one node no client moves elsewhere.</param>
    /// <param name="node">This server's name in it.</param>
    /// <param name="others">The other servers.</param>
    public static ClusterReply Cluster(
        GatewayEndpoints endpoints, Session session, string advertised, string cluster, string node, IEnumerable<(string Node, GatewayView View)> others)
    {
        var address = advertised.Length > 0 ? advertised : OwnAddress.For(endpoints.Tcp?.Address, session.LocalAddress).ToString();
        var here = new ClusterNode(cluster.Length > 0 ? node : "iggy-node", address, Port(endpoints.Tcp), Port(endpoints.Quic),
            Port(endpoints.Http), Port(endpoints.WebSocket), ClusterNodeRole.Leader, ClusterNodeStatus.Healthy);
        return new(cluster.Length > 0 ? cluster : "single-node",
        [
            here,
            .. others.Where(static other => other.View.Address.Length > 0).Take(MostNodes - 1).Select(static other => new ClusterNode(
                other.Node, other.View.Address, other.View.TcpPort, other.View.QuicPort, other.View.HttpPort, other.View.WebSocketPort,
                ClusterNodeRole.Follower, ClusterNodeStatus.Healthy)),
        ]);
    }

    private static ushort Port(IPEndPoint? endPoint) => (ushort)(endPoint?.Port ?? 0); // 0: that transport is off
}
