namespace Iggy.Gateway.Tls;

/// <summary>Encryption of one listener that can also do without. Section <c>Tls</c> in the listener's own, such as <c>Iggy:Tcp:Tls</c>.</summary>
public sealed class TlsOptions : CertificateOptions
{
    /// <summary>The TCP listener's section. The section is also the name of the options.</summary>
    public const string TcpSection = "Iggy:Tcp:Tls";

    /// <summary>The HTTP listener's section.</summary>
    public const string HttpSection = "Iggy:Http:Tls";

    /// <summary>The gRPC listener's section.</summary>
    public const string GrpcSection = "Iggy:Grpc:Tls";

    /// <summary>Whether the listener speaks TLS, and then nothing else. Default false.</summary>
    public bool Enabled { get; set; }

    internal override bool IsUsed => Enabled;
}
