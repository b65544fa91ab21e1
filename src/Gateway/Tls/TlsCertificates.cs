using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Tls;

/// <summary>The certificates of one listener, whatever its transport: read at start, read again when the files change.</summary>
/// <remarks>A connection keeps what it was accepted with. New files that cannot be used change nothing but the log. What was replaced
/// is left to the collector: a handshake may still be using it.</remarks>
internal sealed partial class TlsCertificates : IDisposable
{
    // Tools write two or three files one after the other; this long after the first change they are through.
    private static readonly TimeSpan Debounce = TimeSpan.FromMilliseconds(500);

    // For file systems that tell of no change.
    private static readonly TimeSpan LookAnyway = TimeSpan.FromMinutes(1);

    // Time to act on a certificate that is about to end.
    private static readonly TimeSpan ShortBefore = TimeSpan.FromDays(14);

    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2"; // what a client's certificate must be for, where it says what it is for

    private readonly CertificateOptions _options;
    private readonly string _section;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private readonly List<FileSystemWatcher> _watchers = [];
    private readonly ITimer _timer;
    private X509Certificate2? _made;
    private string _fingerprint = "";
    private bool _isReloadDue;
    private volatile bool _isDisposed;
    private volatile Material _current;

    /// <summary>Reads the files and watches them from here on.</summary>
    /// <param name="options">Which files.</param>
    /// <param name="section">Of the options, for errors and the log.</param>
    /// <param name="clock">Drives the reload.</param>
    /// <param name="logger">Gets what is in use, and why new files are not.</param>
    /// <exception cref="OptionsValidationException">The files cannot be used.</exception>
    public TlsCertificates(CertificateOptions options, string section, TimeProvider clock, ILogger logger)
    {
        (_options, _section, _clock, _logger) = (options, section, clock, logger);
        var errors = new List<string>();
        var files = PemFiles.Read(options, section, errors) ?? throw new OptionsValidationException(section, typeof(CertificateOptions), errors);
        _current = Use(files);
        _timer = clock.CreateTimer(static state => ((TlsCertificates)state!).OnTimer(), this, LookAnyway, LookAnyway);
        Watch();
    }

    /// <summary>Runs after each successful reload, on a timer's thread.</summary>
    public event Action? Reloaded;

    /// <summary>The certificate for new connections, with its key. For transports that do not use <see cref="SslStream"/>.</summary>
    public X509Certificate2 Certificate => _current.Context.TargetCertificate;

    /// <summary>What goes out with it.</summary>
    public IReadOnlyCollection<X509Certificate2> Intermediates => _current.Context.IntermediateCertificates;

    /// <summary>Whether clients are asked for certificates.</summary>
    public ClientCertificates ClientCertificates => _options.ClientCertificates;

    /// <summary>Judges a client's certificates as <see cref="SslStream"/> does with <see cref="ForHandshake"/>. For transports that do not use it.</summary>
    /// <param name="chain">In DER: the client's own, then those between it and its root. At least one.</param>
    public bool IsWelcome(IReadOnlyList<byte[]> chain)
    {
        using var built = new X509Chain { ChainPolicy = _current.ClientPolicy!.Clone() };
        built.ChainPolicy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
        try
        {
            for (var i = 1; i < chain.Count; i++)
                built.ChainPolicy.ExtraStore.Add(X509CertificateLoader.LoadCertificate(chain[i]));
            using var certificate = X509CertificateLoader.LoadCertificate(chain[0]);
            return built.Build(certificate);
        }
        catch (CryptographicException)
        {
            return false; // not even a certificate
        }
        finally
        {
            foreach (var one in built.ChainPolicy.ExtraStore)
                one.Dispose();
        }
    }

    /// <summary>Options of a new handshake. The caller may add to them, protocols to negotiate for instance.</summary>
    public SslServerAuthenticationOptions ForHandshake()
    {
        var material = _current;
        var asksClients = _options.ClientCertificates is not ClientCertificates.None;
        return new SslServerAuthenticationOptions
        {
            ServerCertificateContext = material.Context,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            AllowRenegotiation = false,
            // A resumed session would go on with the certificate that was shown, and checked, when it began.
            AllowTlsResume = !asksClients,
            ClientCertificateRequired = asksClients, // in this API: asked for; who must have one is decided below
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            CertificateChainPolicy = material.ClientPolicy?.Clone(),
            RemoteCertificateValidationCallback = asksClients ? IsWelcome : null,
        };
    }

    /// <summary>Longest time that a handshake may take.</summary>
    public TimeSpan HandshakeTimeout => _options.HandshakeTimeout;

