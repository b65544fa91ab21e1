using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Iggy.Aspire;

/// <summary>Adds servers to an Aspire application.</summary>
public static class IggyResourceExtensions
{
    private const int TcpPort = 8090, HttpPort = 3000;

    /// <summary>A server in a container, healthy once it answers a logged-in client. Who refers to it gets its connection string.</summary>
    /// <param name="builder">The application.</param>
    /// <param name="name">Of the resource and of the connection string.</param>
    /// <param name="username">Of the root user; null for <c>iggy</c>.</param>
    /// <param name="password">Of the root user; null for one that is made up.</param>
    /// <param name="port">On the machine, for the binary protocol; null for a free one.</param>
    /// <param name="image">Of the server, as deploy/docker builds it.</param>
    /// <param name="tag">Of the image.</param>
    public static IResourceBuilder<IggyResource> AddIggy(
        this IDistributedApplicationBuilder builder,
        [ResourceName] string name,
        IResourceBuilder<ParameterResource>? username = null,
        IResourceBuilder<ParameterResource>? password = null,
        int? port = null,
        string image = "iggy-net",
        string tag = "latest")
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(name);
        var secret = password?.Resource ?? ParameterResourceBuilderExtensions.CreateDefaultPasswordParameter(builder, $"{name}-password", special: false);
        var iggy = new IggyResource(name, username?.Resource, secret);
        var health = $"{name}_check";
        builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(health, _ => new IggyPing(iggy), HealthStatus.Unhealthy, tags: null));
        return builder.AddResource(iggy)
            .WithImage(image, tag)
            .WithEndpoint(port: port, targetPort: TcpPort, name: IggyResource.TcpEndpoint)
            .WithHttpEndpoint(targetPort: HttpPort, name: IggyResource.HttpEndpoint)
            .WithEnvironment("IGGY_ROOT_USERNAME", iggy.Username)
            .WithEnvironment("IGGY_ROOT_PASSWORD", secret)
            .WithHealthCheck(health);
    }

    /// <summary>Keeps its data in a volume, over starts of the application.</summary>
    /// <param name="builder">The server.</param>
    /// <param name="name">Of the volume; null for one made of the application's and the server's names.</param>
    public static IResourceBuilder<IggyResource> WithDataVolume(this IResourceBuilder<IggyResource> builder, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.WithVolume(name ?? VolumeNameGenerator.Generate(builder, "data"), "/data");
    }
}
