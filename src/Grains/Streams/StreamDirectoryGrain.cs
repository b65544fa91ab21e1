using System.Collections.Immutable;
using Iggy.Grains.Catalog;
using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Streams;
using Iggy.Grains.Interfaces.Users;
using Iggy.Grains.Metadata;
using Iggy.Grains.Options;
using Iggy.Primitives;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iggy.Grains.Streams;

/// <summary>Gives stream ids and names. Changes come one at a time; calls go down to the streams, and to the users, never up.</summary>
internal sealed partial class StreamDirectoryGrain(
    [PagedState("streams")] IPersistentState<StreamDirectoryState> state,
    IOptions<CatalogOptions> options, TimeProvider clock, ILogger<StreamDirectoryGrain> logger)
    : CatalogGrain<StreamDirectoryState>(state, logger), IStreamDirectoryGrain
{
    protected override bool HasRemovals => !Stored.Removing.IsEmpty;

    public ValueTask<ImmutableArray<StreamEntry>> ListAsync() => new(Stored.Streams);

    public async ValueTask<StreamEntry> CreateAsync(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var streams = Stored.Streams;
        RefuseTaken(name, Guid.Empty);
        if (streams.Length >= options.Value.MaxStreams)
            throw new RefusedException(Refusal.TooManyStreams, $"There are {streams.Length} streams; allowed: {options.Value.MaxStreams} (Iggy:Catalog:MaxStreams).");

        var (id, position) = FreeIds.Lowest(streams.Length, i => streams[i].Id, Stored.RemovingIds.AddRange(Stored.UnknownIds));
        var entry = new StreamEntry(id, Guid.CreateVersion7(), name, clock.UnixMicros());
        var stream = GrainFactory.GetGrain<IStreamGrain>(entry.Incarnation);
        await stream.CreateAsync(); // before it is listed, so that a listed stream always exists
        try
        {
            await StoreAsync(Stored with { Streams = streams.Insert(position, entry) });
        }
        catch (RefusedException) when (!Lost && IndexOf(entry.Incarnation) < 0)
        {
            await UndoAsync(stream);
            throw;
        }

        await CatalogNotice.SendAsync(GrainFactory, logger);
        return entry;
    }

    public async ValueTask RenameAsync(Guid stream, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var index = Find(stream);
        var entry = Stored.Streams[index];
        if (entry.Name == name)
            return;

        RefuseTaken(name, stream);
        await StoreAsync(Stored with { Streams = Stored.Streams.SetItem(index, entry with { Name = name }) });
        await CatalogNotice.SendAsync(GrainFactory, logger);
    }

    public async ValueTask DeleteAsync(Guid stream)
    {
        var index = Find(stream);
        await StoreAsync(Stored with
        {
            Streams = Stored.Streams.RemoveAt(index),
            Removing = Stored.Removing.Add(stream),
            RemovingIds = Stored.RemovingIds.Add(Stored.Streams[index].Id),
        }, makesRoom: true);
        await CatalogNotice.SendAsync(GrainFactory, logger);
        await RemoveSoonAsync();
    }

    protected override async Task<Func<StreamDirectoryState, StreamDirectoryState>> RemoveAsync(CancellationToken cancellationToken)
    {
        var (streams, ids) = (Stored.Removing, Stored.RemovingIds);
        foreach (var id in ids)
            await GrainFactory.GetGrain<IUserDirectoryGrain>(0).DropGrantsAsync(id, null);
        foreach (var stream in streams)
            await GrainFactory.GetGrain<IStreamGrain>(stream).DeleteAsync().AsTask().WaitAsync(cancellationToken); // which goes on there

        return state => state with { Removing = state.Removing.RemoveRange(streams), RemovingIds = state.RemovingIds.RemoveRange(ids) };
    }

    private int Find(Guid stream) => IndexOf(stream) is >= 0 and var index
        ? index
        : throw new RefusedException(Refusal.StreamNotFound, $"There is no stream with the incarnation {stream}.");

    private int IndexOf(Guid stream)
    {
        var streams = Stored.Streams;
        for (var i = 0; i < streams.Length; i++)
        {
            if (streams[i].Incarnation == stream)
                return i;
        }

        return -1;
    }

    private void RefuseTaken(string name, Guid except)
    {
        foreach (var entry in Stored.Streams)
        {
            if (entry.Name == name && entry.Incarnation != except) // ordinal: byte for byte
                throw new RefusedException(Refusal.StreamNameTaken, $"Stream {entry.Id} has the name '{name}'.");
        }
    }

    private async Task UndoAsync(IStreamGrain stream)
    {
        try
        {
            await stream.DeleteAsync();
        }
        catch (Exception e) // the caller is told of the first failure; what is left is one row that nothing names
        {
            LogUndoFailed(logger, stream.GetPrimaryKey(), e);
        }
    }

    [LoggerMessage(2120, LogLevel.Warning, "Stream {Stream} was not created, but its metadata row could not be taken back")]
    private static partial void LogUndoFailed(ILogger logger, Guid stream, Exception exception);
}
