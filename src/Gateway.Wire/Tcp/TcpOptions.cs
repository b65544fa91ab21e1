using System.ComponentModel.DataAnnotations;
using Iggy.Gateway.Listeners;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Wire.Tcp;

/// <summary>The TCP listener. Section <c>Iggy:Tcp</c>.</summary>
public sealed class TcpOptions : IValidatableObject
{
    /// <summary>Whether to listen at all. Default true.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Where to listen: <c>address:port</c>, IPv6 in brackets, port 0 for any free one. Default <c>127.0.0.1:8090</c>, as Apache Iggy's.</summary>
    [Required]
    public string Address { get; set; } = "127.0.0.1:8090";

    /// <summary>Sends small replies at once instead of waiting to fill a packet. Default true: a reply is always written whole.</summary>
    public bool NoDelay { get; set; } = true;

    /// <summary>Whether silent clients are asked for a sign of life, so that those that are gone without a word are noticed within <c>Iggy:Limits:PeerTimeout</c>. Default true.</summary>
    public bool KeepAlive { get; set; } = true;

    /// <summary>Most connections at a time; one more is closed at once. Default 10,000. All listeners share the descriptors that the process may open.</summary>
    [Range(1, 1_000_000)]
    public int MaxConnections { get; set; } = 10_000;

    /// <summary>Connections that the kernel may queue before they are accepted. Default 512.</summary>
    [Range(1, 65_535)]
    public int Backlog { get; set; } = 512;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!ListenAddress.TryParse(Address, out _))
            yield return new ValidationResult($"Iggy:Tcp:Address is '{Address}'; allowed: an IP address or 'localhost', a colon and a port, such as 127.0.0.1:8090 or [::]:8090.", [nameof(Address)]);
    }
}

[OptionsValidator]
internal sealed partial class TcpOptionsValidator : IValidateOptions<TcpOptions>;
