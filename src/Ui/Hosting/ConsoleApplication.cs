using System.Diagnostics;
using System.Security.Claims;
using Iggy.Ui.Circuits;
using Iggy.Ui.Components;
using Iggy.Ui.Figures;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Components.Server;
using Microsoft.AspNetCore.Components.Server.Circuits;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Features.Authentication;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MudBlazor;
using MudBlazor.Services;

namespace Iggy.Ui.Hosting;

/// <summary>The pages' own application: a container and a pipeline beside the server's, which come to life with the first page.</summary>
/// <remarks>So that nobody who never opens the console pays for it: neither the start nor an idle server knows a component.</remarks>
internal sealed class ConsoleApplication(Backend backend, OpenPages open, ServerRates rates, TimeProvider clock, ILoggerFactory logs) : IAsyncDisposable
{
    private const int MaxMessageBytes = 2 << 20; // of what a browser sends at once: a payload that is typed in

    private readonly Lock _lock = new();
    private Task<Running>? _running;
    private CancellationToken _stopping;

    /// <summary>Ends every page when the server stops, before the listener waits for them.</summary>
    public void StopWith(CancellationToken stopping)
    {
        _stopping = stopping;
        stopping.Register(() =>
        {
            if (_running is { IsCompletedSuccessfully: true })
                _running.GetAwaiter().GetResult().Application.Lifetime.StopApplication();
        });
    }

    /// <summary>Serves a request of somebody who is logged in.</summary>
    public async Task ServeAsync(HttpContext context, ConsoleLogin login)
    {
        Task<Running> starting;
        lock (_lock)
            starting = _running ??= Task.Run(StartAsync, _stopping);
        var running = await starting;

        var request = new FeatureCollection(context.Features);
        await using var scope = running.Application.Services.CreateAsyncScope();
        request.Set<IServiceProvidersFeature>(new Scoped { RequestServices = scope.ServiceProvider });
        request.Set<IEndpointFeature>(new Unrouted());
        request.Set<IItemsFeature>(new ItemsFeature());
        request.Set<IHttpAuthenticationFeature>(new HttpAuthenticationFeature { User = new ClaimsPrincipal(new LoginIdentity(login)) });
        if (context.Features.Get<IHttpMetricsTagsFeature>() is { } counted)
            counted.MetricsDisabled = true; // counted once, by this application, which knows the page
        await running.Server.ServeAsync(request);
    }

    public async ValueTask DisposeAsync()
    {
        if (_running is null)
            return;
        await ((Task)_running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // who asked for the page has its failure
        if (_running.IsCompletedSuccessfully)
            await (await _running).Application.DisposeAsync();
    }

    private async Task<Running> StartAsync()
    {
        var server = new HandedServer();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "Iggy.Ui" });
        var services = builder.Services;
        services.AddSingleton(logs);
        services.AddSingleton(clock);
        services.AddSingleton<IServer>(server);
        services.AddSingleton<IHostLifetime, NoLifetime>();
        // Names of their own: the listener has told of the request already.
        services.AddSingleton(new ActivitySource("Iggy.Ui"));
        services.AddSingleton(new DiagnosticListener("Iggy.Ui"));
        services.AddSingleton<DiagnosticSource>(static provider => provider.GetRequiredService<DiagnosticListener>());

        services.AddRazorComponents().AddInteractiveServerComponents(Limit).AddHubOptions(static hub => hub.MaximumReceiveMessageSize = MaxMessageBytes);
        // What is protected passes from a page to its own connection within moments: keys need not outlive the process, nor lie on a disk.
        services.AddSingleton<IDataProtectionProvider>(new EphemeralDataProtectionProvider(logs));
        foreach (var keeper in services.Where(static one => one.ServiceType == typeof(IHostedService) && one.ImplementationType?.Namespace?.StartsWith("Microsoft.AspNetCore.DataProtection", StringComparison.Ordinal) is true).ToArray())
            services.Remove(keeper);
        services.AddMudServices(static mud =>
        {
            mud.SnackbarConfiguration.PositionClass = Defaults.Classes.Position.BottomRight;
            mud.SnackbarConfiguration.MaxDisplayedSnackbars = 4;
            mud.SnackbarConfiguration.VisibleStateDuration = 6000;
        });
        services.AddSingleton(backend).AddSingleton(open).AddSingleton(rates);
        services.AddScoped<ConsoleUser>();
        services.AddScoped<CircuitHandler, PageLife>();

        var application = builder.Build();
        application.UseStatusCodePagesWithReExecute("/not-found", createScopeForStatusCodePages: true);
        application.UseRouting();
        application.UseAntiforgery();
        application.MapRazorComponents<App>().AddInteractiveServerRenderMode();
        await application.StartAsync(_stopping);
        return new Running(application, server);
    }

    // A page that lost its connection finds itself again for a minute; what the many of a network that failed leave behind is bounded.
    private static void Limit(CircuitOptions circuits)
    {
        circuits.DisconnectedCircuitMaxRetained = 50;
        circuits.DisconnectedCircuitRetentionPeriod = TimeSpan.FromMinutes(1);
        circuits.PersistedCircuitInMemoryMaxRetained = 50;
        circuits.PersistedCircuitInMemoryRetentionPeriod = TimeSpan.FromMinutes(5);
        circuits.MaxBufferedUnacknowledgedRenderBatches = 10;
    }

    private sealed record Running(WebApplication Application, HandedServer Server);

    private sealed class Scoped : IServiceProvidersFeature
    {
        public required IServiceProvider RequestServices { get; set; }
    }

    private sealed class Unrouted : IEndpointFeature
    {
        public Endpoint? Endpoint { get; set; }
    }

    /// <summary>The server's host listens to signals.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
