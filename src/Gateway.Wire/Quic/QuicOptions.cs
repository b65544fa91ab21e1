using System.ComponentModel.DataAnnotations;
using Iggy.Gateway.Listeners;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Wire.Quic;

/// <summary>The QUIC listener. Section <c>Iggy:Quic</c>.</summary>
public sealed class QuicOptions : IValidatableObject
{
    /// <summary>The section's name.</summary>
    public const string Section = "Iggy:Quic";

    /// <summary>Of the certificate, which is also the name of its options.</summary>
    public const string CertificateSection = "Iggy:Quic:Certificate";

    /// <summary>Whether to listen at all. Default true; where no QUIC library is installed the server starts without and says so.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Where to listen: <c>address:port</c>, IPv6 in brackets, port 0 for any free one. Default <c>127.0.0.1:8080</c>, as Apache Iggy's.</summary>
    [Required]
    public string Address { get; set; } = "127.0.0.1:8080";

    /// <summary>Most streams, which are requests, that a client may have open on a connection. Default 10,000, as Apache Iggy's.</summary>
    [Range(1, 1_000_000)]
    public int MaxConcurrentBidiStreams { get; set; } = 10_000;

    /// <summary>Most requests of one connection that are served side by side; more wait. Default 64.</summary>
    [Range(1, 10_000)]
    public int MaxConcurrentRequests { get; set; } = 64;

    /// <summary>Size in bytes of packets to a client on the same machine. Over a network packets start at 1,200 and grow to what the path takes. Default 8 KiB.</summary>
    [Range(1200, 60_000)]
    public int InitialMtu { get; set; } = 8 * 1024;

    /// <summary>Most bytes on their way to a client that it has not acknowledged. Default 4 MiB; Apache Iggy's is 100 KB, which is too little for a fast network.</summary>
    [Range(16 * 1024, 256 * 1024 * 1024)]
    public int SendWindow { get; set; } = 4 * 1024 * 1024;

    /// <summary>Most bytes that a client may send on a connection before a request takes them. It bounds what a connection holds in memory beside the requests being served.
    /// Default 1 MiB; Apache Iggy's is 100 KB.</summary>
    [Range(16 * 1024, 256 * 1024 * 1024)]
    public int ReceiveWindow { get; set; } = 1024 * 1024;

    /// <summary>After so much silence a client is asked for a sign of life; 0 for never. Default 5 s, as Apache Iggy's.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan KeepAliveInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>A connection on which nothing came for so long is dropped. Default 10 s, as Apache Iggy's.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan MaxIdleTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Most connections at a time; one more is refused. Default 10,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxConnections { get; set; } = 10_000;

    /// <summary>With so many handshakes under way a new client must first prove that its address is its own, which costs it one round trip; 0 for always. Default 100.</summary>
    [Range(0, 1_000_000)]
    public int HandshakesBeforeRetry { get; set; } = 100;

    /// <summary>Size in bytes of the kernel's buffer for packets that come; 0 leaves it to the kernel. Default 2 MiB, so that a burst is not lost.</summary>
    [Range(0, 256 * 1024 * 1024)]
    public int SocketReceiveBuffer { get; set; } = 2 * 1024 * 1024;

    /// <summary>Size in bytes of the kernel's buffer for packets that go; 0 leaves it to the kernel. Default 2 MiB.</summary>
    [Range(0, 256 * 1024 * 1024)]
    public int SocketSendBuffer { get; set; } = 2 * 1024 * 1024;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!ListenAddress.TryParse(Address, out _))
            yield return new ValidationResult($"Iggy:Quic:Address is '{Address}'; allowed: an IP address or 'localhost', a colon and a port, such as 127.0.0.1:8080 or [::]:8080.", [nameof(Address)]);
        if (KeepAliveInterval >= MaxIdleTimeout)
            yield return new ValidationResult($"Iggy:Quic:KeepAliveInterval is {KeepAliveInterval}; allowed: less than MaxIdleTimeout, which is {MaxIdleTimeout}.", [nameof(KeepAliveInterval)]);
    }
}

[OptionsValidator]
internal sealed partial class QuicOptionsValidator : IValidateOptions<QuicOptions>;
