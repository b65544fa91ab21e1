using System.Net;
using Iggy.Grains.Metadata.PostgreSql;
using Iggy.Grains.Options;
using Iggy.Grains.Placement;
using Iggy.Links;
using Iggy.Replicas;
using Iggy.Replication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iggy.Grains.Partitions;

/// <summary>This server's links to the others of its cluster: what replicas write to each other goes over them.</summary>
/// <remarks>Who connects has to know a secret that lies in the database. Where the others listen they write there too.</remarks>
internal sealed class NodeLinks(
    IOptions<ClusterNodeOptions> cluster, PartitionPlaces places, SharedSecrets secrets, ReplicaSettings settings, TimeProvider clock, ILogger<LinkHub> logger) : IReplicaLinks, IAsyncDisposable
{
    private const string SecretName = "links.key";
    private ReplicaHost? _host; // with its timer only where there is a cluster
    private LinkHub? _hub;

    /// <summary>The replicas that frames go to, once the links are open.</summary>
    public ReplicaHost Host => _host ?? throw new InvalidOperationException("The links are not open.");

    /// <summary>Opens the port and tells the others of it.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">The port is taken.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var secret = new Guid(await secrets.AgreeAsync(SecretName, 16, cancellationToken));
        var own = PartitionRow.NumberOf(places.NodeId).Value;
        _host = new ReplicaHost(settings.Options, clock);
        var hub = _hub = new LinkHub(
            new LinkOptions { ClusterId = secret, NodeId = own, Listen = new IPEndPoint(cluster.Value.EndPoint!.Address, cluster.Value.LinkPort), Tls = LinkCertificates.Load(cluster.Value) }, _host, clock, logger);
        hub.Start();
        places.LinksRead = peers => hub.SetPeers(peers.Where(peer => peer.Key != places.NodeId).ToDictionary(static peer => PartitionRow.NumberOf(peer.Key).Value, static peer => peer.Value));
        await places.PublishLinksAsync(hub.Address, cancellationToken);
    }

    /// <inheritdoc/>
    public bool TrySend(NodeId to, LinkChannel channel, LinkBuffer frame) => _hub?.TrySend(to.Value, channel, frame) is true;

    /// <summary>Closes the port and all links. May be repeated.</summary>
    public async Task StopAsync()
    {
        places.LinksRead = null;
        _host?.Dispose();
        if (_hub is not null)
            await _hub.DisposeAsync();
    }

    public async ValueTask DisposeAsync() => await StopAsync();
}

/// <summary>How replicas of this server behave; a type of its own, so that tests may have them hurry.</summary>
internal sealed record ReplicaSettings(ReplicaOptions Options);
