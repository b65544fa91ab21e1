using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;

namespace Iggy.Ui.Hosting;

/// <summary>A server without a port: its requests are handed to it by another one that has read them.</summary>
internal sealed class HandedServer : IServer
{
    private Func<IFeatureCollection, Task>? _serve;

    public IFeatureCollection Features { get; } = new FeatureCollection();

    /// <summary>Serves a request that another server has taken.</summary>
    public Task ServeAsync(IFeatureCollection request) => _serve!(request);

    public Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken) where TContext : notnull
    {
        _serve = async request =>
        {
            var context = application.CreateContext(request);
            try
            {
                await application.ProcessRequestAsync(context);
                application.DisposeContext(context, null);
            }
            catch (Exception failed)
            {
                application.DisposeContext(context, failed);
                throw;
            }
        };
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        // Nothing is held.
    }
}
