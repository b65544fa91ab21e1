using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Iggy.Client.Hosting;

/// <summary>Registers clients and consumers of an Iggy server.</summary>
public static class IggyServiceCollectionExtensions
{
    /// <summary>Registers one <see cref="IggyClient"/> for the whole application. It connects with its first request.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Sets at least <see cref="IggyOptions.ConnectionString"/>.</param>
    public static IServiceCollection AddIggy(this IServiceCollection services, Action<IggyOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return AddClient(services, key: null, options => options.Configure(configure));
    }

    /// <summary>The same, from a section of the configuration: <c>{ "ConnectionString": "iggy://..." }</c>.</summary>
    public static IServiceCollection AddIggy(this IServiceCollection services, IConfiguration section)
    {
        ArgumentNullException.ThrowIfNull(section);
        return AddClient(services, key: null, options => options.Bind(section));
    }

    /// <summary>Registers a client by a name, for an application that talks to several servers: <c>[FromKeyedServices("orders")] IggyClient client</c>.</summary>
    public static IServiceCollection AddKeyedIggy(this IServiceCollection services, string key, Action<IggyOptions> configure)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        ArgumentNullException.ThrowIfNull(configure);
        return AddClient(services, key, options => options.Configure(configure));
    }

    /// <summary>The same, from a section of the configuration.</summary>
    public static IServiceCollection AddKeyedIggy(this IServiceCollection services, string key, IConfiguration section)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        ArgumentNullException.ThrowIfNull(section);
        return AddClient(services, key, options => options.Bind(section));
    }

    /// <summary>Runs a handler for the messages of a topic, as members of a consumer group, for as long as the application runs.</summary>
    /// <typeparam name="THandler">Made anew for each message, in a scope of its own.</typeparam>
    /// <param name="services">The application's services. A client has to be registered too.</param>
    /// <param name="configure">Sets at least stream, topic and group.</param>
    public static IServiceCollection AddIggyConsumer<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] THandler>(this IServiceCollection services, Action<IggyConsumerOptions> configure)
        where THandler : class, IIggyMessageHandler
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        var name = $"{typeof(THandler).FullName}#{services.Count}"; // one handler may read several topics
        services.AddOptions<IggyConsumerOptions>(name).Configure(configure)
            .Validate(static options => options.MaxRetryDelay >= options.FirstRetryDelay, "MaxRetryDelay has to be at least FirstRetryDelay.").ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<IggyConsumerOptions>, IggyConsumerOptionsValidator>());
        services.TryAddScoped<THandler>();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IHostedService>(provider => ActivatorUtilities.CreateInstance<ConsumerService<THandler>>(
            provider, provider.GetRequiredService<IOptionsMonitor<IggyConsumerOptions>>().Get(name)));
        return services;
    }

    private static IServiceCollection AddClient(IServiceCollection services, string? key, Action<OptionsBuilder<IggyOptions>> set)
    {
        ArgumentNullException.ThrowIfNull(services);
        var name = key ?? Options.DefaultName;
        var options = services.AddOptions<IggyOptions>(name).ValidateOnStart();
        set(options);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<IggyOptions>, IggyOptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<IggyOptions>, IggyOptionsCheck>());

        if (key is null)
            services.TryAddSingleton(provider => IggyClient.Create(OptionsOf(provider, name)));
        else
            services.TryAddKeyedSingleton(key, (provider, _) => IggyClient.Create(OptionsOf(provider, name)));
        services.AddHealthChecks().Add(new HealthCheckRegistration(
            key is null ? "iggy" : $"iggy-{key}",
            provider => new IggyHealthCheck(() => provider.GetRequiredService<IOptionsMonitor<IggyOptions>>().Get(name).HealthCheck
                ? key is null ? provider.GetRequiredService<IggyClient>() : provider.GetRequiredKeyedService<IggyClient>(key)
                : null),
            failureStatus: null,
            tags: ["ready"]));
        return services;
    }

    internal static IggyClientOptions OptionsOf(IServiceProvider provider, string name) =>
        provider.GetRequiredService<IOptionsMonitor<IggyOptions>>().Get(name).ToClientOptions();
}
