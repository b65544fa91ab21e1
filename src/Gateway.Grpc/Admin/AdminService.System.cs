using Google.Protobuf;
using Grpc.Core;
using Iggy.Gateway.Authorization;
using Iggy.Gateway.Commands;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Sessions;
using Iggy.Grains.Interfaces.Gateways;
using Iggy.Protocol;
using Iggy.Protocol.Vsr;
using Iggy.V1;
using ClusterNode = Iggy.V1.ClusterNode;

namespace Iggy.Gateway.Grpc.Admin;

// The server as a whole.
internal sealed partial class AdminService
{
    public override async Task<GetStatsResponse> GetStats(GetStatsRequest request, ServerCallContext context)
    {
        var caller = Caller(context);
        var stats = SystemReplies.Stats(system.HostFigures(caller), await system.TotalsAsync(caller), await system.CountClientsAsync());
        return new GetStatsResponse
        {
            ProcessId = stats.ProcessId, CpuPercent = stats.CpuPercent, TotalCpuPercent = stats.TotalCpuPercent, MemoryBytes = stats.MemoryBytes,
            TotalMemoryBytes = stats.TotalMemoryBytes, AvailableMemoryBytes = stats.AvailableMemoryBytes, RunTimeMicros = stats.RunTimeMicros, StartTimeMicros = stats.StartTimeMicros,
            ReadBytes = stats.ReadBytes, WrittenBytes = stats.WrittenBytes, MessagesSizeBytes = stats.MessagesSizeBytes, StreamsCount = stats.StreamsCount,
            TopicsCount = stats.TopicsCount, PartitionsCount = stats.PartitionsCount, SegmentsCount = stats.SegmentsCount, MessagesCount = stats.MessagesCount,
            ClientsCount = stats.ClientsCount, ConsumerGroupsCount = stats.ConsumerGroupsCount, Hostname = stats.Hostname, OsName = stats.OsName, OsVersion = stats.OsVersion,
            KernelVersion = stats.KernelVersion, ServerVersion = stats.ServerVersion, ThreadsCount = stats.ThreadsCount, FreeDiskBytes = stats.FreeDiskBytes, TotalDiskBytes = stats.TotalDiskBytes,
        };
    }

    // The ports of the others' gRPC are not told between servers.
    public override async Task<GetClusterResponse> GetCluster(GetClusterRequest request, ServerCallContext context)
    {
        var cluster = await system.ClusterAsync(Caller(context));
        return new GetClusterResponse
        {
            Name = cluster.Name,
            Nodes =
            {
                cluster.Nodes.Select((node, i) => new ClusterNode
                {
                    Name = node.Name, Ip = node.Ip, TcpPort = node.TcpPort, QuicPort = node.QuicPort, HttpPort = node.HttpPort, WebsocketPort = node.WebSocketPort,
                    GrpcPort = (uint)(i == 0 ? endpoints.Grpc?.Port ?? 0 : 0), Role = node.Role is ClusterNodeRole.Leader ? "leader" : "follower", Status = "healthy",
                }),
            },
        };
    }

    public override async Task<ListClientsResponse> ListClients(ListClientsRequest request, ServerCallContext context) =>
        new() { Clients = { (await system.ListClientsAsync(Caller(context))).Select(ToClient) } };

    public override async Task<GetClientResponse> GetClient(GetClientRequest request, ServerCallContext context)
    {
        UserAccess.Demand(Caller(context).Access.MayReadServer()); // also for one that is not there
        var client = await system.FindClientAsync(Caller(context), request.ClientId) ?? throw new CommandRefusedException(IggyError.ClientNotFound);
        return new GetClientResponse { Client = ToClient(client) };
    }

    public override async Task<GetSnapshotResponse> GetSnapshot(GetSnapshotRequest request, ServerCallContext context)
    {
        var types = request.Parts.Select(static part => part is SnapshotPart.Unspecified ? SnapshotType.All : (SnapshotType)part).DefaultIfEmpty(SnapshotType.All);
        var archive = await snapshots.MakeAsync(Caller(context), new Iggy.Protocol.Classic.GetSnapshotRequest(SnapshotCompression.Deflated, [.. types]));
        return new GetSnapshotResponse { Zip = UnsafeByteOperations.UnsafeWrap(archive) };
    }

    public override Task<ListOptionsResponse> ListOptions(ListOptionsRequest request, ServerCallContext context) => Task.FromResult(new ListOptionsResponse
    {
        Options =
        {
            TopicOptionCatalog.All.Where(static option => option.IsOffered).Select(static option => new Option
            {
                Key = option.Key, Kind = TopicOptionTexts.Name(option.Kind), DefaultValue = TopicOptionTexts.Text(option.Get(TopicOptions.Defaults)!.Value),
                Description = option.Description, Updatable = option.IsUpdatable,
            }),
        },
    });

    private static Client ToClient(ClientView view)
    {
        var client = new Client
        {
            ClientId = view.ClientId, Address = view.Address, Transport = TransportNames.Of((TransportKind)view.Transport),
            Groups = { view.Groups.Select(static group => new ClientGroup { StreamId = group.StreamId, TopicId = group.TopicId, GroupId = group.GroupId }) },
        };
        if (view.UserId != Session.NoUser)
            client.UserId = view.UserId;
        return client;
    }
}
