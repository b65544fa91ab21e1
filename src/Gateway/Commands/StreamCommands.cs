using System.Collections.Immutable;
using Iggy.Gateway.Authorization;
using Iggy.Gateway.Routing;
using Iggy.Gateway.Sessions;
using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Hosting;
using Iggy.Grains.Interfaces.Streams;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Protocol;

namespace Iggy.Gateway.Commands;

/// <summary>A stream with the sums over its topics.</summary>
internal sealed record StreamView(StreamEntry Stream, ImmutableArray<TopicEntry> Topics, TopicFigures[] Figures)
{
    /// <summary>Tells the key of the server, under which messages are kept where the stream has none of its own; null where there is none.</summary>
    public string? ServerFingerprint { get; init; }

    /// <summary>Whose key messages are kept under, and what tells the keys from others: names and texts, as clients are told.</summary>
    public IEnumerable<(string Name, string Text)> KeyOptions => Stream.Key is { } key
        ? [("encryption_key_source", "stream"), ("encryption_key_fingerprint", key.Fingerprint), ("encryption_kek_fingerprint", key.ServerFingerprint)]
        : ServerFingerprint is { } server ? [("encryption_key_source", "server"), ("encryption_key_fingerprint", server)] : [("encryption_key_source", "none")];

    /// <summary>As the classic protocol counts it.</summary>
    public ulong SizeBytes => Sum(static figures => figures.SizeBytes);

    /// <summary>Messages kept.</summary>
    public ulong MessagesCount => Sum(static figures => figures.MessagesCount);

    /// <summary>Records that they lie in.</summary>
    public ulong RecordsCount => Sum(static figures => figures.RecordsCount);

    private ulong Sum(Func<TopicFigures, ulong> figure)
    {
        var sum = 0UL;
        foreach (var figures in Figures)
            sum += figure(figures);
        return sum;
    }
}

/// <summary>Streams: make, look at, change, empty, remove.</summary>
internal sealed class StreamCommands(Catalog catalog, IMessageKeys keys)
{
    /// <summary>The stream, or null when there is none.</summary>
    public async ValueTask<StreamView?> FindAsync(Session session, Identifier id)
    {
        if (await catalog.FindStreamAsync(id) is not { } stream)
            return null;
        UserAccess.Demand(session.Access.MayReadStream(stream.Id));
        return await ViewAsync(stream);
    }

    /// <summary>All streams, by ascending id.</summary>
    public async ValueTask<StreamView[]> ListAsync(Session session)
    {
        UserAccess.Demand(session.Access.MayListStreams());
        var streams = await catalog.ListStreamsAsync();
        var views = new Task<StreamView>[streams.Length];
        for (var i = 0; i < views.Length; i++)
            views[i] = ListedAsync(streams[i]);
        return await Task.WhenAll(views);
    }

    /// <summary>Makes a stream.</summary>
    /// <param name="session">Who asks.</param>
    /// <param name="name">Of the stream.</param>
    /// <param name="key">32 bytes that its messages are encrypted with; null for none of its own.</param>
    public async ValueTask<StreamView> CreateAsync(Session session, string name, byte[]? key = null)
    {
        UserAccess.Demand(session.Access.MayCreateStream());
        NewNames.Demand(name, present: null, IggyError.InvalidStreamName);
        return View(await (key is null ? catalog.Directory.CreateAsync(name) : catalog.Directory.CreateWithKeyAsync(name, key)), [], []);
    }

    /// <summary>Gives a stream another name.</summary>
    public async ValueTask UpdateAsync(Session session, Identifier id, string name)
    {
        var stream = await catalog.GetStreamAsync(id);
        UserAccess.Demand(session.Access.MayManageStream(stream.Id));
        NewNames.Demand(name, stream.Name, IggyError.InvalidStreamName);
        await catalog.Directory.RenameAsync(stream.Incarnation, name);
    }

    /// <summary>Removes a stream with all that is in it.</summary>
    public async ValueTask DeleteAsync(Session session, Identifier id)
    {
        var stream = await catalog.GetStreamAsync(id);
        UserAccess.Demand(session.Access.MayManageStream(stream.Id));
        await catalog.Directory.DeleteAsync(stream.Incarnation);
    }

    /// <summary>Empties every topic of a stream.</summary>
    public async ValueTask PurgeAsync(Session session, Identifier id)
    {
        var stream = await catalog.GetStreamAsync(id);
        UserAccess.Demand(session.Access.MayManageStream(stream.Id));
        await catalog.Stream(stream).PurgeAsync();
    }

    // One that cannot be looked at stands in the list without figures; asked for by itself it answers why.
    private async Task<StreamView> ListedAsync(StreamEntry stream)
    {
        try
        {
            return await ViewAsync(stream);
        }
        catch (RefusedException damaged) when (damaged.Reason is Refusal.StorageFailed)
        {
            return View(stream, [], []);
        }
    }

    private async ValueTask<StreamView> ViewAsync(StreamEntry stream)
    {
        var topics = await catalog.ListTopicsAsync(stream);
        return View(stream, topics, await catalog.GetFiguresAsync(topics));
    }

    private StreamView View(StreamEntry stream, ImmutableArray<TopicEntry> topics, TopicFigures[] figures) => new(stream, topics, figures) { ServerFingerprint = keys.ServerFingerprint };
}
