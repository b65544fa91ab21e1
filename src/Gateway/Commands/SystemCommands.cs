using System.Collections.Immutable;
using Iggy.Gateway.Authorization;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Host;
using Iggy.Gateway.Listeners;
using Iggy.Gateway.Routing;
using Iggy.Gateway.Sessions;
using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Gateways;
using Iggy.Grains.Interfaces.Streams;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Protocol;
using Iggy.Protocol.Classic;

namespace Iggy.Gateway.Commands;

/// <summary>What the server holds, all streams together.</summary>
internal readonly record struct CatalogTotals(
    uint Streams, uint Topics, uint Partitions, uint Segments, ulong Messages, ulong SizeBytes, ulong LagMessages = 0, ulong MaxLagMessages = 0,
    uint ConsumerGroups = 0, ulong Records = 0, uint UnknownPartitions = 0);

/// <summary>The server as a whole: figures, clients, nodes.</summary>
internal sealed class SystemCommands(Catalog catalog, SessionRegistry sessions, ClusterGateways gateways, GatewayEndpoints endpoints, HostFigures host, DataDisk disk)
{
    /// <summary>Release of Apache Iggy that clients are told.</summary>
    public const string CompatibleVersion = "0.8.0";

    /// <summary>The same as one number: a million for each major step, a thousand for each minor.</summary>
    public const uint CompatibleSemver = 8000;

    /// <summary>Figures of process and machine.</summary>
    public HostFigures.Figures HostFigures(Session session)
    {
        UserAccess.Demand(session.Access.MayReadServer());
        return host.Read(disk.Path);
    }

    /// <summary>Figures of everything stored. Partitions whose figures nobody knows are opened for it.</summary>
    public ValueTask<CatalogTotals> TotalsAsync(Session session)
    {
        UserAccess.Demand(session.Access.MayReadServer());
        return SumAsync(SumWithOpeningAsync);
    }

    /// <summary>The same for the server itself, without opening anything: who looks every few seconds must not keep partitions open.</summary>
    public ValueTask<CatalogTotals> TotalsAsync() => SumAsync(SumKnownAsync);

    /// <summary>Open sessions, of all servers of the cluster.</summary>
    public async ValueTask<uint> CountClientsAsync()
    {
        var count = (uint)sessions.Count;
        foreach (var (_, other) in await gateways.DescribeOthersAsync())
            count += other.ClientsCount;
        return count;
    }

    /// <summary>All open sessions, of all servers of the cluster.</summary>
    public async ValueTask<ImmutableArray<ClientView>> ListClientsAsync(Session session)
    {
        UserAccess.Demand(session.Access.MayReadServer());
        var here = gateways.ListClients();
        var others = await gateways.ListOthersClientsAsync();
        return [.. here.Concat(others).OrderBy(static client => client.ClientId)];
    }

    /// <summary>An open session, or null.</summary>
    /// <exception cref="CommandRefusedException"><see cref="IggyError.InvalidClientId"/> for 0.</exception>
    public async ValueTask<ClientView?> FindClientAsync(Session session, uint clientId)
    {
        if (clientId == 0)
            throw new CommandRefusedException(IggyError.InvalidClientId);
        var found = sessions.Find(clientId) is { } here ? ClusterGateways.View(here)
            : (await gateways.ListOthersClientsAsync()).FirstOrDefault(client => client.ClientId == clientId);
        if (found is not null)
            UserAccess.Demand(session.Access.MayReadServer());
        return found;
    }

    /// <summary>The servers of the cluster, this one first.</summary>
    public async ValueTask<ClusterReply> ClusterAsync(Session session) =>
        SystemReplies.Cluster(endpoints, session, "", gateways.ClusterName, gateways.NodeName, await gateways.DescribeOthersAsync());

    /// <summary>This server alone. Clients of the newer dialect that see more ask each for the routes of partitions, which any gateway serves here.</summary>
    /// <param name="session">Who asks.</param>
    /// <param name="advertised">The address that clients are told; empty for the one that it listens on.</param>
    public ClusterReply Alone(Session session, string advertised) => SystemReplies.Cluster(endpoints, session, advertised, gateways.ClusterName, gateways.NodeName, []);

    private async ValueTask<CatalogTotals> SumAsync(Func<ImmutableArray<TopicEntry>, Task<CatalogTotals>> sum)
    {
        var streams = await catalog.ListStreamsAsync();
        var asked = new Task<CatalogTotals>[streams.Length];
        for (var i = 0; i < asked.Length; i++)
            asked[i] = ListedAsync(streams[i], sum);
        var totals = new CatalogTotals((uint)streams.Length, 0, 0, 0, 0, 0);
        foreach (var stream in await Task.WhenAll(asked))
            totals = Add(totals, stream);
        return totals;
    }

    private async Task<CatalogTotals> ListedAsync(StreamEntry stream, Func<ImmutableArray<TopicEntry>, Task<CatalogTotals>> sum)
    {
        try
        {
            return await SumAsync(stream, sum);
        }
        catch (RefusedException damaged) when (damaged.Reason is Refusal.StorageFailed) // the others are told all the same
        {
            return default;
        }
    }

    private async Task<CatalogTotals> SumAsync(StreamEntry stream, Func<ImmutableArray<TopicEntry>, Task<CatalogTotals>> sum)
    {
        var topics = await catalog.ListTopicsAsync(stream);
        var totals = await sum(topics) with { Topics = (uint)topics.Length };
        var groups = await Task.WhenAll(topics.Select(topic => catalog.Topic(topic).ListGroupsAsync().AsTask()));
        foreach (var ofTopic in groups)
            totals = totals with { ConsumerGroups = totals.ConsumerGroups + (uint)ofTopic.Length };
        return totals;
    }

    private async Task<CatalogTotals> SumWithOpeningAsync(ImmutableArray<TopicEntry> topics)
    {
        var totals = default(CatalogTotals);
        foreach (var topic in await catalog.GetFiguresAsync(topics))
            totals = Add(totals, new CatalogTotals(0, 0, (uint)topic.Partitions.Length, topic.SegmentsCount, topic.MessagesCount, topic.SizeBytes, topic.LagMessages, topic.MaxLagMessages, Records: topic.RecordsCount));
        return totals;
    }

    private async Task<CatalogTotals> SumKnownAsync(ImmutableArray<TopicEntry> topics)
    {
        var totals = default(CatalogTotals);
        foreach (var topic in await catalog.GetTotalsAsync(topics))
        {
            totals = Add(totals, new CatalogTotals(
                0, 0, topic.PartitionsCount, topic.SegmentsCount, topic.MessagesCount, topic.SizeBytes, topic.LagMessages, topic.MaxLagMessages,
                Records: topic.RecordsCount, UnknownPartitions: topic.UnknownCount));
        }

        return totals;
    }

    private static CatalogTotals Add(CatalogTotals a, CatalogTotals b) => new(
        a.Streams + b.Streams, a.Topics + b.Topics, a.Partitions + b.Partitions, a.Segments + b.Segments, a.Messages + b.Messages, a.SizeBytes + b.SizeBytes,
        a.LagMessages + b.LagMessages, Math.Max(a.MaxLagMessages, b.MaxLagMessages), a.ConsumerGroups + b.ConsumerGroups, a.Records + b.Records,
        a.UnknownPartitions + b.UnknownPartitions);
}
