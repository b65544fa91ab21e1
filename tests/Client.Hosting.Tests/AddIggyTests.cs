using Iggy.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Iggy.Client.Hosting.Tests;

/// <summary>A registered client, and the health check that comes with it.</summary>
public sealed class AddIggyTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Client_FromTheContainer_PingsBeforeAndAfterARestart()
    {
        await using var server = await IggyTestServer.StartAsync(cancellationToken: Cancel);
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddIggy(options => options.ConnectionString = server.ConnectionString);
        await using var provider = services.BuildServiceProvider();
        var client = provider.GetRequiredService<IggyClient>();
        await client.PingAsync(Cancel);
        await server.RestartAsync(Cancel);
        await client.PingAsync(Cancel);
        Assert.Same(client, provider.GetRequiredService<IggyClient>());
    }

    [Fact]
    public async Task Health_ServerGoneAndBack_IsToldByName()
    {
        await using var server = await IggyTestServer.StartAsync(cancellationToken: Cancel);
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddIggy(options =>
        {
            options.ConnectionString = server.ConnectionString;
            options.FirstAttempts = 1;
            options.Configure = client => client with { Reconnect = new() { MaxAttempts = 1 } };
        });
        await using var provider = services.BuildServiceProvider();
        var health = provider.GetRequiredService<HealthCheckService>();
        Assert.Equal(HealthStatus.Healthy, (await health.CheckHealthAsync(Cancel)).Status);
        await server.StopAsync(Cancel);
        var report = await health.CheckHealthAsync(check => check.Tags.Contains("ready"), Cancel);
        Assert.Equal(HealthStatus.Unhealthy, report.Entries["iggy"].Status);
        Assert.Contains(server.Tcp.ToString(), report.Entries["iggy"].Description, StringComparison.Ordinal);
        await server.RestartAsync(Cancel);
        Assert.Equal(HealthStatus.Healthy, (await health.CheckHealthAsync(Cancel)).Status);
    }

    [Fact]
    public async Task KeyedClients_FromConfiguration_ReachTheirServers()
    {
        await using var orders = await IggyTestServer.StartAsync(cancellationToken: Cancel);
        await using var events = await IggyTestServer.StartAsync(cancellationToken: Cancel);
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Orders:ConnectionString"] = orders.ConnectionString,
            ["Events:ConnectionString"] = events.ConnectionString,
        }).Build();
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddKeyedIggy("orders", configuration.GetSection("Orders")).AddKeyedIggy("events", configuration.GetSection("Events"));
        await using var provider = services.BuildServiceProvider();
        await provider.GetRequiredKeyedService<IggyClient>("orders").CreateStreamAsync("only-here", Cancel);
        Assert.Empty(await provider.GetRequiredKeyedService<IggyClient>("events").GetStreamsAsync(Cancel));
        Assert.Equal(["iggy-events", "iggy-orders"], (await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync(Cancel)).Entries.Keys.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("", "ConnectionString")]
    [InlineData("tcp://somewhere", "iggy://")]
    [InlineData("iggy://user:secret@host", "host")]
    public async Task Start_WrongConnectionString_IsToldWithoutTheSecret(string connectionString, string named)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddIggy(options => options.ConnectionString = connectionString);
        using var host = builder.Build();
        var failure = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(Cancel));
        Assert.Contains(named, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FirstConnect_ServerStartsLater_IsWaitedFor()
    {
        await using var server = await IggyTestServer.StartAsync(cancellationToken: Cancel);
        await server.StopAsync(Cancel);
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddIggy(options => options.ConnectionString = server.ConnectionString);
        await using var provider = services.BuildServiceProvider();
        var asked = provider.GetRequiredService<IggyClient>().GetStreamsAsync(Cancel).AsTask();
        await server.RestartAsync(Cancel);
        Assert.Empty(await asked);
    }
}
