using System.Text.RegularExpressions;
using Iggy.Archive;
using Iggy.Gateway.Grpc;
using Iggy.Gateway.Http;
using Iggy.Gateway.Jwt;
using Iggy.Gateway.Limits;
using Iggy.Gateway.Security;
using Iggy.Gateway.Sessions;
using Iggy.Gateway.Tls;
using Iggy.Gateway.Wire.Quic;
using Iggy.Gateway.Wire.Tcp;
using Iggy.Gateway.Wire.Vsr;
using Iggy.Gateway.Wire.WebSockets;
using Iggy.Grains.Options;
using Iggy.Silo.Options;
using Iggy.Ui;
using Microsoft.Extensions.Configuration;

namespace Iggy.Silo.Configuration;

/// <summary>Every option class of this server. What is not listed here is neither checked early nor documented.</summary>
public static partial class KnownOptions
{
    /// <summary>Section and class; <c>*</c> at the end stands for the numbers of a list's entries.</summary>
    public static IReadOnlyList<(string Section, Type Type)> All { get; } =
    [
        (RootOptions.Section, typeof(RootOptions)),
        (StorageOptions.Section, typeof(StorageOptions)),
        (MetadataOptions.Section, typeof(MetadataOptions)),
        (ClusterNodeOptions.Section, typeof(ClusterNodeOptions)),
        (EncryptionOptions.Section, typeof(EncryptionOptions)),
        (DeduplicationOptions.Section, typeof(DeduplicationOptions)),
        (ArchiveOptions.Section, typeof(ArchiveOptions)),
        (CatalogOptions.Section, typeof(CatalogOptions)),
        (RetentionOptions.Section, typeof(RetentionOptions)),
        (ConsumerGroupOptions.Section, typeof(ConsumerGroupOptions)),
        (UserOptions.Section, typeof(UserOptions)),
        (TokenOptions.Section, typeof(TokenOptions)),
        (LoginOptions.Section, typeof(LoginOptions)),
        ("Iggy:Tcp", typeof(TcpOptions)),
        (TlsOptions.TcpSection, typeof(TlsOptions)),
        (HttpOptions.Section, typeof(HttpOptions)),
        ("Iggy:Heartbeat", typeof(HeartbeatOptions)),
        (CorsOptions.Section, typeof(CorsOptions)),
        (JwtOptions.Section, typeof(JwtOptions)),
        (JwtOptions.Section + ":TrustedIssuers:*", typeof(TrustedIssuerOptions)),
        (VsrOptions.Section, typeof(VsrOptions)),
        (TlsOptions.HttpSection, typeof(TlsOptions)),
        (QuicOptions.Section, typeof(QuicOptions)),
        (WebSocketListenerOptions.Section, typeof(WebSocketListenerOptions)),
        (WebSocketListenerOptions.TlsSection, typeof(TlsOptions)),
        (UiOptions.Section, typeof(UiOptions)),
        (GrpcOptions.Section, typeof(GrpcOptions)),
        (TlsOptions.GrpcSection, typeof(TlsOptions)),
        (QuicOptions.CertificateSection, typeof(CertificateOptions)),
        ("Iggy:Limits", typeof(FrameLimits)),
        (LoggingOptions.Section, typeof(LoggingOptions)),
        (ServerOptions.Section, typeof(ServerOptions)),
    ];

    /// <summary>All keys, as <c>Iggy:Section:Name</c>.</summary>
    public static IEnumerable<string> Keys() =>
        All.SelectMany(static options => Properties(options.Type).Select(property => $"{options.Section}:{property.Name}"));

    /// <summary>The sections of a configuration that an entry of <see cref="All"/> means: one, or those of a list that are there.</summary>
    public static IEnumerable<IConfigurationSection> Sections(IConfiguration configuration, string section) =>
        section.EndsWith(":*", StringComparison.Ordinal) ? configuration.GetSection(section[..^2]).GetChildren() : [configuration.GetSection(section)];

    /// <summary>A key with the number of a list's entry as <c>*</c>.</summary>
    public static string Pattern(string key) => EntryNumber().Replace(key, ":*:");

    [GeneratedRegex(@":\d+:")]
    private static partial Regex EntryNumber();

    /// <summary>The settings of one class.</summary>
    public static IEnumerable<System.Reflection.PropertyInfo> Properties(Type type) =>
        type.GetProperties().Where(static property => property is { CanRead: true, CanWrite: true });
}
