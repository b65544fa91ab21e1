namespace Iggy.Client;

/// <summary>How a connection is secured by TLS. The default trusts what the machine trusts and expects the name that is connected to.</summary>
public sealed record TlsSettings
{
    /// <summary>The name that the server's certificate must have; null for the host of the address.</summary>
    public string? Domain { get; init; }

    /// <summary>PEM file with the only authorities to trust; null for those of the machine. A self-signed certificate is its own authority.</summary>
    public string? CaFile { get; init; }

    /// <summary>PEM file with a certificate to show, for servers that ask for one; null for none.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>PEM file with the certificate's key; null when it is in <see cref="CertificateFile"/>.</summary>
    public string? KeyFile { get; init; }
}
