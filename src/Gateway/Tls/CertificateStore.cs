using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Tls;

/// <summary>The certificates of all listeners, one for each section that is opened. Owns them.</summary>
internal sealed class CertificateStore(
    IOptionsMonitor<TlsOptions> optional, IOptionsMonitor<CertificateOptions> always, TimeProvider clock, ILogger<CertificateStore> logger) : IDisposable
{
    private readonly ConcurrentBag<TlsCertificates> _opened = [];

    /// <summary>The certificates of a listener that speaks TLS if it is told to.</summary>
    /// <param name="section">Of the options, registered with <see cref="TlsRegistration.AddListenerTls"/>.</param>
    /// <returns>Null when it is not to speak TLS.</returns>
    /// <exception cref="OptionsValidationException">The certificates cannot be used.</exception>
    public TlsCertificates? Open(string section) => optional.Get(section) is { Enabled: true } tls ? Open(tls, section) : null;

    /// <summary>The certificates of a listener that always speaks TLS.</summary>
    /// <param name="section">Of the options, registered with <see cref="TlsRegistration.AddListenerCertificate"/>.</param>
    /// <exception cref="OptionsValidationException">The certificates cannot be used.</exception>
    public TlsCertificates OpenAlways(string section) => Open(always.Get(section), section);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var certificates in _opened)
            certificates.Dispose();
    }

    private TlsCertificates Open(CertificateOptions options, string section)
    {
        var certificates = new TlsCertificates(options, section, clock, logger);
        _opened.Add(certificates);
        return certificates;
    }
}

/// <summary>Registration of a listener's certificate options.</summary>
internal static class TlsRegistration
{
    /// <summary>Adds the options of a listener that speaks TLS if it is told to.</summary>
    public static void AddListenerTls(this IServiceCollection services, string section) => services.Add<TlsOptions>(section);

    /// <summary>Adds the options of a listener that always speaks TLS.</summary>
    public static void AddListenerCertificate(this IServiceCollection services, string section) => services.Add<CertificateOptions>(section);

    private static void Add<TOptions>(this IServiceCollection services, string section)
        where TOptions : CertificateOptions
    {
        services.AddOptions<TOptions>(section).BindConfiguration(section).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TOptions>, CertificateOptionsValidator<TOptions>>());
    }
}
