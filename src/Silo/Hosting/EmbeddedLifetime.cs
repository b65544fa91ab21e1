using Microsoft.Extensions.Hosting;

namespace Iggy.Silo.Hosting;

/// <summary>Signals are the business of the program that this server is a part of.</summary>
internal sealed class EmbeddedLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
