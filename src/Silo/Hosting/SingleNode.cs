using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;

namespace Iggy.Silo.Hosting;

/// <summary>A silo that is alone: no port is opened for other silos or for Orleans clients.</summary>
/// <remarks>So any number of servers run on one machine, and no local process can call grains past the gateway's checks.</remarks>
internal static class SingleNode
{
    /// <summary>Makes the silo its own cluster. To be called last.</summary>
    public static ISiloBuilder UseSingleNode(this ISiloBuilder silo)
    {
        var address = new IPEndPoint(IPAddress.Loopback, 11_111); // a name only: nothing listens there
        silo.UseDevelopmentClustering(address);
        silo.Configure<ClusterOptions>(static cluster => (cluster.ClusterId, cluster.ServiceId) = ("iggy", "iggy"));
        silo.Configure<EndpointOptions>(endpoints =>
        {
            endpoints.AdvertisedIPAddress = address.Address;
            endpoints.SiloPort = address.Port;
            endpoints.GatewayPort = 0; // none
        });

        // Under any other key it is the clock that all of Orleans has.
        silo.Services.AddKeyedSingleton<TimeProvider>("Orleans.Membership", static (provider, _) => new QuietClock(provider.GetRequiredKeyedService<TimeProvider>("Orleans")));

        // Orleans keys its transports with objects of its own, so they are replaced by what they are, not by name.
        foreach (var transport in silo.Services.Where(static service => service.IsKeyedService && service.ServiceType == typeof(IConnectionListenerFactory)).ToArray())
        {
            silo.Services.Remove(transport);
            silo.Services.AddKeyedSingleton<IConnectionListenerFactory, SilentListenerFactory>(transport.ServiceKey);
        }
        return silo;
    }

    private sealed class SilentListenerFactory : IConnectionListenerFactory
    {
        public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) => new(new SilentListener(endpoint));
    }

    /// <summary>A listener to which nobody ever comes.</summary>
    private sealed class SilentListener(EndPoint endPoint) : IConnectionListener
    {
        private readonly TaskCompletionSource<ConnectionContext?> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public EndPoint EndPoint => endPoint;

        public ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) => new(_closed.Task.WaitAsync(cancellationToken));

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            _closed.TrySetResult(null);
            return default;
        }

        public ValueTask DisposeAsync() => UnbindAsync();
    }
}
