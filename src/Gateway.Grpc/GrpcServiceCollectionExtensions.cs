using Iggy.Gateway.Grpc.Admin;
using Iggy.Gateway.Grpc.Calls;
using Iggy.Gateway.Grpc.Messages;
using Iggy.Gateway.Grpc.Scaling;
using Iggy.Gateway.Grpc.Subscriptions;
using Iggy.Gateway.Tls;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Grpc;

/// <summary>Registration of the gRPC services.</summary>
public static class GrpcServiceCollectionExtensions
{
    /// <summary>Adds the services and their listener. To be called after the gateway is added.</summary>
    public static IServiceCollection AddIggyGrpc(this IServiceCollection services)
    {
        services.AddOptions<GrpcOptions>().BindConfiguration(GrpcOptions.Section).ValidateOnStart();
        services.AddListenerTls(TlsOptions.GrpcSection);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<GrpcOptions>, GrpcOptionsValidator>());

        services.TryAddSingleton<CallPipeline>();
        services.TryAddSingleton<CallErrors>();
        services.TryAddSingleton<SubscriptionServer>();
        services.TryAddSingleton<MessagesService>();
        services.TryAddSingleton<OffsetsService>();
        services.TryAddSingleton<AdminService>();
        services.TryAddSingleton<AccessService>();
        services.TryAddSingleton<HealthService>();
        services.TryAddSingleton<GroupLags>();
        services.TryAddSingleton<ExternalScalerService>();
        services.AddHostedService<GrpcListenerService>();
        return services;
    }
}
