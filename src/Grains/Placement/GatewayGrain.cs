using System.Collections.Immutable;
using Iggy.Grains.Interfaces.Gateways;
using Orleans.Concurrency;
using Orleans.Placement;

namespace Iggy.Grains.Placement;

/// <summary>Asks the gateway beside it.</summary>
[Reentrant, NodePlacement, Immovable]
internal sealed class GatewayGrain(IGatewayDesk desk) : Grain, IGatewayGrain
{
    public ValueTask<GatewayView> DescribeAsync() => new(desk.Describe());

    public ValueTask<ImmutableArray<ClientView>> ListClientsAsync() => new(desk.ListClients());
}
