using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Iggy.Client;
using Iggy.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Iggy.Aspire.Tests;

/// <summary>The resource as an application sees it. Containers are not started here: the real server takes the place of one.</summary>
public sealed class AddIggyTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static IDistributedApplicationBuilder Builder => DistributedApplication.CreateBuilder(new DistributedApplicationOptions { DisableDashboard = true, AssemblyName = typeof(AddIggyTests).Assembly.FullName });

    // Goal: who refers to it can connect, and it is healthy while the server answers. Method: its endpoint is that of a test server.
    [Fact]
    public async Task Server_Reached_IsHealthyUntilItStops()
    {
        await using var server = await IggyTestServer.StartAsync(cancellationToken: Cancel);
        var builder = Builder;
        builder.Configuration["Parameters:password"] = IggyTestServer.Password;
        var iggy = builder.AddIggy("iggy", password: builder.AddParameter("password", secret: true));
        await using var application = builder.Build();
        Allocate(iggy.Resource, server);

        var connectionString = await iggy.Resource.ConnectionStringExpression.GetValueAsync(Cancel);
        Assert.Equal(server.ConnectionString, connectionString);
        await using (var client = await IggyClient.ConnectAsync(connectionString!, Cancel))
            await client.PingAsync(Cancel);

        var check = Assert.Single(iggy.Resource.Annotations.OfType<HealthCheckAnnotation>()).Key;
        var health = application.Services.GetRequiredService<HealthCheckService>();
        Assert.Equal(HealthStatus.Healthy, (await health.CheckHealthAsync(one => one.Name == check, Cancel)).Status);
        await server.StopAsync(Cancel);
        Assert.Equal(HealthStatus.Unhealthy, (await health.CheckHealthAsync(one => one.Name == check, Cancel)).Status);
    }

    // Goal: the container knows its root user, its ports and its volume.
    [Fact]
    public void Server_Added_HasPortsImageAndVolume()
    {
        var builder = Builder;
        var iggy = builder.AddIggy("iggy", port: 8090, image: "registry/iggy", tag: "1").WithDataVolume("messages");
        var image = Assert.Single(iggy.Resource.Annotations.OfType<ContainerImageAnnotation>());
        Assert.Equal(("registry/iggy", "1"), (image.Image, image.Tag));
        Assert.Equal([("http", (int?)3000, (int?)null), ("tcp", 8090, 8090)], iggy.Resource.Annotations.OfType<EndpointAnnotation>().Select(static one => (one.Name, one.TargetPort, one.Port)).Order());
        var volume = Assert.Single(iggy.Resource.Annotations.OfType<ContainerMountAnnotation>());
        Assert.Equal(("messages", "/data"), (volume.Source, volume.Target));
    }

    // Goal: a name and a password with any signs stay one word each of the connection string. Method: the server lets them in.
    [Fact]
    public async Task ConnectionString_OfAPasswordWithSigns_LogsIn()
    {
        const string Username = "an@admin", Password = "p@ss:w/rd?#%";
        var settings = new Dictionary<string, string?> { ["Iggy:Root:Username"] = Username, ["Iggy:Root:Password"] = Password };
        await using var server = await IggyTestServer.StartAsync(new() { Settings = settings }, Cancel);
        var builder = Builder;
        (builder.Configuration["Parameters:user"], builder.Configuration["Parameters:password"]) = (Username, Password);
        var iggy = builder.AddIggy("iggy", builder.AddParameter("user"), builder.AddParameter("password", secret: true));
        await using var application = builder.Build();
        Allocate(iggy.Resource, server);
        await using var client = await IggyClient.ConnectAsync((await iggy.Resource.ConnectionStringExpression.GetValueAsync(Cancel))!, Cancel);
        await client.PingAsync(Cancel);
    }

    private static void Allocate(IggyResource iggy, IggyTestServer server)
    {
        var endpoint = iggy.Annotations.OfType<EndpointAnnotation>().Single(static one => one.Name == "tcp");
        endpoint.AllocatedEndpoint = new AllocatedEndpoint(endpoint, server.Tcp.Address.ToString(), server.Tcp.Port);
    }
}
