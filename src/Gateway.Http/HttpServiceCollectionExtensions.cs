using Iggy.Gateway.Http.Groups;
using Iggy.Gateway.Http.Jwt;
using Iggy.Gateway.Http.Routes;
using Iggy.Gateway.Sessions;
using Iggy.Gateway.Tls;
using Iggy.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Http;

/// <summary>Registration of the HTTP API.</summary>
public static class HttpServiceCollectionExtensions
{
    /// <summary>Adds the API and its listener. To be called after the gateway is added.</summary>
    public static IServiceCollection AddIggyHttp(this IServiceCollection services)
    {
        services.AddOptions<HttpOptions>().BindConfiguration(HttpOptions.Section).ValidateOnStart();
        services.AddOptions<CorsOptions>().BindConfiguration(CorsOptions.Section).ValidateOnStart();
        services.AddOptions<JwtOptions>().BindConfiguration(JwtOptions.Section).ValidateOnStart();
        services.AddListenerTls(TlsOptions.HttpSection);
        services.TryAddEnumerable(
        [
            ServiceDescriptor.Singleton<IValidateOptions<HttpOptions>, HttpOptionsValidator>(),
            ServiceDescriptor.Singleton<IValidateOptions<CorsOptions>, CorsOptionsValidator>(),
            ServiceDescriptor.Singleton<IValidateOptions<JwtOptions>, JwtOptionsValidator>(),
        ]);

        services.AddSingleton(static services => services.GetRequiredService<IOptions<HttpOptions>>().Value is { Enabled: true } http
            ? new SilenceLimit(TransportKind.Http, http.SessionTimeout)
            : new SilenceLimit(TransportKind.Http, null));
        services.TryAddSingleton<CorsHeaders>();
        services.TryAddSingleton<WebUi>();
        services.TryAddSingleton<JwtKeys>();
        services.AddSingleton(JwtKeys.Shared);
        services.TryAddSingleton<TrustedIssuers>();
        services.TryAddSingleton<JwtTokens>();
        services.TryAddSingleton<BearerAuthentication>();
        services.TryAddSingleton<HttpSessions>();
        services.TryAddSingleton<GroupReads>();
        services.TryAddSingleton<GroupPush>();
        services.TryAddSingleton<ApiPipeline>();
        services.TryAddSingleton<MetricsRoutes>();
        services.TryAddEnumerable(
        [
            ServiceDescriptor.Singleton<IApiRoutes, HealthRoutes>(),
            ServiceDescriptor.Singleton<IApiRoutes, LoginRoutes>(),
            ServiceDescriptor.Singleton<IApiRoutes, UserRoutes>(),
            ServiceDescriptor.Singleton<IApiRoutes, AccessTokenRoutes>(),
            ServiceDescriptor.Singleton<IApiRoutes, SystemRoutes>(),
            ServiceDescriptor.Singleton<IApiRoutes, SnapshotRoutes>(),
            ServiceDescriptor.Singleton<IApiRoutes, OptionRoutes>(),
            ServiceDescriptor.Singleton<IApiRoutes, StreamRoutes>(),
            ServiceDescriptor.Singleton<IApiRoutes, TopicRoutes>(),
            ServiceDescriptor.Singleton<IApiRoutes, MessageRoutes>(),
            ServiceDescriptor.Singleton<IApiRoutes, MessageStreamRoutes>(),
            ServiceDescriptor.Singleton<IApiRoutes, OffsetRoutes>(),
            ServiceDescriptor.Singleton<IApiRoutes, GroupRoutes>(),
            ServiceDescriptor.Singleton<IApiRoutes, SessionRoutes>(),
            ServiceDescriptor.Singleton<IApiRoutes, MetricsRoutes>(static services => services.GetRequiredService<MetricsRoutes>()),
        ]);

        services.AddHostedService<HttpListenerService>();
        services.AddHostedService<MetricsListenerService>();
        return services;
    }
}
