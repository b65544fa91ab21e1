using Grpc.Health.V1;
using Grpc.Reflection;
using Iggy.Scaling;
using Iggy.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace Iggy.Gateway.Grpc;

/// <summary>Tells clients which services there are, in both forms that tools ask in.</summary>
internal static class Reflections
{
    private static readonly ServiceDescriptor[] _services =
    [
        .. MessagesReflection.Descriptor.Services, Offsets.Descriptor, V1.Admin.Descriptor, Access.Descriptor, Health.Descriptor, ExternalScaler.Descriptor,
    ];

    public static void AddTo(IServiceCollection services) =>
        services.AddSingleton(new ReflectionServiceImpl(_services)).AddSingleton(new ReflectionV1ServiceImpl(_services));

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGrpcService<ReflectionServiceImpl>();
        routes.MapGrpcService<ReflectionV1ServiceImpl>();
    }
}
