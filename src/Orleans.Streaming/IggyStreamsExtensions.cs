using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Iggy.Orleans.Streaming;

/// <summary>Registers stream providers over topics.</summary>
public static class IggyStreamsExtensions
{
    /// <summary>Streams over a topic: its partitions are read by the silos, one silo each, and any of them sends. Where pub-sub is explicit, the silo needs a storage for it
    /// (<c>PubSubStore</c>) that outlives silos.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="name">Of the provider.</param>
    /// <param name="configure">Sets at least connection string, stream and topic.</param>
    /// <param name="configureProvider">What all persistent stream providers of Orleans have: balancing, pub-sub, delivery.</param>
    public static ISiloBuilder AddIggyStreams(
        this ISiloBuilder silo, string name, Action<IggyStreamOptions> configure, Action<ISiloPersistentStreamConfigurator>? configureProvider = null)
    {
        ArgumentNullException.ThrowIfNull(silo);
        ArgumentNullException.ThrowIfNull(configure);
        AddOptions(silo.Services, name, configure);
        var configurator = new SiloPersistentStreamConfigurator(name, services => silo.ConfigureServices(services), IggyQueueAdapterFactory.Create);
        configureProvider?.Invoke(configurator);
        return silo;
    }

    /// <summary>The same for a client of the cluster, which sends and subscribes.</summary>
    public static IClientBuilder AddIggyStreams(this IClientBuilder client, string name, Action<IggyStreamOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(configure);
        AddOptions(client.Services, name, configure);
        _ = new ClusterClientPersistentStreamConfigurator(name, client, IggyQueueAdapterFactory.Create);
        return client;
    }

    private static void AddOptions(IServiceCollection services, string name, Action<IggyStreamOptions> configure)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        services.AddOptions<IggyStreamOptions>(name).Configure(configure);
        services.AddTransient<IConfigurationValidator>(provider => new OptionsCheck(name, provider.GetRequiredService<IOptionsMonitor<IggyStreamOptions>>().Get(name)));
        services.AddKeyedSingleton(name, static (provider, key) => provider.GetRequiredService<IOptionsMonitor<IggyStreamOptions>>().Get((string)key!).Serializer);
    }

    private sealed class OptionsCheck(string name, IggyStreamOptions options) : IConfigurationValidator
    {
        public void ValidateConfiguration()
        {
            if (options.Flaw() is { } flaw)
                throw new OrleansConfigurationException($"Stream provider {name}: {flaw}");
        }
    }
}
