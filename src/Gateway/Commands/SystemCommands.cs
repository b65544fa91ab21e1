using Iggy.Gateway.Errors;
using Iggy.Gateway.Host;
using Iggy.Gateway.Authorization;
using Iggy.Gateway.Routing;
using Iggy.Gateway.Sessions;
using Iggy.Protocol;

namespace Iggy.Gateway.Commands;

/// <summary>What the server holds, all streams together.</summary>
internal readonly record struct CatalogTotals(
    uint Streams, uint Topics, uint Partitions, uint Segments, ulong Messages, ulong SizeBytes, ulong LagMessages = 0, ulong MaxLagMessages = 0,
    uint ConsumerGroups = 0, ulong Records = 0);

/// <summary>The server as a whole: figures, clients, nodes.</summary>
internal sealed class SystemCommands(Catalog catalog, SessionRegistry sessions, HostFigures host, DataDisk disk)
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

    /// <summary>Figures of everything stored.</summary>
    public ValueTask<CatalogTotals> TotalsAsync(Session session)
    {
        UserAccess.Demand(session.Access.MayReadServer());
        return TotalsAsync();
    }

    /// <summary>The same for the server itself.</summary>
    public async ValueTask<CatalogTotals> TotalsAsync()
    {
        var streams = await catalog.ListStreamsAsync();
        var asked = new Task<CatalogTotals>[streams.Length];
        for (var i = 0; i < asked.Length; i++)
            asked[i] = TotalsAsync(streams[i]);
        var totals = new CatalogTotals((uint)streams.Length, 0, 0, 0, 0, 0);
        foreach (var stream in await Task.WhenAll(asked))
            totals = Add(totals, stream);
        return totals;
    }

    /// <summary>Open sessions.</summary>
    public uint ClientsCount => (uint)sessions.Count;

    /// <summary>All open sessions.</summary>
    public Session[] ListClients(Session session)
    {
        UserAccess.Demand(session.Access.MayReadServer());
        return sessions.List();
    }

    /// <summary>An open session, or null.</summary>
    /// <exception cref="CommandRefusedException"><see cref="IggyError.InvalidClientId"/> for 0.</exception>
    public Session? FindClient(Session session, uint clientId)
    {
        if (clientId == 0)
            throw new CommandRefusedException(IggyError.InvalidClientId);
        if (sessions.Find(clientId) is not { } found)
            return null;
        UserAccess.Demand(session.Access.MayReadServer());
        return found;
    }

    private async Task<CatalogTotals> TotalsAsync(Grains.Interfaces.Streams.StreamEntry stream)
    {
        var topics = await catalog.ListTopicsAsync(stream);
        var totals = new CatalogTotals(0, (uint)topics.Length, 0, 0, 0, 0);
        foreach (var topic in await catalog.GetFiguresAsync(topics))
            totals = Add(totals, new CatalogTotals(0, 0, (uint)topic.Partitions.Length, topic.SegmentsCount, topic.MessagesCount, topic.SizeBytes, topic.LagMessages, topic.MaxLagMessages, Records: topic.RecordsCount));
        var groups = await Task.WhenAll(topics.Select(topic => catalog.Topic(topic).ListGroupsAsync().AsTask()));
        foreach (var ofTopic in groups)
            totals = totals with { ConsumerGroups = totals.ConsumerGroups + (uint)ofTopic.Length };
        return totals;
    }

    private static CatalogTotals Add(CatalogTotals a, CatalogTotals b) => new(
        a.Streams + b.Streams, a.Topics + b.Topics, a.Partitions + b.Partitions, a.Segments + b.Segments, a.Messages + b.Messages, a.SizeBytes + b.SizeBytes,
        a.LagMessages + b.LagMessages, Math.Max(a.MaxLagMessages, b.MaxLagMessages), a.ConsumerGroups + b.ConsumerGroups, a.Records + b.Records);
}
