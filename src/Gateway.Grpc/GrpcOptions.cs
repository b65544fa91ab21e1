using System.ComponentModel.DataAnnotations;
using Iggy.Gateway.Listeners;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Grpc;

/// <summary>The gRPC listener. Section <c>Iggy:Grpc</c>.</summary>
public sealed class GrpcOptions : IValidatableObject
{
    /// <summary>The section's name.</summary>
    public const string Section = "Iggy:Grpc";

    /// <summary>Whether to listen at all. Default false: clients of Apache Iggy do not need it, and what is off costs no time at the start.</summary>
    public bool Enabled { get; set; }

    /// <summary>Where to listen: <c>address:port</c>, IPv6 in brackets, port 0 for any free one. Default <c>127.0.0.1:8095</c>. HTTP/2 in clear, unless <c>Tls</c> is enabled.</summary>
    [Required]
    public string Address { get; set; } = "127.0.0.1:8095";

    /// <summary>Most bytes of one message of a request: a batch to send. A larger one is refused. 64 KiB to 1 GiB, default 64 MiB.</summary>
    [Range(64 * 1024, 1024 * 1024 * 1024)]
    public int MaxMessageBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>Most connections at a time; one more is closed at once. Default 10,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxConnections { get; set; } = 10_000;

    /// <summary>Most calls on one connection at a time; one more is refused. Subscriptions count for as long as they last. Default 1,000.</summary>
    [Range(1, 100_000)]
    public int MaxCallsPerConnection { get; set; } = 1_000;

    /// <summary>Most calls over all connections at a time; one more is refused. Default 20,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxCalls { get; set; } = 20_000;

    /// <summary>How long a connection may be without a call before it is closed. 100 ms to 1 day, default 130 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "1.00:00:00")]
    public TimeSpan KeepAliveTimeout { get; set; } = TimeSpan.FromSeconds(130);

    /// <summary>Whether clients may ask which services there are, as grpcurl does; anybody may. Default true.</summary>
    public bool Reflection { get; set; } = true;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!ListenAddress.TryParse(Address, out _))
            yield return new ValidationResult($"Iggy:Grpc:Address is '{Address}'; allowed: an IP address or 'localhost', a colon and a port, such as 127.0.0.1:8095 or [::]:8095.", [nameof(Address)]);
    }
}

[OptionsValidator]
internal sealed partial class GrpcOptionsValidator : IValidateOptions<GrpcOptions>;