    /// <inheritdoc/>
    public void Dispose()
    {
        _isDisposed = true;
        _timer.Dispose();
        foreach (var watcher in _watchers)
            watcher.Dispose();
    }

    private bool IsWelcome(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        errors is SslPolicyErrors.None
        || (certificate is null && errors is SslPolicyErrors.RemoteCertificateNotAvailable && _options.ClientCertificates is ClientCertificates.Allowed);

    private void Watch()
    {
        string?[] files = [_options.CertificateFile, _options.KeyFile, _options.ClientCaFile];
        // Whole folders: Kubernetes swaps a link beside the files and never touches the files themselves.
        foreach (var folder in files.Where(static file => !string.IsNullOrEmpty(file)).Select(static file => Path.GetDirectoryName(Path.GetFullPath(file!))!).Distinct())
        {
            if (!Directory.Exists(folder))
                continue;
            try
            {
                var watcher = new FileSystemWatcher(folder);
                watcher.Changed += OnChange;
                watcher.Created += OnChange;
                watcher.Renamed += OnChange;
                _watchers.Add(watcher);
                watcher.EnableRaisingEvents = true;
            }
            catch (IOException e) // the system's limit of watches
            {
                LogNotWatched(_logger, folder, LookAnyway, e.Message);
            }
        }
    }

    private void OnChange(object sender, FileSystemEventArgs change)
    {
        lock (_lock)
        {
            if (_isReloadDue || _isDisposed)
                return; // not pushed back: a folder that always changes must not keep new files from being read
            _isReloadDue = true;
            _timer.Change(Debounce, LookAnyway);
        }
    }

    private void OnTimer()
    {
        lock (_lock)
        {
            if (_isDisposed)
                return;
            _isReloadDue = false;
            if (!Reload())
                return;
        }
        Reloaded?.Invoke();
    }

    private bool Reload()
    {
        var errors = new List<string>();
        if (PemFiles.Read(_options, _section, errors) is not { } files)
        {
            LogNotReloaded(_logger, _section, string.Join(' ', errors));
            return false;
        }
        if (files.Fingerprint == _fingerprint)
        {
            files.Dispose();
            return false;
        }
        _current = Use(files);
        return true;
    }

    private Material Use(PemFiles files)
    {
        var certificate = files.Certificate ?? (_made ??= SelfSignedCertificate.Make(_clock));
        var context = SslStreamCertificateContext.Create(certificate, files.Chain, offline: true);
        X509ChainPolicy? clients = null;
        if (files.ClientRoots.Count > 0)
        {
            clients = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true, // a client's certificate must not make this server fetch addresses
            };
            clients.CustomTrustStore.AddRange(files.ClientRoots);
        }

        _fingerprint = files.Fingerprint;
        var (subject, until) = (certificate.Subject, certificate.NotAfter.ToUniversalTime());
        if (files.Certificate is null && !string.IsNullOrEmpty(_options.CertificateFile))
            LogMadeInsteadOfFile(_logger, _section, _options.CertificateFile);
        LogInUse(_logger, _section, subject, certificate.GetCertHashString(HashAlgorithmName.SHA256), until);
        var now = _clock.GetUtcNow().UtcDateTime;
        if (now > until - ShortBefore || now < certificate.NotBefore.ToUniversalTime())
            LogNotValidForLong(_logger, _section, subject, certificate.NotBefore.ToUniversalTime(), until);
        return new Material(context, clients);
    }

    private sealed record Material(SslStreamCertificateContext Context, X509ChainPolicy? ClientPolicy);

    [LoggerMessage(3040, LogLevel.Information, "{Section} uses the certificate of {Subject}, SHA-256 {Fingerprint}, valid until {Until:u}")]
    private static partial void LogInUse(ILogger logger, string section, string subject, string fingerprint, DateTime until);

    [LoggerMessage(3041, LogLevel.Error, "{Section} keeps its certificates, the new files cannot be used: {Reason}")]
    private static partial void LogNotReloaded(ILogger logger, string section, string reason);

    [LoggerMessage(3042, LogLevel.Warning, "{Section} uses a certificate made in memory: there is no file {Path}")]
    private static partial void LogMadeInsteadOfFile(ILogger logger, string section, string path);

    [LoggerMessage(3043, LogLevel.Warning, "{Section}: the certificate of {Subject} is valid from {From:u} to {Until:u} only")]
    private static partial void LogNotValidForLong(ILogger logger, string section, string subject, DateTime from, DateTime until);

    [LoggerMessage(3044, LogLevel.Warning, "{Folder} cannot be watched, its files are looked at every {Interval}: {Reason}")]
    private static partial void LogNotWatched(ILogger logger, string folder, TimeSpan interval, string reason);
}
