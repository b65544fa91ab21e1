using System.ComponentModel.DataAnnotations;
using System.Net;
using Microsoft.Extensions.Options;

namespace Iggy.Grains.Options;

/// <summary>Several servers as one. Section <c>Iggy:Cluster</c>. Each partition is kept by one of them or by several; see docs/CLUSTER.md.</summary>
public sealed class ClusterNodeOptions : IValidatableObject
{
    /// <summary>The section's name.</summary>
    public const string Section = "Iggy:Cluster";

    /// <summary>Whether this server is one of several. Default <c>false</c>: it is alone. Needs <c>PostgreSql</c> in <c>Iggy:Metadata:Store</c>, the same database for
    /// all.</summary>
    public bool Enabled { get; set; }

    /// <summary>The name of the cluster, the same for all its servers; the database remembers it. 1 to 64 characters, default <c>iggy</c>.</summary>
    [StringLength(64, MinimumLength = 1)]
    public string Name { get; set; } = "iggy";

    /// <summary>Where the other servers of the cluster reach this one, and where it listens for them: an address of this machine and a port.
    /// Whoever reaches this port can do anything: keep it in a network of the cluster's own. Default <c>127.0.0.1:11111</c>.</summary>
    public string Address { get; set; } = "127.0.0.1:11111";

    /// <summary>The port on the host of <see cref="Address"/> over which servers send each other what they write to partitions that several keep. 0 to 65535; default 0: any
    /// free one, which the others find in the database. Whoever does not know a secret that lies there is refused; what passes is in the clear unless there are certificates.</summary>
    [Range(0, 65_535)]
    public int LinkPort { get; set; }

    /// <summary>PEM file of this server's certificate for those links, which both sides show: for servers and clients alike, signed by one of the authorities. The names in it
    /// do not matter. Default none: no TLS. All servers of a cluster have certificates or none has.</summary>
    public string? LinkCertificatePath { get; set; }

    /// <summary>PEM file of the certificate's key, not encrypted. Default none.</summary>
    public string? LinkKeyPath { get; set; }

    /// <summary>PEM file of all authorities that the cluster trusts on those links; those of the system are not. Default none.</summary>
    public string? LinkAuthorityPath { get; set; }

    /// <summary>How many servers keep each partition of a topic that does not ask for a number itself: an append is answered once a majority of them has it. 1 to 7, and as far as
    /// so many run: the others follow when they come. Default 1.</summary>
    [Range(1, 7)]
    public int ReplicationFactor { get; set; } = 1;

    /// <summary>How long a server may be away before another one keeps its partitions in its place, where there is another. 5 seconds to 30 days; default 10 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:05", "30.00:00:00")]
    public TimeSpan ReplicaLostAfter { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary><see cref="Address"/>, or null where it is none.</summary>
    public IPEndPoint? EndPoint => IPEndPoint.TryParse(Address, out var parsed) && parsed.Port != 0 && !parsed.Address.Equals(IPAddress.Any) && !parsed.Address.Equals(IPAddress.IPv6Any)
        ? parsed : null;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => !Enabled || EndPoint is not null ? []
        : [new($"{Section}:{nameof(Address)} is '{Address}'; allowed: one address of this machine and a port, such as 10.0.0.5:11111.", [nameof(Address)])];
}

[OptionsValidator]
internal sealed partial class ClusterNodeOptionsValidator : IValidateOptions<ClusterNodeOptions>;

/// <summary>What several servers need that one does not.</summary>
internal sealed class ClusterStoreValidator(IOptions<MetadataOptions> metadata) : IValidateOptions<ClusterNodeOptions>
{
    public ValidateOptionsResult Validate(string? name, ClusterNodeOptions options) => !options.Enabled || metadata.Value.Store is MetadataStoreKind.PostgreSql
        ? ValidateOptionsResult.Success
        : ValidateOptionsResult.Fail($"{ClusterNodeOptions.Section}:Enabled is true, but {MetadataOptions.Section}:Store is Sqlite; allowed: PostgreSql, for servers of a cluster share their metadata.");
}
