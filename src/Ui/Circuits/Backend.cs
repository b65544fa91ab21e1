using Iggy.Gateway.Commands;
using Iggy.Gateway.Host;
using Iggy.Gateway.Limits;
using Iggy.Gateway.Listeners;
using Iggy.Gateway.Metrics;
using Iggy.Gateway.Routing;
using Iggy.Gateway.Security;
using Iggy.Gateway.Sessions;
using Iggy.Gateway.Snapshots;
using Iggy.Grains.Interfaces.Hosting;
using Microsoft.Extensions.Options;

namespace Iggy.Ui.Circuits;

/// <summary>The gateway's commands, as pages call them: the same that every other door calls, with the same rules.</summary>
internal sealed class Backend(
    SystemCommands system, StreamCommands streams, TopicCommands topics, MessageCommands messages, ReadWaits waits, ConsumerGroupCommands groups, GroupReadCommands groupReads,
    UserCommands users, TokenCommands tokens, Catalog catalog, AccessCache access, ServerHealth health, SessionRegistry sessions, ClusterGateways gateways, GatewayEndpoints endpoints,
    IPartitionPlaces places, IClusterNodes nodes, IEnumerable<IArchiveHealth> archives, IEnumerable<ISnapshotPart> parts, ServerFigures figures, CatalogCaches caches, IOptions<FrameLimits> limits, TimeProvider clock)
{
    public SystemCommands System => system;

    public StreamCommands Streams => streams;

    public TopicCommands Topics => topics;

    public MessageCommands Messages => messages;

    public ReadWaits Waits => waits;

    public ConsumerGroupCommands Groups => groups;

    public GroupReadCommands GroupReads => groupReads;

    public UserCommands Users => users;

    public TokenCommands Tokens => tokens;

    public Catalog Catalog => catalog;

    public AccessCache Access => access;

    public ServerHealth Health => health;

    public SessionRegistry Sessions => sessions;

    public ClusterGateways Gateways => gateways;

    public GatewayEndpoints Endpoints => endpoints;

    public IPartitionPlaces Places => places;

    public IClusterNodes Nodes => nodes;

    public IEnumerable<IArchiveHealth> Archives => archives;

    public IEnumerable<ISnapshotPart> Parts => parts;

    public ServerFigures Figures => figures;

    public CatalogCaches Caches => caches;

    public FrameLimits Limits => limits.Value;

    public TimeProvider Clock => clock;
}
