using System.Net;
using System.Net.Security;
using Iggy.Gateway.Guards;
using Iggy.Gateway.Tcp;
using Iggy.Gateway.Tls;
using Iggy.Gateway.Web;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Http;

/// <summary>Opens the HTTP listener and puts the API on it.</summary>
internal sealed partial class HttpListenerService(
    IOptions<HttpOptions> options, CertificateStore certificates, AddressGuard addresses, GatewayEndpoints endpoints, HealthRoutes health, ILoggerFactory logs, ILogger<HttpListenerService> logger)
    : IHostedService, IAsyncDisposable
{
    private WebListener? _listener;

    /// <exception cref="AddressUnavailableException">The address cannot be listened on.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!options.Value.Enabled)
            return;
        if (!ListenAddress.TryParse(options.Value.Address, out var address))
            throw new InvalidOperationException("HttpOptions were not validated.");

        var settings = new WebListenerSettings
        {
            AddressKey = "Iggy:Http:Address",
            Address = address,
            Addresses = addresses,
            MaxConnections = options.Value.MaxConnections,
            MaxRequestBytes = options.Value.MaxRequestBytes,
            Tls = WebTls.Of(certificates.Open(TlsOptions.HttpSection), SslApplicationProtocol.Http2, SslApplicationProtocol.Http11),
        };
        _listener = await WebListener.StartAsync(settings, logs, static services => services.AddRoutingCore(), (application, stopping) => health.Map(application), cancellationToken);
        endpoints.Http = _listener.EndPoint;
        LogListening(logger, _listener.EndPoint);
    }

    public Task StopAsync(CancellationToken cancellationToken) => _listener?.StopAsync(cancellationToken) ?? Task.CompletedTask;

    public ValueTask DisposeAsync() => _listener?.DisposeAsync() ?? default;

    [LoggerMessage(3200, LogLevel.Information, "Listening on {Address} (HTTP)")]
    private static partial void LogListening(ILogger logger, EndPoint address);
}
