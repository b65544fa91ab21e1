using System.ComponentModel.DataAnnotations;
using Iggy.Gateway.Listeners;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Http;

/// <summary>The HTTP listener. Section <c>Iggy:Http</c>.</summary>
public sealed class HttpOptions : IValidatableObject
{
    /// <summary>The section's name.</summary>
    public const string Section = "Iggy:Http";

    /// <summary>Whether to listen at all. Default true.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Where to listen: <c>address:port</c>, IPv6 in brackets, port 0 for any free one. Default <c>127.0.0.1:3000</c>, as Apache Iggy's.</summary>
    [Required]
    public string Address { get; set; } = "127.0.0.1:3000";

    /// <summary>Most bytes of a request's body; a longer one is answered with 413. 1 KiB to 1 GiB, default 2,000,000, as Apache Iggy's.</summary>
    [Range(1024, 1024 * 1024 * 1024)]
    public long MaxRequestBytes { get; set; } = 2_000_000;

    /// <summary>Most connections at a time; one more is closed at once. Default 10,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxConnections { get; set; } = 10_000;

    /// <summary>Most requests at a time over all connections; one more is answered with 429. Readers of pushed messages count for as long as they read. Default 10,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxRequests { get; set; } = 10_000;

    /// <summary>How long the headers of a request may take; then 408. 100 ms to 1 hour, default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan HeadersTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a connection may wait for its next request before it is closed. 100 ms to 1 day, default 130 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "1.00:00:00")]
    public TimeSpan KeepAliveTimeout { get; set; } = TimeSpan.FromSeconds(130);

    /// <summary>Whether the files of a web UI are served under <c>/ui</c>. Default false.</summary>
    public bool WebUi { get; set; }

    /// <summary>Folder of these files. Default <c>ui</c> beside the server's program.</summary>
    [Required]
    public string WebUiDirectory { get; set; } = Path.Combine(AppContext.BaseDirectory, "ui");

    /// <summary>How long a client that reads for consumer groups may be silent before it loses its places in them. 100 ms to 1 day, default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "1.00:00:00")]
    public TimeSpan SessionTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Most such clients at a time; one more is answered with 429. Default 10,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxSessions { get; set; } = 10_000;

    /// <summary>Whether the server's figures can be read in the format of Prometheus. Default true. Without a token where <c>Address</c> is one that only the
    /// machine itself reaches, as Apache Iggy has it; elsewhere by a user who may read the server.</summary>
    public bool MetricsEnabled { get; set; } = true;

    /// <summary>Where. Default <c>/metrics</c>; another path needs a token.</summary>
    [RegularExpression("/[A-Za-z0-9/_.-]+")]
    public string MetricsPath { get; set; } = "/metrics";

    /// <summary>An address of their own, where the figures are read without a token: <c>address:port</c>, for a network that only the scraper reaches. Without TLS.
    /// Default none.</summary>
    public string? MetricsAddress { get; set; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!ListenAddress.TryParse(Address, out _))
            yield return Wrong(nameof(Address), Address);
        if (!string.IsNullOrEmpty(MetricsAddress) && !ListenAddress.TryParse(MetricsAddress, out _))
            yield return Wrong(nameof(MetricsAddress), MetricsAddress);
    }

    private static ValidationResult Wrong(string name, string given) => new(
        $"Iggy:Http:{name} is '{given}'; allowed: an IP address or 'localhost', a colon and a port, such as 127.0.0.1:3000 or [::]:3000.", [name]);
}

[OptionsValidator]
internal sealed partial class HttpOptionsValidator : IValidateOptions<HttpOptions>;
