using System.Collections.Immutable;

namespace Iggy.Grains.Interfaces.Gateways;

/// <summary>The gateway of one server of a cluster, as the others ask it. Key: the id of its data folder; it lives on that server.</summary>
[Alias("iggy.IGatewayGrain")]
public interface IGatewayGrain : IGrainWithStringKey
{
    /// <summary>Where clients reach it, and how many there are.</summary>
    [Alias("Describe")]
    ValueTask<GatewayView> DescribeAsync();

    /// <summary>Its clients.</summary>
    [Alias("ListClients")]
    ValueTask<ImmutableArray<ClientView>> ListClientsAsync();
}

/// <summary>What the gateway of this server tells others of itself.</summary>
public interface IGatewayDesk
{
    /// <summary>Where clients reach it, and how many there are.</summary>
    GatewayView Describe();

    /// <summary>Its clients.</summary>
    ImmutableArray<ClientView> ListClients();
}

/// <summary>A gateway.</summary>
/// <param name="Address">The address that it listens on; empty where that is all of its machine's, which leads nobody anywhere.</param>
/// <param name="TcpPort">0 when off, as for the others.</param>
/// <param name="QuicPort">UDP.</param>
/// <param name="HttpPort">TCP.</param>
/// <param name="WebSocketPort">TCP.</param>
/// <param name="ClientsCount">Open sessions.</param>
[GenerateSerializer, Immutable, Alias("iggy.GatewayView")]
public sealed record GatewayView(
    [property: Id(0)] string Address,
    [property: Id(1)] ushort TcpPort,
    [property: Id(2)] ushort QuicPort,
    [property: Id(3)] ushort HttpPort,
    [property: Id(4)] ushort WebSocketPort,
    [property: Id(5)] uint ClientsCount);

/// <summary>A client of a gateway.</summary>
/// <param name="ClientId">Unique in the cluster.</param>
/// <param name="UserId">Its user; all ones where nobody is logged in.</param>
/// <param name="Transport">How it came, as the protocol numbers it.</param>
/// <param name="Address"><c>ip:port</c> of the peer.</param>
/// <param name="Groups">Consumer groups that it is in.</param>
[GenerateSerializer, Immutable, Alias("iggy.ClientView")]
public sealed record ClientView(
    [property: Id(0)] uint ClientId,
    [property: Id(1)] uint UserId,
    [property: Id(2)] byte Transport,
    [property: Id(3)] string Address,
    [property: Id(4)] ImmutableArray<ClientGroupView> Groups);

/// <summary>A consumer group that a client is in, by the numbers that clients see.</summary>
[GenerateSerializer, Immutable, Alias("iggy.ClientGroupView")]
public readonly record struct ClientGroupView([property: Id(0)] uint StreamId, [property: Id(1)] uint TopicId, [property: Id(2)] uint GroupId);
