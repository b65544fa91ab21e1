using System.ComponentModel.DataAnnotations;
using Iggy.Gateway.Listeners;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Wire.WebSockets;

/// <summary>The WebSocket listener: the binary protocol for browsers and strict networks. Section <c>Iggy:WebSocket</c>.</summary>
public sealed class WebSocketListenerOptions : IValidatableObject
{
    /// <summary>The section's name.</summary>
    public const string Section = "Iggy:WebSocket";

    /// <summary>The section of its encryption.</summary>
    public const string TlsSection = Section + ":Tls";

    /// <summary>Whether to listen at all. Default true.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Where to listen: <c>address:port</c>, IPv6 in brackets, port 0 for any free one. Default <c>127.0.0.1:8092</c>, as Apache Iggy's.</summary>
    [Required]
    public string Address { get; set; } = "127.0.0.1:8092";

    /// <summary>Most connections at a time; one more is closed at once. Default 10,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxConnections { get; set; } = 10_000;

    /// <summary>Most bytes of one WebSocket message, whatever number of requests it carries; a longer one ends the connection with close code 1009. 0, the default,
    /// is no limit: a message is never held as a whole, and what a request may take is bounded by <c>Iggy:Limits</c>. At most 1 TiB.</summary>
    [Range(typeof(long), "0", "1099511627776")]
    public long MaxMessageBytes { get; set; }

    /// <summary>Time between pings by which the server keeps proxies from cutting a silent connection; a client that answers none of them in the same time is sent away.
    /// 0, the default, sends none; at most 1 hour.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan PingInterval { get; set; } = TimeSpan.Zero;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!ListenAddress.TryParse(Address, out _))
            yield return new ValidationResult($"Iggy:WebSocket:Address is '{Address}'; allowed: an IP address or 'localhost', a colon and a port, such as 127.0.0.1:8092 or [::]:8092.", [nameof(Address)]);
    }
}

[OptionsValidator]
internal sealed partial class WebSocketListenerOptionsValidator : IValidateOptions<WebSocketListenerOptions>;
