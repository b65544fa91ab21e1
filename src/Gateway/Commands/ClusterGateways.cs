using System.Collections.Immutable;
using System.Net;
using Iggy.Gateway.Listeners;
using Iggy.Gateway.Sessions;
using Iggy.Grains.Interfaces.Gateways;
using Iggy.Grains.Interfaces.Hosting;
using Microsoft.Extensions.Logging;

namespace Iggy.Gateway.Commands;

/// <summary>The gateways of the cluster's servers: asks the others, and answers them. Where this server is alone there are none to ask.</summary>
internal sealed partial class ClusterGateways(
    IGrainFactory grains, IClusterNodes nodes, IPartitionPlaces places, SessionRegistry sessions, GatewayEndpoints endpoints, ILogger<ClusterGateways> logger) : IGatewayDesk
{
    /// <summary>The cluster's name; empty where this server is alone.</summary>
    public string ClusterName => nodes.ClusterName;

    /// <summary>This server's name among them.</summary>
    public string NodeName => places.NodeId;

    /// <summary>A session, as others are told of it.</summary>
    public static ClientView View(Session session) => new(session.ClientId, session.UserId, (byte)session.Transport, session.Address,
        [.. session.Groups.All.Select(static group => new ClientGroupView(group.StreamId, group.TopicId, group.GroupId))]);

    public GatewayView Describe() => new(Dialled(endpoints.Tcp?.Address), Port(endpoints.Tcp), Port(endpoints.Quic), Port(endpoints.Http), Port(endpoints.WebSocket), (uint)sessions.Count);

    public ImmutableArray<ClientView> ListClients() => [.. sessions.List().Select(View)];

    /// <summary>The other servers that answer, by name.</summary>
    public async ValueTask<(string Node, GatewayView View)[]> DescribeOthersAsync() => await AskAsync(static gateway => gateway.DescribeAsync());

    /// <summary>The clients of the other servers that answer.</summary>
    public async ValueTask<IEnumerable<ClientView>> ListOthersClientsAsync() => (await AskAsync(static gateway => gateway.ListClientsAsync())).SelectMany(static gateway => gateway.Answer);

    private async ValueTask<(string Node, T Answer)[]> AskAsync<T>(Func<IGatewayGrain, ValueTask<T>> ask)
    {
        var others = nodes.ListOthers();
        if (others.Count == 0)
            return [];
        var answers = await Task.WhenAll(others.Select(node => AskAsync(node, ask)));
        return [.. answers.Where(static answer => answer.HasAnswer).Select(static answer => (answer.Node, answer.Answer!))];
    }

    private async Task<(string Node, bool HasAnswer, T? Answer)> AskAsync<T>(string node, Func<IGatewayGrain, ValueTask<T>> ask)
    {
        try
        {
            return (node, true, await ask(grains.GetGrain<IGatewayGrain>(node)));
        }
        catch (Exception e) when (e is OrleansException or TimeoutException) // it stops at this moment: the others are told all the same
        {
            LogNoAnswer(logger, node, e.Message);
            return (node, false, default);
        }
    }

    private static string Dialled(IPAddress? address) => address is null || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) ? "" : address.ToString();

    private static ushort Port(IPEndPoint? endPoint) => (ushort)(endPoint?.Port ?? 0);

    [LoggerMessage(3101, LogLevel.Warning, "The gateway of server {Node} gave no answer: {Reason}")]
    private static partial void LogNoAnswer(ILogger logger, string node, string reason);
}
