using Iggy.Gateway.Authorization;
using Iggy.Gateway.Commands;
using Iggy.Gateway.Sessions;
using Iggy.Grains.Interfaces.Gateways;
using Iggy.Protocol;
using Iggy.Protocol.Classic;

namespace Iggy.Gateway.Http.Routes;

/// <summary>The server as a whole: figures, nodes, clients of the transports that keep connections.</summary>
internal sealed class SystemRoutes(SystemCommands system) : IApiRoutes
{
    public string Tag => "Server";

    public void AddTo(ApiRoutes routes)
    {
        routes.Get("/stats", "Figures of the server.", StatsAsync, typeof(StatsReplyJson));
        routes.Get("/cluster/metadata", "The nodes of the server.", ClusterAsync, typeof(ClusterReplyJson));
        routes.Get("/clients", "Lists clients of TCP, QUIC and WebSocket, and sessions over HTTP.", ClientsAsync, typeof(ClientReply[]));
        routes.Get("/clients/{client}", "Shows a client.", ClientAsync, typeof(ClientDetailsReply));
    }

    // One record for every transport, so that all tell the same.
    private async Task StatsAsync(HttpCall call)
    {
        var stats = SystemReplies.Stats(system.HostFigures(call.Session), await system.TotalsAsync(call.Session), await system.CountClientsAsync());
        await call.AnswerAsync(Reply(stats), ApiJson.Wire.StatsReplyJson);
    }

    private async Task ClusterAsync(HttpCall call)
    {
        var cluster = await system.ClusterAsync(call.Session);
        await call.AnswerAsync(new ClusterReplyJson(cluster.Name, [.. cluster.Nodes.Select(static (node, place) => Reply(node, (uint)place))]), ApiJson.Wire.ClusterReplyJson);
    }

    private async Task ClientsAsync(HttpCall call) =>
        await call.AnswerAsync([.. (await system.ListClientsAsync(call.Session)).Select(Reply)], ApiJson.Wire.ClientReplyArray);

    private async Task ClientAsync(HttpCall call)
    {
        var id = call.Number(1);
        UserAccess.Demand(call.Session.Access.MayReadServer()); // before it is looked for, and for an id that nobody has too
        if (id == 0 || await system.FindClientAsync(call.Session, id) is not { } found)
        {
            await call.NothingAsync();
            return;
        }
        var client = Reply(found);
        await call.AnswerAsync(
            new ClientDetailsReply(client.ClientId, client.UserId, client.Address, client.Transport, (uint)found.Groups.Length,
                [.. found.Groups.Select(static group => new ClientGroupReply(group.StreamId, group.TopicId, group.GroupId, group.GroupId))]),
            ApiJson.Wire.ClientDetailsReply);
    }

    private static ClientReply Reply(ClientView client) => new(
        client.ClientId, client.UserId == Session.NoUser ? null : client.UserId, client.Address, TransportNames.Of((TransportKind)client.Transport), (uint)client.Groups.Length);

    private static ClusterNodeReply Reply(ClusterNode node, uint number) => new(
        node.Name, node.Ip, new ClusterEndpointsReply(node.TcpPort, node.QuicPort, node.HttpPort, node.WebSocketPort, node.WebSocketPort),
        node.Role is ClusterNodeRole.Leader ? "leader" : "follower", "healthy", number);

    private static StatsReplyJson Reply(StatsReply stats) => new()
    {
        ProcessId = stats.ProcessId,
        CpuUsage = stats.CpuPercent,
        TotalCpuUsage = stats.TotalCpuPercent,
        MemoryUsage = stats.MemoryBytes,
        TotalMemory = stats.TotalMemoryBytes,
        AvailableMemory = stats.AvailableMemoryBytes,
        RunTime = stats.RunTimeMicros,
        StartTime = stats.StartTimeMicros,
        ReadBytes = stats.ReadBytes,
        WrittenBytes = stats.WrittenBytes,
        MessagesSizeBytes = stats.MessagesSizeBytes,
        StreamsCount = stats.StreamsCount,
        TopicsCount = stats.TopicsCount,
        PartitionsCount = stats.PartitionsCount,
        SegmentsCount = stats.SegmentsCount,
        MessagesCount = stats.MessagesCount,
        ClientsCount = stats.ClientsCount,
        ConsumerGroupsCount = stats.ConsumerGroupsCount,
        Hostname = stats.Hostname,
        OsName = stats.OsName,
        OsVersion = stats.OsVersion,
        KernelVersion = stats.KernelVersion,
        IggyServerVersion = stats.ServerVersion,
        IggyServerSemver = stats.ServerSemver,
        ThreadsCount = stats.ThreadsCount,
        FreeDiskSpace = stats.FreeDiskBytes,
        TotalDiskSpace = stats.TotalDiskBytes,
    };
}
